import type { SegmentMark } from '../conversation.ts';
import { windowEdge, type Direction } from './direction.ts';
import { seqAdd, seqDifference } from '../layers/sequence-number.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';

/** A segment in the light of what went before it in both directions. */
export interface Look {
  readonly forward: Direction;
  readonly reverse: Direction;
  readonly header: TcpHeader;
  /** Bytes of payload. */
  readonly length: number;
  readonly timeMs: number;
}

/**
 * Marks of windows, probes and repeated ACKs, in Wireshark's order: a zero-window probe has no other of these marks,
 * and of the three kinds of repeated ACK only the first that fits counts.
 */
export function flowControlMarks(look: Look): SegmentMark[] {
  if (isZeroWindowProbe(look)) return ['zero-window-probe'];
  const marks: SegmentMark[] = [];
  const plain = isPlain(look.header);
  if (look.header.window === 0 && plain) marks.push('zero-window');
  if (isAhead(look)) marks.push('lost-before');
  if (!plain) return marks;
  if (isKeepAlive(look)) marks.push('keep-alive');
  if (isWindowUpdate(look)) marks.push('window-update');
  if (look.length > 0 && seqAdd(look.header.seq, look.length) === windowEdge(look.reverse)) marks.push('window-full');
  const repeated = repeatedAck(look);
  if (repeated !== undefined) marks.push(repeated);
  return marks;
}

/** None of SYN, FIN and RST is set. */
function isPlain({ flags }: TcpHeader): boolean {
  return (flags & (Flag.syn | Flag.fin | Flag.rst)) === 0;
}

function isZeroWindowProbe({ forward, reverse, header, length }: Look): boolean {
  return length === 1 && header.seq === forward.nextSeq && reverse.window === 0;
}

/** It begins behind what was seen: something before it is missing. */
function isAhead({ forward, header }: Look): boolean {
  return (
    forward.nextSeq !== undefined && seqDifference(header.seq, forward.nextSeq) > 0 && (header.flags & Flag.rst) === 0
  );
}

/** At most one byte, which was sent before. */
function isKeepAlive({ forward, header, length }: Look): boolean {
  return length <= 1 && forward.nextSeq !== undefined && header.seq === seqAdd(forward.nextSeq, -1);
}

function isWindowUpdate({ forward, header, length }: Look): boolean {
  return (
    length === 0 &&
    header.window !== 0 &&
    header.window !== forward.window &&
    header.seq === forward.nextSeq &&
    header.ack === forward.lastAck
  );
}

/** A segment without payload that says what the one before said, and why. */
function repeatedAck({ forward, reverse, header, length }: Look): SegmentMark | undefined {
  if (length > 0 || header.window !== forward.window || header.seq !== forward.nextSeq) return undefined;
  const sameAck = header.ack === forward.lastAck;
  if (header.window !== 0 && sameAck)
    return reverse.lastMarks.includes('keep-alive') ? 'keep-alive-ack' : 'duplicate-ack';
  const probed = reverse.lastMarks.includes('zero-window-probe');
  return header.window === 0 && probed && (sameAck || header.ack === seqAdd(forward.lastAck, 1))
    ? 'zero-window-probe-ack'
    : undefined;
}
