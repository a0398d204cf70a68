import { seqDifference } from '../layers/sequence-number.ts';

/** A segment that waits for its acknowledgement. */
export interface Waiting {
  /** In the connection. */
  readonly place: number;
  readonly timeMs: number;
}

/** More are not kept, as in Wireshark: where a capture has only one direction, nothing is ever acknowledged. */
const MOST_WAITING = 10_000;
/** So many are looked at for one ACK where they are not in order: a hostile capture stays cheap. */
const MOST_LOOKS = 1000;

/** The segments of one direction that wait for their acknowledgement. */
export class Unacknowledged {
  /** By the sequence number behind the segment, in the order in which they were sent; of equal ones the first. */
  readonly #waiting = new Map<number, Waiting>();
  /** Each was sent behind the one before it: then the first that is not acknowledged ends the search. */
  #isOrdered = true;
  #last = 0;

  add(nextSeq: number, segment: Waiting): void {
    if (this.#waiting.size >= MOST_WAITING || this.#waiting.has(nextSeq)) return;
    this.#isOrdered = this.#waiting.size === 0 || (this.#isOrdered && seqDifference(nextSeq, this.#last) > 0);
    this.#last = nextSeq;
    this.#waiting.set(nextSeq, segment);
  }

  /** Takes away what `ack` acknowledges; returns the segment that ends exactly there. */
  acknowledge(ack: number): Waiting | undefined {
    const match = this.#waiting.get(ack);
    let looks = 0;
    for (const nextSeq of this.#waiting.keys()) {
      if (seqDifference(nextSeq, ack) <= 0) this.#waiting.delete(nextSeq);
      else if (this.#isOrdered || ++looks > MOST_LOOKS) break;
    }
    return match;
  }
}
