import { broadcast } from '../core/event-listeners.ts';
import type { EventSink } from '../core/events.ts';
import { EventQueue } from './event-queue.ts';

/** Gives what happens in a lab to everybody who listens. */
export class EventHub {
  readonly #queues = new Set<EventQueue>();
  #closed = false;
  readonly sink: EventSink = broadcast([(event) => this.#queues.forEach((queue) => queue.push(event))]);

  /** From now on, until the lab is closed or the reader leaves. */
  listen(): EventQueue {
    const queue = new EventQueue((left) => void this.#queues.delete(left));
    if (this.#closed) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  close(): void {
    this.#closed = true;
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }
}
