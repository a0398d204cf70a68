/** Wakes those who wait for something to happen on a terminal. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next `notify`. Ask for it before you look, and nothing is missed. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}
