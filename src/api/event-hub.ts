import { broadcast, type EventListener } from '../core/event-listeners.ts';
import type { Event, EventSink } from '../core/events.ts';
import { EventQueue } from './event-queue.ts';

/** Gives what happens in a lab to everybody who listens. */
export class EventHub {
  readonly #queues = new Set<EventQueue>();
  #closed = false;

  /** A sink for one command; `also` hears what that command says, too. */
  sink(also?: EventListener): EventSink {
    const toAll = (event: Event): void => this.#queues.forEach((queue) => queue.push(event));
    return broadcast(also === undefined ? [toAll] : [toAll, also]);
  }

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
