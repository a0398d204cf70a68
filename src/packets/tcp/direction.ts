import type { SegmentMark } from '../conversation.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';
import { Unacknowledged } from './unacknowledged.ts';

/** What the analysis remembers of one direction of a connection. */
export interface Direction {
  /** Highest sequence number that follows what was sent; undefined before the first segment. */
  nextSeq: number | undefined;
  /** When it became that. */
  nextSeqTimeMs: number;
  /**
   * The same, as far as nothing is missing in the capture: an ACK beyond it acknowledges bytes that the capture lacks.
   */
  contiguousTo: number | undefined;
  /** The acknowledgement field of the last segment, 0 before the first. */
  lastAck: number;
  lastTimeMs: number;
  /** The window field of the last segment, not scaled; undefined before the first. */
  window: number | undefined;
  readonly scale: WindowScale;
  duplicateAcks: number;
  /**
   * The other side has acknowledged bytes behind everything that was seen, and that was marked; marked again when this
   * side acknowledges something new.
   */
  markedUnseen: boolean;
  lastMarks: readonly SegmentMark[];
  readonly unacknowledged: Unacknowledged;
}

/** How the window field of one end is to be read. */
interface WindowScale {
  /**
   * What the end offered in its SYN; `unused` when one end offered nothing (RFC 7323, section 2.2), undefined when
   * unknown.
   */
  shift: number | 'unused' | undefined;
  /** The last segment was a SYN: its window is never scaled. */
  afterSyn: boolean;
}

/** A direction before its first segment. */
export function newDirection(): Direction {
  return {
    nextSeq: undefined,
    nextSeqTimeMs: 0,
    contiguousTo: undefined,
    lastAck: 0,
    lastTimeMs: 0,
    window: undefined,
    scale: { shift: undefined, afterSyn: false },
    duplicateAcks: 0,
    markedUnseen: false,
    lastMarks: [],
    unacknowledged: new Unacknowledged(),
  };
}

/** Takes the window scale option of a SYN or SYN-ACK into account; it counts only when both ends have it. */
export function learnScale(forward: Direction, reverse: Direction, { flags, options }: TcpHeader): void {
  forward.scale.afterSyn = (flags & Flag.syn) !== 0;
  if ((flags & Flag.syn) === 0) return;
  forward.scale.shift = options.windowScale;
  if (options.windowScale === undefined) {
    forward.scale.shift = 'unused';
    reverse.scale.shift = 'unused';
  } else if (flags & Flag.ack && reverse.scale.shift === 'unused') {
    forward.scale.shift = 'unused';
  }
}

/** The window in bytes of a segment of this direction. */
export function scaledWindow({ scale }: Direction, { flags, window }: TcpHeader): number {
  return flags & Flag.syn || typeof scale.shift !== 'number' ? window : window * 2 ** scale.shift;
}

/**
 * The highest sequence number, exclusive, that the other end may send up to by the last segment of this direction;
 * undefined when the scale is unknown.
 */
export function windowEdge({ window, lastAck, scale }: Direction): number | undefined {
  if (window === undefined || scale.shift === undefined) return undefined;
  const bytes = scale.afterSyn || scale.shift === 'unused' ? window : window * 2 ** scale.shift;
  return (lastAck + bytes) >>> 0;
}
