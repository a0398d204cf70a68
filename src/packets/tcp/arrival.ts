import type { Side } from '../conversation.ts';
import { seqAdd, seqDifference } from '../layers/sequence-number.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';

/** What is looked at of each segment of a connection. */
export interface SentSegment {
  readonly from: Side;
  readonly header: TcpHeader;
  readonly length: number;
}

/** From which segment on (by its place in the connection) what one end sent counts as arrived at the other. Infinity: nothing in the capture shows that it did. */
export interface Arrival {
  readonly syn: Readonly<Record<Side, number>>;
  readonly fin: Readonly<Record<Side, number>>;
  /** From where on an end has heard that its SYN or FIN is acknowledged, in so far as that waits for something: 0 where it does not. */
  readonly ackOfSyn: Readonly<Record<Side, number>>;
  readonly ackOfFin: Readonly<Record<Side, number>>;
}

/**
 * Finds out when SYN and FIN arrived, from what the other end acknowledged. One that is never acknowledged is not taken to arrive. When both ends send theirs before
 * they have that of the other, the two cross on the wire (RFC 9293, figures 8 and 14): the first arrives only after the other end has sent its own.
 */
export function arrivalOf(segments: readonly SentSegment[]): Arrival {
  const syn = controlArrival(segments, Flag.syn);
  const fin = controlArrival(segments, Flag.fin);
  return { syn: syn.at, fin: fin.at, ackOfSyn: syn.ackFrom, ackOfFin: fin.ackFrom };
}

interface ControlArrival {
  readonly at: Record<Side, number>;
  readonly ackFrom: Record<Side, number>;
}

function controlArrival(segments: readonly SentSegment[], flag: number): ControlArrival {
  const sent = { client: firstOf(segments, 'client', flag), server: firstOf(segments, 'server', flag) };
  const acknowledgedAt = {
    client: acknowledgement(segments, sent.client),
    server: acknowledgement(segments, sent.server),
  };
  const at = {
    client: arrives(sent.client, acknowledgedAt.client),
    server: arrives(sent.server, acknowledgedAt.server),
  };
  const ackFrom = { client: 0, server: 0 };
  const first: Side = (sent.client?.index ?? Infinity) < (sent.server?.index ?? Infinity) ? 'client' : 'server';
  const second: Side = first === 'client' ? 'server' : 'client';
  const [early, late] = [sent[first], sent[second]];
  if (early === undefined || late === undefined || acknowledges(late.segment, early)) return { at, ackFrom };
  at[first] = acknowledgedAt[first] === Infinity ? Infinity : late.index + 1;
  // The acknowledgements cross as well: the second end sends its own before it hears of the other.
  ackFrom[second] = acknowledgedAt[first] === Infinity ? 0 : acknowledgedAt[first];
  return { at, ackFrom };
}

interface Sent {
  readonly index: number;
  readonly segment: SentSegment;
  /** The sequence number behind it. */
  readonly behind: number;
}

function firstOf(segments: readonly SentSegment[], side: Side, flag: number): Sent | undefined {
  const index = segments.findIndex(({ from, header }) => from === side && header.flags & flag);
  const segment = segments[index];
  return segment && { index, segment, behind: seqAdd(segment.header.seq, segment.length + 1) };
}

function arrives(sent: Sent | undefined, acknowledgedAt: number): number {
  return sent === undefined || acknowledgedAt === Infinity ? Infinity : sent.index;
}

/** Place of the first segment that acknowledges it; Infinity when there is none. */
function acknowledgement(segments: readonly SentSegment[], sent: Sent | undefined): number {
  if (sent === undefined) return Infinity;
  const index = segments.findIndex(
    (segment, at) => at > sent.index && segment.from !== sent.segment.from && acknowledges(segment, sent),
  );
  return index < 0 ? Infinity : index;
}

function acknowledges({ header: { flags, ack } }: SentSegment, { behind }: Sent): boolean {
  return (flags & Flag.ack) !== 0 && (flags & Flag.rst) === 0 && seqDifference(ack, behind) >= 0;
}
