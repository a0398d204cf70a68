import type { EventListener } from '../event-listeners.ts';
import type { Event } from '../events.ts';

/** Differences below this cannot be distinguished from the time that a machine takes to answer. */
const LEAST_DELAY_MS = 5;
/** However far a machine is, nothing is held back for longer. */
const MOST_DELAY_MS = 2000;

/**
 * Puts what machines at different distances tell into the order in which it happened there: the output of a machine
 * from which it takes 100 ms longer to get here than from the nearest one is 100 ms older than it looks. To sort,
 * events are held back for as long as the largest difference; where there is none, they pass at once.
 */
export class TrueOrder {
  readonly #listener: EventListener;
  readonly #delays: ReadonlyMap<string, number>;
  readonly #windowMs: number;
  readonly #machineOf = new Map<string, string>();
  /** By role: no output is older than earlier events of the role. */
  readonly #latest = new Map<string, number>();
  #waiting: Event[] = [];
  #timer: NodeJS.Timeout | undefined;
  #last: void | Promise<void> = undefined;

  /** `oneWayMs`: by name of the machine, how long it takes from there to here. */
  constructor(listener: EventListener, oneWayMs: ReadonlyMap<string, number>) {
    const nearest = Math.min(...oneWayMs.values());
    const delays = [...oneWayMs]
      .map(([machine, ms]) => [machine, Math.min(ms - nearest, MOST_DELAY_MS)] as const)
      .filter(([, ms]) => ms >= LEAST_DELAY_MS);
    this.#listener = listener;
    this.#delays = new Map(delays);
    this.#windowMs = Math.max(0, ...delays.map(([, ms]) => ms));
  }

  /** Takes the next event, in the order in which they came here; the promise says when more may come. */
  take(event: Event): void | Promise<void> {
    if (this.#windowMs === 0) return this.#listener(event);
    if (event.kind === 'terminal-opened') this.#machineOf.set(event.role, event.machine);
    const dated = this.#dated(event);
    const index = this.#waiting.findLastIndex(({ at }) => at.monotonicMs <= dated.at.monotonicMs) + 1;
    this.#waiting.splice(index, 0, dated);
    this.#timer ??= setTimeout(() => this.#release(), this.#windowMs);
    return this.#last;
  }

  /** Passes on what is still held back; the promise says when all of it is taken. */
  flush(): void | Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pass(this.#waiting.length);
    return this.#last;
  }

  /** The event with the time at which it happened. */
  #dated(event: Event): Event {
    if (event.kind !== 'terminal-output' && event.kind !== 'program-exited') return this.#noted(event);
    const delayMs = this.#delays.get(this.#machineOf.get(event.role) ?? '') ?? 0;
    const earliest = this.#latest.get(event.role) ?? 0;
    const shiftMs = Math.max(0, Math.min(delayMs, event.at.monotonicMs - earliest));
    return this.#noted({
      ...event,
      at: { monotonicMs: event.at.monotonicMs - shiftMs, wallMs: event.at.wallMs - shiftMs },
    });
  }

  #noted(event: Event): Event {
    if ('role' in event) this.#latest.set(event.role, event.at.monotonicMs);
    return event;
  }

  #release(): void {
    const now = performance.now();
    this.#pass(this.#waiting.findLastIndex(({ at }) => at.monotonicMs <= now - this.#windowMs) + 1);
    const [next] = this.#waiting;
    this.#timer = next && setTimeout(() => this.#release(), Math.max(1, next.at.monotonicMs + this.#windowMs - now));
  }

  #pass(count: number): void {
    for (const event of this.#waiting.splice(0, count)) this.#last = this.#listener(event);
  }
}
