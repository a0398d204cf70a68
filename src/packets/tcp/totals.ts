import type { Durations, Segment, SegmentMark, SentTotals } from '../conversation.ts';
import { Coverage } from './coverage.ts';
import { Median } from './median.ts';
import { isRepetition } from './segment-marks.ts';

/** Sums up what one side sent; it is shown its segments in turn. */
export class SideTotals {
  #packets = 0;
  #retransmissions = 0;
  readonly #marked = new Map<SegmentMark, number>();
  readonly #coverage = new Coverage();

  add({ seq, length, marks }: Segment): void {
    this.#packets += 1;
    this.#coverage.add(seq, length);
    if (marks.some(isRepetition)) this.#retransmissions += 1;
    for (const mark of new Set(marks)) this.#marked.set(mark, this.#countOf(mark) + 1);
  }

  /** By the segments so far. */
  get totals(): SentTotals {
    return {
      packets: this.#packets,
      bytes: this.#coverage.bytes,
      retransmissions: this.#retransmissions,
      duplicateAcks: this.#countOf('duplicate-ack'),
      outOfOrder: this.#countOf('out-of-order'),
      zeroWindows: this.#countOf('zero-window'),
    };
  }

  #countOf(mark: SegmentMark): number {
    return this.#marked.get(mark) ?? 0;
  }
}

/** Statistics of durations that come one by one. */
export class DurationTotals {
  #count = 0;
  #minMs = Infinity;
  #maxMs = -Infinity;
  readonly #median = new Median();

  add(ms: number): void {
    this.#count += 1;
    this.#minMs = Math.min(this.#minMs, ms);
    this.#maxMs = Math.max(this.#maxMs, ms);
    this.#median.add(ms);
  }

  /** Undefined before the first. */
  get durations(): Durations | undefined {
    const medianMs = this.#median.value;
    if (medianMs === undefined) return undefined;
    return { count: this.#count, minMs: this.#minMs, medianMs, maxMs: this.#maxMs };
  }
}
