import { seqDifference } from './sequence.ts';

/** A segment that waits for its acknowledgement. */
export interface Waiting {
  readonly packet: number;
  readonly timeMs: number;
}

/** More are not kept, as in Wireshark: where a capture has only one direction, nothing is ever acknowledged. */
const mostWaiting = 10_000;

/** The segments of one direction that wait for their acknowledgement. */
export class Unacknowledged {
  /** By the sequence number behind the segment, in the order in which they were sent; of equal ones the first. */
  readonly #waiting = new Map<number, Waiting>();

  add(nextSeq: number, segment: Waiting): void {
    if (this.#waiting.size < mostWaiting && !this.#waiting.has(nextSeq)) this.#waiting.set(nextSeq, segment);
  }

  /** Takes away what `ack` acknowledges; returns the segment that ends exactly there. */
  acknowledge(ack: number): Waiting | undefined {
    const match = this.#waiting.get(ack);
    this.#waiting.delete(ack);
    for (const nextSeq of this.#waiting.keys()) {
      if (seqDifference(nextSeq, ack) > 0) break;
      this.#waiting.delete(nextSeq);
    }
    return match;
  }
}
