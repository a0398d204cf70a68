import { setMaxListeners } from 'node:events';
import { UsageError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { withLibraryHint } from './library-hint.ts';

/** What one handle has under way: it ends when the user's signal aborts, or the handle is closed. */
export class Work {
  readonly #signal: AbortSignal | undefined;
  readonly #closing = new AbortController();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Does it with a signal that ends it; `own` is the signal of this one call. Rejects with the reason of the signal. */
  do<T>(work: (signal: AbortSignal) => Promise<T>, own?: AbortSignal): Promise<T> {
    const signal = AbortSignal.any([this.#signal, own, this.#closing.signal].filter((one) => one !== undefined));
    // One listener for each machine and connection is no leak.
    setMaxListeners(0, signal);
    const result = this.#run(work, signal);
    const pending = result.catch(() => undefined).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return result;
  }

  /** Ends all that is under way and waits until it has cleaned up; nothing can be begun any more. */
  async close(): Promise<void> {
    const code = 'lab-closed';
    this.#closing.abort(new UsageError(say`the lab was closed`, { code, hint: say`Open it again with openLab().` }));
    await Promise.all(this.#pending);
  }

  async #run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work(signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : withLibraryHint(error);
    }
  }
}
