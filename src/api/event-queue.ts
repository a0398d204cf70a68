import type { Event, Timestamp } from '../core/events.ts';

/** The reader was so slow that events were dropped: so many, the oldest ones. */
export interface EventsDropped {
  readonly kind: 'events-dropped';
  readonly at: Timestamp;
  readonly count: number;
}

/** One thing that happened in a lab. Programs should pass over kinds that they do not know: later versions have more. */
export type LabEvent = Event | EventsDropped;

/** So many events wait for a reader; of a program that prints without end, none has to keep all. */
const MOST_WAITING = 10_000;

/**
 * Events on their way to one reader, who reads when it likes: nothing in the lab waits for it. When it is too slow, the
 * oldest events are dropped, and it is told how many.
 */
export class EventQueue implements AsyncIterableIterator<LabEvent, undefined> {
  readonly #most: number;
  readonly #onLeave: (queue: EventQueue) => void;
  #waiting: LabEvent[] = [];
  #first = 0;
  #dropped: EventsDropped | undefined;
  #ended = false;
  readonly #readers: ((result: IteratorResult<LabEvent, undefined>) => void)[] = [];

  constructor(onLeave: (queue: EventQueue) => void = () => undefined, most = MOST_WAITING) {
    this.#onLeave = onLeave;
    this.#most = most;
  }

  push(event: Event): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ value: event, done: false });
    this.#waiting.push(event);
    if (this.#waiting.length - this.#first > this.#most) this.#drop();
  }

  /** No more events come; those that wait can still be read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true });
  }

  async next(): Promise<IteratorResult<LabEvent, undefined>> {
    const value = this.#take();
    if (value !== undefined) return { value, done: false };
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve) => void this.#readers.push(resolve));
  }

  async return(): Promise<IteratorResult<LabEvent, undefined>> {
    this.#waiting = [];
    this.#first = 0;
    this.#dropped = undefined;
    this.end();
    this.#onLeave(this);
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): LabEvent | undefined {
    const dropped = this.#dropped;
    this.#dropped = undefined;
    if (dropped !== undefined) return dropped;
    const event = this.#waiting[this.#first];
    if (event !== undefined) this.#first++;
    if (this.#first > 1000 || this.#first === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }

  #drop(): void {
    const { at } = this.#waiting[this.#first]!;
    this.#first++;
    this.#dropped = { kind: 'events-dropped', at, count: (this.#dropped?.count ?? 0) + 1 };
    if (this.#first > 1000) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }
}
