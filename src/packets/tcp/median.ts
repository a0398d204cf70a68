/** The median of numbers that come one by one; of an even count the lower of the two in the middle. */
export class Median {
  /** The lower half, the largest on top; of an odd count it has one more. The upper half, the smallest on top. */
  readonly #lower = new Heap((a, b) => a > b);
  readonly #upper = new Heap((a, b) => a < b);

  add(value: number): void {
    // Each passes through the other half, so that what is left in the first is the right one.
    if (this.#lower.size > this.#upper.size) {
      this.#lower.push(value);
      this.#upper.push(this.#lower.pop()!);
    } else {
      this.#upper.push(value);
      this.#lower.push(this.#upper.pop()!);
    }
  }

  /** Undefined before the first. */
  get value(): number | undefined {
    return this.#lower.top;
  }
}

/** A binary heap. */
class Heap {
  readonly #values: number[] = [];
  readonly #isAbove: (a: number, b: number) => boolean;

  constructor(isAbove: (a: number, b: number) => boolean) {
    this.#isAbove = isAbove;
  }

  get size(): number {
    return this.#values.length;
  }

  get top(): number | undefined {
    return this.#values[0];
  }

  push(value: number): void {
    const values = this.#values;
    let at = values.push(value) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.#isAbove(value, values[parent]!); parent = (at - 1) >> 1) {
      values[at] = values[parent]!;
      at = parent;
    }
    values[at] = value;
  }

  pop(): number | undefined {
    const values = this.#values;
    const top = values[0];
    const moved = values.pop();
    if (moved === undefined || values.length === 0) return top;
    let at = 0;
    for (let child = this.#higherChild(at); child !== undefined; child = this.#higherChild(at)) {
      if (!this.#isAbove(values[child]!, moved)) break;
      values[at] = values[child]!;
      at = child;
    }
    values[at] = moved;
    return top;
  }

  #higherChild(at: number): number | undefined {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (left >= this.#values.length) return undefined;
    return right < this.#values.length && this.#isAbove(this.#values[right]!, this.#values[left]!) ? right : left;
  }
}
