import { setImmediate as loopTurn, setTimeout as delay } from 'node:timers/promises';
import { awakeNow } from './awake-clock.ts';
import { TimeoutError } from '../errors.ts';
import { formatDuration } from '../text/amounts.ts';
import { say } from '../language/say.ts';

export interface RetryOptions {
  /** What is waited for, as it follows "waiting for": `sshd on vm1`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  /**
   * Called before each attempt. When its promise resolves, the next attempt is made at once instead of after
   * `intervalMs`; it must not reject.
   */
  readonly wake?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly hint?: string | undefined;
}

/** One attempt: either the value, or what was seen instead. */
export type Attempt<T> = { readonly value: T } | { readonly seen: string };

/**
 * Repeats `attempt` until it yields a value or the deadline passes. The one place in the product that waits by time.
 * The attempt is always made at least once, and once more at the deadline, so that a slow host does not fail a thing
 * that is there. Time in which this process stood still does not count.
 *
 * @throws {TimeoutError} at the deadline, with what the last attempt saw.
 * @throws the abort reason when `signal` aborts; whatever `attempt` throws, at once.
 */
export async function retryUntil<T>(
  attempt: () => Promise<Attempt<T>> | Attempt<T>,
  options: RetryOptions,
): Promise<T> {
  const { what, timeoutMs, intervalMs = 10, wake, signal, hint } = options;
  const deadline = awakeNow() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const late = awakeNow() >= deadline;
    const woken = wake?.();
    const result = await attempt();
    if ('value' in result) return result.value;
    if (late) {
      throw new TimeoutError(say`waited ${formatDuration(timeoutMs)} for ${what}; the last look saw: ${result.seen}`, {
        code: 'timeout',
        hint,
      });
    }
    await pauseFor(Math.min(intervalMs, Math.max(0, deadline - awakeNow())), woken, signal);
    // Timers come before input in a turn of the event loop: what has arrived is taken before the last look.
    if (awakeNow() >= deadline) await loopTurn();
  }
}

/**
 * Lets time pass, for what is shown in real time. Nothing that can be looked at is waited for so. Rejects with the
 * abort reason.
 */
export async function letPass(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await pauseFor(ms, undefined, signal);
}

/** Resolves after `ms` or as soon as `woken` does; rejects with the abort reason. */
async function pauseFor(ms: number, woken: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  const timer = new AbortController();
  const timerSignal = signal ? AbortSignal.any([signal, timer.signal]) : timer.signal;
  try {
    const waits: Promise<void>[] = [delay(ms, undefined, { signal: timerSignal })];
    if (woken) waits.push(woken);
    await Promise.race(waits);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    timer.abort();
  }
}
