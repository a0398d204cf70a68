import { awakeNow } from '../../core/time/awake-clock.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { TimeoutError } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';

/** A transfer that moves less than this within its limit stands still. */
const LEAST_BYTES = 1024;

/**
 * Notices that a transfer stands still. Only the time that is spent waiting for the machine counts, not what the other
 * end of the transfer takes.
 */
export class Stall {
  readonly #limitMs: number;
  readonly #machine: string;
  #waitedMs = 0;
  #movedBytes = 0;

  constructor(machine: string, limitMs: number) {
    this.#machine = machine;
    this.#limitMs = limitMs;
  }

  /**
   * Waits for the machine.
   *
   * @throws {TimeoutError} when too little has moved for `limitMs`.
   * @throws the reason of `signal`.
   */
  async wait<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedMs = awakeNow();
    try {
      return await inTime(work, {
        limitMs: Math.max(0, this.#limitMs - this.#waitedMs),
        late: () => stalledFailure(this.#machine, this.#limitMs),
        signal,
      });
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

/** A transfer that stands still. */
export function stalledFailure(machine: string, limitMs: number): TimeoutError {
  return new TimeoutError(say`${machine}: the transfer stood still for ${sayDuration(limitMs)}`, {
    code: 'transfer-stalled',
    hint: say`The machine, its disk or the network hangs; look there, and try again.`,
  });
}
