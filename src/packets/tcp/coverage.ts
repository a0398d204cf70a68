/** From the first byte to behind the last. */
type Range = [start: number, end: number];

/** Bytes of a stream, each counted once, however often it was sent. */
export class Coverage {
  /** Apart from each other, in order. */
  #ranges: Range[] = [];
  /** What began before the last range: merged with the others when the total is read. */
  #late: Range[] = [];
  #bytes = 0;

  add(start: number, length: number): void {
    if (length === 0) return;
    const last = this.#ranges.at(-1);
    if (last !== undefined && start < last[0]) this.#late.push([start, start + length]);
    else this.#append([start, start + length]);
  }

  get bytes(): number {
    if (this.#late.length > 0) {
      const all = [...this.#ranges, ...this.#late].toSorted(([a], [b]) => a - b);
      [this.#ranges, this.#late, this.#bytes] = [[], [], 0];
      for (const range of all) this.#append(range);
    }
    return this.#bytes;
  }

  /** Adds a range that begins at the start of the last one or after it. */
  #append(range: Range): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && range[0] <= last[1]) {
      this.#bytes += Math.max(0, range[1] - last[1]);
      last[1] = Math.max(last[1], range[1]);
    } else {
      this.#bytes += range[1] - range[0];
      this.#ranges.push(range);
    }
  }
}
