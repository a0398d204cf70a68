import { afterAwake, awakeNow } from '../../core/time/awake-clock.ts';

/** A time limit that stands still while a person is asked something, and while this process does. */
export class Deadline {
  readonly #controller = new AbortController();
  #leftMs: number;
  #startedMs = awakeNow();
  #callOff: () => void = () => undefined;
  #pauses = 0;

  constructor(timeoutMs: number) {
    this.#leftMs = timeoutMs;
    this.#start();
  }

  /** Aborts when the time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Does not count the time that `work` takes. */
  async pausedFor<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) this.#stop();
    try {
      return await work();
    } finally {
      if (--this.#pauses === 0) this.#start();
    }
  }

  /** No longer of interest; the signal never aborts then. */
  end(): void {
    this.#pauses++;
    this.#stop();
  }

  #start(): void {
    this.#startedMs = awakeNow();
    this.#callOff = afterAwake(this.#leftMs, () => this.#controller.abort());
  }

  #stop(): void {
    this.#callOff();
    this.#leftMs = Math.max(0, this.#leftMs - (awakeNow() - this.#startedMs));
  }
}
