import { say } from './language/say.ts';

/**
 * A last-in-first-out stack of things to undo. It always runs all of them, and what fails in them never hides the first
 * error. Like `AsyncDisposableStack`, but errors of clean-up are gathered in addition to the cause instead of wrapping
 * it.
 */
export class CleanupStack {
  readonly #steps: { readonly what: string; readonly undo: () => unknown }[] = [];

  /** Adds a step; `what` follows "could not" in a message: `close the connection to vm1`. */
  add(what: string, undo: () => unknown): void {
    this.#steps.push({ what, undo });
  }

  /**
   * Runs all steps, newest first. May be called twice; the second call does only what was added since. Returns what
   * failed.
   */
  async run(): Promise<Error[]> {
    const failures: Error[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (cause) {
        failures.push(new Error(say`could not ${step.what}`, { cause }));
      }
    }
    return failures;
  }
}

/**
 * Runs `work` with a clean-up stack; the stack runs in every case, and the error of `work` wins over errors of
 * clean-up.
 */
export async function withCleanup<T>(work: (cleanup: CleanupStack) => Promise<T>): Promise<T> {
  const cleanup = new CleanupStack();
  let value: T;
  try {
    value = await work(cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
  const [first] = await cleanup.run();
  if (first) throw first;
  return value;
}
