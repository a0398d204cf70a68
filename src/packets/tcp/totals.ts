import type { Durations, Segment, SegmentMark, SentTotals, Side } from '../conversation.ts';
import { isRepetition } from './closing.ts';

/** Sums up what one side sent. */
export function totalsOf(segments: readonly Segment[], side: Side): SentTotals {
  const sent = segments.filter(({ from }) => from === side);
  const marked = (mark: SegmentMark): number => sent.filter(({ marks }) => marks.includes(mark)).length;
  return {
    packets: sent.length,
    bytes: distinctBytes(sent),
    retransmissions: sent.filter(({ marks }) => marks.some(isRepetition)).length,
    duplicateAcks: marked('duplicate-ack'),
    outOfOrder: marked('out-of-order'),
    zeroWindows: marked('zero-window'),
  };
}

/** Bytes of payload, each counted once, however often it was sent. */
function distinctBytes(sent: readonly Segment[]): number {
  let bytes = 0;
  let end = -Infinity;
  for (const { seq, length } of sent.filter((segment) => segment.length > 0).toSorted((a, b) => a.seq - b.seq)) {
    bytes += Math.max(0, seq + length - Math.max(seq, end));
    end = Math.max(end, seq + length);
  }
  return bytes;
}

/** How long the segments of one side waited for their acknowledgements. */
export function acknowledgedIn(segments: readonly Segment[], side: Side): Durations | undefined {
  const times = segments.flatMap(({ from, acknowledges }) =>
    from === side || acknowledges === undefined ? [] : [acknowledges.afterMs],
  );
  if (times.length === 0) return undefined;
  times.sort((a, b) => a - b);
  return {
    count: times.length,
    minMs: times[0]!,
    medianMs: times[Math.floor((times.length - 1) / 2)]!,
    maxMs: times.at(-1)!,
  };
}
