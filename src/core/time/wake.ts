/** Wakes a wait for something to change; made for `wake` of `retryUntil`. */
export class Wake {
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
