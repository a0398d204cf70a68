import { afterAwake } from './awake-clock.ts';

export interface TimeLimit {
  /** Time in which this process stood still does not count. */
  readonly limitMs: number;
  /** What to reject with when the time is up; may also end what hangs. */
  readonly late: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/** Settles as `work` does; rejects with `late()` after the limit, or with the reason of `signal`. What `work` comes to afterwards is nobody's any more. */
export async function inTime<T>(work: Promise<T>, { limitMs, late, signal }: TimeLimit): Promise<T> {
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
