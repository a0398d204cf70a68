import type { SegmentMark } from '../conversation.ts';
import { learnScale, newDirection, scaledWindow, type Direction } from './direction.ts';
import { flowControlMarks, type Look } from './flow-control.ts';
import { other, type End } from '../end.ts';
import type { FlowPacket } from './flow.ts';
import { seqAdd, seqDifference } from '../layers/sequence-number.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';
import type { SegmentAnalysis } from './segment-marks.ts';

/**
 * A segment that was asked for by duplicate ACKs and comes this soon after the last of them is a fast retransmission.
 */
const FAST_RETRANSMISSION_MS = 20;
/**
 * A segment that is late by less than a round trip is out of order, a later one a retransmission; this is the round
 * trip while none was measured.
 */
const ASSUMED_ROUND_TRIP_MS = 3;

/**
 * Finds retransmissions, duplicate ACKs and the like, by the rules of Wireshark 4.0 (`tcp_analyze_sequence_number` in
 * epan/dissectors/packet-tcp.c), so that a student reads the same words in both. One object per connection; it is shown
 * the segments in the order of the capture.
 */
export class SequenceAnalysis {
  readonly #directions: Readonly<Record<End, Direction>> = { a: newDirection(), b: newDirection() };
  readonly #roundTrip = new HandshakeTimer();
  /** Of the next segment. */
  #place = 0;

  look({ from, tcp }: FlowPacket): SegmentAnalysis {
    const { header, length } = tcp;
    const { timeMs } = tcp.packet;
    const look: Look = {
      forward: this.#directions[from],
      reverse: this.#directions[other(from)],
      header,
      length,
      timeMs,
    };
    this.#roundTrip.look(header, timeMs);
    const marks = flowControlMarks(look);
    countDuplicateAcks(look, marks);
    if (marks.includes('zero-window-probe-ack')) takeProbedByte(look);
    if (acknowledgesUnseen(look)) marks.push('acks-unseen');
    const repetition = marks.includes('keep-alive') ? undefined : repetitionMark(look, this.#roundTrip.ms);
    if (repetition !== undefined) marks.push(repetition);
    remember(look, marks, this.#place);
    this.#place += 1;
    learnScale(look.forward, look.reverse, header);
    const acknowledged = look.reverse.unacknowledged.acknowledge(header.ack);
    return {
      marks: marks.length === 0 ? noMarks : marks,
      acknowledges: acknowledged && { place: acknowledged.place, afterMs: timeMs - acknowledged.timeMs },
      window: scaledWindow(look.forward, header),
    };
  }
}

const noMarks: readonly SegmentMark[] = [];

/** Measures from the last SYN to the first ACK after it, which ends the handshake. */
class HandshakeTimer {
  ms: number | undefined;
  #synMs: number | undefined;

  look({ flags }: TcpHeader, timeMs: number): void {
    const control = flags & (Flag.syn | Flag.ack);
    if (control === Flag.syn) this.#synMs = timeMs;
    else if (control === Flag.ack && this.#synMs !== undefined) this.ms ??= timeMs - this.#synMs;
  }
}

function countDuplicateAcks({ forward, header }: Look, marks: readonly SegmentMark[]): void {
  if (header.ack !== forward.lastAck) {
    forward.duplicateAcks = 0;
    forward.markedUnseen = false;
  } else if (marks.includes('duplicate-ack')) {
    forward.duplicateAcks += 1;
    forward.markedUnseen = false;
  }
}

/** Some receivers take the one byte of a zero-window probe: then it was sent. */
function takeProbedByte({ forward, reverse, header }: Look): void {
  if (header.ack === forward.lastAck) return;
  reverse.nextSeq = header.ack;
  reverse.contiguousTo = header.ack;
}

function acknowledgesUnseen({ reverse, header }: Look): boolean {
  if (
    (header.flags & Flag.ack) === 0 ||
    reverse.contiguousTo === undefined ||
    seqDifference(header.ack, reverse.contiguousTo) <= 0
  )
    return false;
  if (reverse.contiguousTo !== reverse.nextSeq) {
    // A gap counts as closed once it is reported.
    reverse.contiguousTo = reverse.nextSeq;
    return true;
  }
  const isNews = reverse.duplicateAcks === 0 && !reverse.markedUnseen;
  reverse.duplicateAcks = 0;
  reverse.markedUnseen = true;
  return isNews;
}

/** Whether a segment repeats bytes (or SYN, FIN) that were sent before, and how. */
function repetitionMark(
  { forward, reverse, header, length, timeMs }: Look,
  roundTripMs: number | undefined,
): SegmentMark | undefined {
  const { seq } = header;
  const { nextSeq } = forward;
  const control = header.flags & (Flag.syn | Flag.fin) ? 1 : 0;
  if (length + control === 0) return undefined;
  if (length > 0 && reverse.lastAck !== 0 && seqDifference(seqAdd(seq, length), reverse.lastAck) <= 0)
    return 'spurious-retransmission';
  if (nextSeq === undefined || seqDifference(seq, nextSeq) >= 0) return undefined;
  // More than the byte that a zero-window probe has sent already.
  if (length > 1 && seqAdd(seq, 1) === nextSeq) return undefined;
  if (reverse.duplicateAcks >= 2 && reverse.lastAck === seq && timeMs - reverse.lastTimeMs < FAST_RETRANSMISSION_MS)
    return 'fast-retransmission';
  const soon = timeMs - forward.nextSeqTimeMs < (roundTripMs ?? ASSUMED_ROUND_TRIP_MS);
  const repeatsLast = seqAdd(seq, length + control) === nextSeq;
  return soon && !repeatsLast ? 'out-of-order' : 'retransmission';
}

function remember({ forward, header, length, timeMs }: Look, marks: readonly SegmentMark[], place: number): void {
  const { seq } = header;
  const control = header.flags & (Flag.syn | Flag.fin) ? 1 : 0;
  const nextSeq = seqAdd(seq, length + control);
  if (length + control > 0) forward.unacknowledged.add(nextSeq, { place, timeMs });
  // Only the answer to a zero-window probe shows whether its byte was accepted.
  if (!marks.includes('zero-window-probe')) advance(forward, seq, nextSeq, timeMs);
  forward.window = header.window;
  forward.lastAck = header.ack;
  forward.lastTimeMs = timeMs;
  forward.lastMarks = marks;
}

function advance(forward: Direction, seq: number, nextSeq: number, timeMs: number): void {
  if (forward.nextSeq === undefined || seqDifference(nextSeq, forward.nextSeq) > 0) {
    forward.nextSeq = nextSeq;
    forward.nextSeqTimeMs = timeMs;
  }
  if (forward.contiguousTo === undefined || seq === forward.contiguousTo) forward.contiguousTo = forward.nextSeq;
}
