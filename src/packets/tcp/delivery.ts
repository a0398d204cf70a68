import { seqDifference } from '../layers/sequence-number.ts';

/** More gaps at once are not remembered: a hostile capture stays cheap. */
const MOST_RANGES = 500;

/** How far the bytes of one side have come to the other without a gap, as far as the capture shows. */
export class Delivery {
  /** Next byte that the receiver waits for; undefined before the first segment. */
  #next: number | undefined;
  /** What came early, as [first, behind the last]. */
  #early: (readonly [number, number])[] = [];

  copy(): Delivery {
    const copy = new Delivery();
    [copy.#next, copy.#early] = [this.#next, [...this.#early]];
    return copy;
  }

  /** A segment arrived: `start` is its first sequence number, `end` the one behind its last. */
  arrive(start: number, end: number): void {
    this.#next ??= start;
    if (seqDifference(start, this.#next) <= 0) this.#advance(end);
    else if (this.#early.length < MOST_RANGES) this.#early.push([start, end]);
  }

  /** The receiver said that it has everything before `ack`, even if the capture has not. */
  acknowledged(ack: number): void {
    this.#advance(ack);
  }

  /** Whether everything before `end` has come. */
  reached(end: number): boolean {
    return this.#next !== undefined && seqDifference(this.#next, end) >= 0;
  }

  #advance(end: number): void {
    if (this.#next === undefined || seqDifference(end, this.#next) <= 0) return;
    this.#next = end;
    const fits = this.#early.filter(([start]) => seqDifference(start, end) <= 0);
    if (fits.length === 0) return;
    this.#early = this.#early.filter(([start]) => seqDifference(start, end) > 0);
    for (const [, behind] of fits) this.#advance(behind);
  }
}
