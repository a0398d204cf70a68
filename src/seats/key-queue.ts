import { Wake } from '../core/time/wake.ts';

/** Keys that wait for the program that takes them. One reader. */
export class KeyQueue implements AsyncIterableIterator<Uint8Array> {
  readonly #waiting: Uint8Array[] = [];
  #reader: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  #isEnded = false;
  readonly #idle = new Wake();

  push(keys: Uint8Array): void {
    if (this.#isEnded) return;
    if (this.#reader === undefined) this.#waiting.push(keys);
    else this.#answer({ value: keys, done: false });
  }

  /** No more keys come. What waits is still given out. */
  end(): void {
    this.#isEnded = true;
    this.#idle.notify();
    this.#answer({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const keys = this.#waiting.shift();
    if (keys !== undefined) return Promise.resolve({ value: keys, done: false });
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#idle.notify();
    });
  }

  /** Resolves when its reader has done with all that was pushed so far, which it shows by asking for more. */
  async taken(): Promise<void> {
    while (!this.#isEnded && this.#reader === undefined) await this.#idle.next();
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(result: IteratorResult<Uint8Array>): void {
    this.#reader?.(result);
    this.#reader = undefined;
  }
}
