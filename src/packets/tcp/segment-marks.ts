import type { SegmentMark } from '../conversation.ts';

/** What the analysis says of one segment. */
export interface SegmentAnalysis {
  readonly marks: readonly SegmentMark[];
  /** The segment of the other end that this one acknowledges: its place in the connection. */
  readonly acknowledges: { readonly place: number; readonly afterMs: number } | undefined;
  /** Receive window in bytes. */
  readonly window: number;
}

/** Whether a mark says that a segment repeats bytes which were sent before. */
export function isRepetition(mark: SegmentMark): boolean {
  return mark === 'retransmission' || mark === 'fast-retransmission' || mark === 'spurious-retransmission';
}
