import type { Conversation, Segment, SegmentMark, TcpOptions } from '../../packets/conversation.ts';
import type { Notation } from '../language/wording.ts';

/** `PSH, ACK`: flags in the order in which people write them; a segment without flags (a null scan) has none. */
export function flagsText({ flags }: Segment): string {
  return flags.length === 0 ? '–' : flags.join(', ');
}

/** `seq 1  ack 11  len 22`: what every segment says. */
export function numbersText({ seq, ack, length }: Segment): string {
  return [`seq ${seq}`, ...(ack === undefined ? [] : [`ack ${ack}`]), `len ${length}`].join('\u2002');
}

/**
 * Time since the first segment of the conversation: after a second still to the millisecond, because segments come
 * together.
 */
export function timeText({ startMs }: Conversation, { timeMs }: Segment, notation: Notation): string {
  const ms = Math.max(0, timeMs - startMs);
  return ms < 1000 ? notation.duration(ms) : `${notation.number(ms / 1000, 3)}\u00a0s`;
}

/** `ISN 3141592653`, `MSS 1460`: the most important that only a SYN says. */
export function synFacts({ flags, rawSeq, options: { mss } }: Segment): string[] {
  return flags.includes('SYN') ? [`ISN ${rawSeq}`, ...optionTexts(mss === undefined ? {} : { mss })] : [];
}

/** Options in Wireshark's abbreviations; `WS` is what the window is multiplied by. */
export function optionTexts({ mss, windowScale, sackPermitted, timestamps }: TcpOptions): string[] {
  return [
    ...(mss === undefined ? [] : [`MSS ${mss}`]),
    ...(windowScale === undefined ? [] : [`WS ${2 ** windowScale}`]),
    ...(sackPermitted ? ['SACK'] : []),
    ...(timestamps ? ['TS'] : []),
  ];
}

/** `3 × retransmission, zero-window`: the marks of several segments, the most frequent first. */
export function marksText(segments: readonly Segment[]): string {
  const counts = new Map<SegmentMark, number>();
  for (const mark of segments.flatMap(({ marks }) => marks)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([mark, count]) => (count === 1 ? mark : `${count} × ${mark}`))
    .join(', ');
}
