import type { SegmentMark } from '../conversation.ts';

/** Whether a mark says that a segment repeats bytes which were sent before. */
export function isRepetition(mark: SegmentMark): boolean {
  return mark === 'retransmission' || mark === 'fast-retransmission' || mark === 'spurious-retransmission';
}
