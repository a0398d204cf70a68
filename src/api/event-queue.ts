import type { Event, Timestamp } from '../core/events.ts';

/** The reader was so slow that events were dropped: so many, the oldest ones. */
export interface EventsDropped {
  readonly kind: 'events-dropped';
  readonly at: Timestamp;
  readonly count: number;
}

/** One thing that happened in a lab. Programs should pass over kinds that they do not know: later versions have more. */
export type LabEvent = Event | EventsDropped;

/** What waits for a reader at most: of a program that prints without end, nobody has to keep all. */
export interface QueueLimits {
  readonly events: number;
  /** Characters that programs printed. */
  readonly characters: number;
}

const defaultLimits: QueueLimits = { events: 10_000, characters: 8_000_000 };

/**
 * Events on their way to one reader, who reads when it likes: nothing in the lab waits for it. When it is too slow, the
 * oldest events are dropped, and it is told how many.
 */
export class EventQueue implements AsyncIterableIterator<LabEvent, undefined> {
  readonly #limits: QueueLimits;
  readonly #onLeave: (queue: EventQueue) => void;
  #waiting: LabEvent[] = [];
  #first = 0;
  #characters = 0;
  #dropped: EventsDropped | undefined;
  #ended = false;
  readonly #readers: ((result: IteratorResult<LabEvent, undefined>) => void)[] = [];

  constructor(onLeave: (queue: EventQueue) => void = () => undefined, limits = defaultLimits) {
    this.#onLeave = onLeave;
    this.#limits = limits;
  }

  push(event: Event): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ value: event, done: false });
    this.#waiting.push(event);
    this.#characters += charactersOf(event);
    while (this.#isFull()) this.#drop();
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
    this.#characters = 0;
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
    return dropped ?? this.#shift();
  }

  #isFull(): boolean {
    const { events, characters } = this.#limits;
    return this.#waiting.length - this.#first > events || this.#characters > characters;
  }

  #drop(): void {
    const { at } = this.#shift()!;
    this.#dropped = { kind: 'events-dropped', at, count: (this.#dropped?.count ?? 0) + 1 };
  }

  /** Takes the oldest; the list is shortened now and then, not each time. */
  #shift(): LabEvent | undefined {
    const event = this.#waiting[this.#first];
    if (event === undefined) return undefined;
    this.#characters -= charactersOf(event);
    this.#first++;
    if (this.#first > 1000 || this.#first === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }
}

function charactersOf(event: LabEvent): number {
  return event.kind === 'terminal-output' ? event.data.length : 0;
}
