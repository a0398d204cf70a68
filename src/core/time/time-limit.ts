import { afterAwake, awakeNow } from './awake-clock.ts';

export interface InTimeOptions {
  /** Time in which this process stood still does not count. */
  readonly limitMs: number;
  /** What to reject with when the time is up; may also end what hangs. */
  readonly late: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Settles as `work` does; rejects with `late()` after the limit, or with the reason of `signal`. What `work` comes to
 * afterwards is ignored.
 */
export async function inTime<T>(work: Promise<T>, { limitMs, late, signal }: InTimeOptions): Promise<T> {
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  const callOff = afterAwake(limitMs, () => reject(late()));
  try {
    return await unlessAborted(Promise.race([work, isLate]), signal);
  } finally {
    callOff();
  }
}

/** Settles as `work` does, or rejects with the reason of `signal`. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: isAborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, isAborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * A time limit for work that is ended by a signal. It stands still while a person is asked something, and, as in
 * `retryUntil`, while this process does. Dispose of it when it is of no interest any more.
 */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  #leftMs: number;
  #startedMs = awakeNow();
  #callOff: () => void = () => undefined;
  #pauses = 0;

  /** `Infinity` is no limit. */
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

  /** The signal never aborts from now on, unless it has. */
  [Symbol.dispose](): void {
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
