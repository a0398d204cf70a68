import { awakeNow } from '../../core/time/awake-clock.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { LEAST_BYTES } from './patience.ts';

/** Notices that a transfer stands still. Only the time that is spent waiting for the machine counts, not what the other end of the transfer takes. */
export class Stall {
  readonly #limitMs: number;
  readonly #late: () => Error;
  #waitedMs = 0;
  #movedBytes = 0;

  /** `late` makes what `wait` rejects with. */
  constructor(limitMs: number, late: () => Error) {
    this.#limitMs = limitMs;
    this.#late = late;
  }

  /** Waits for the machine. @throws what `late` gives when too little has moved for `limitMs`; the reason of `signal`. */
  async wait<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedMs = awakeNow();
    try {
      return await inTime(work, { limitMs: Math.max(0, this.#limitMs - this.#waitedMs), late: this.#late, signal });
    } finally {
      this.#waitedMs += awakeNow() - startedMs;
    }
  }

  /** So many bytes have come or gone. */
  moved(bytes: number): void {
    this.#movedBytes += bytes;
    if (this.#movedBytes < LEAST_BYTES) return;
    this.#movedBytes = 0;
    this.#waitedMs = 0;
  }
}
