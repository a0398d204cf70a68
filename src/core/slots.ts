/**
 * A counting semaphore, first come first served, whose size can change when the other side turns out to allow less or
 * more.
 */
export class Slots {
  #limit: number;
  #used = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Waits for a free slot and takes it. Rejects with the reason of `signal` when that aborts first. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#used < this.#limit && this.#waiting.length === 0) {
      this.#used++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
      reject(signal?.reason as Error);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', abort, { once: true });
    await promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Gives a slot back; the next in line has it at once. */
  release(): void {
    this.#used--;
    this.#admit();
  }

  get isFull(): boolean {
    return this.#used >= this.#limit;
  }

  /** This many from now on, but at least one. */
  resize(limit: number): void {
    this.#limit = Math.max(1, limit);
    this.#admit();
  }

  #admit(): void {
    while (this.#used < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#used++;
      next();
    }
  }
}
