import type { Side } from '../conversation.ts';
import { seqAdd, seqDifference } from '../layers/sequence-number.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';

/** What is looked at of each segment of a connection. */
export interface SentSegment {
  readonly from: Side;
  readonly header: TcpHeader;
  readonly length: number;
}

/**
 * From which segment on (by its place in the connection) what one end sent counts as arrived at the other. Infinity:
 * nothing in the capture shows that it did.
 */
export interface Arrival {
  readonly syn: Readonly<Record<Side, number>>;
  readonly fin: Readonly<Record<Side, number>>;
  /**
   * From where on an end knows that its SYN or FIN is acknowledged, if that waits for something: 0 where
   * it does not.
   */
  readonly ackOfSyn: Readonly<Record<Side, number>>;
  readonly ackOfFin: Readonly<Record<Side, number>>;
}

/**
 * Finds out when SYN and FIN arrived, from what the other end acknowledged. One that is never acknowledged is not taken
 * to arrive. When both ends send theirs before they have that of the other, the two cross on the wire (RFC 9293,
 * figures 8 and 14): the first arrives only after the other end has sent its own.
 */
export class ArrivalFinder {
  readonly #syn = new ControlFinder(Flag.syn);
  readonly #fin = new ControlFinder(Flag.fin);
  #place = 0;

  /** Takes the next segment; returns whether the arrivals of SYN and of FIN may have changed. */
  add(segment: SentSegment): { readonly syn: boolean; readonly fin: boolean } {
    const place = this.#place++;
    return { syn: this.#syn.add(segment, place), fin: this.#fin.add(segment, place) };
  }

  /** By the segments so far. */
  get arrival(): Arrival {
    const [syn, fin] = [this.#syn.arrival, this.#fin.arrival];
    return { syn: syn.at, fin: fin.at, ackOfSyn: syn.ackFrom, ackOfFin: fin.ackFrom };
  }
}

interface ControlArrival {
  readonly at: Record<Side, number>;
  readonly ackFrom: Record<Side, number>;
}

/** The first segment of an end that has a flag. */
interface Sent {
  readonly place: number;
  readonly segment: SentSegment;
  /** The sequence number behind it. */
  readonly behind: number;
}

class ControlFinder {
  readonly #flag: number;
  readonly #sent: Partial<Record<Side, Sent>> = {};
  /** Place of the first segment that acknowledges what was sent; Infinity while there is none. */
  readonly #acknowledgedAt = { client: Infinity, server: Infinity };

  constructor(flag: number) {
    this.#flag = flag;
  }

  add(segment: SentSegment, place: number): boolean {
    const { from, header, length } = segment;
    const to = from === 'client' ? 'server' : 'client';
    const sent = this.#sent[to];
    const isNews = sent !== undefined && this.#acknowledgedAt[to] === Infinity && acknowledges(segment, sent);
    if (isNews) this.#acknowledgedAt[to] = place;
    if ((header.flags & this.#flag) === 0 || this.#sent[from] !== undefined) return isNews;
    this.#sent[from] = { place, segment, behind: seqAdd(header.seq, length + 1) };
    // One that nothing acknowledges yet changes nothing, unless that of the other end was acknowledged before.
    return isNews || this.#acknowledgedAt[to] !== Infinity;
  }

  get arrival(): ControlArrival {
    const [sent, acknowledgedAt] = [this.#sent, this.#acknowledgedAt];
    const at = {
      client: arrives(sent.client, acknowledgedAt.client),
      server: arrives(sent.server, acknowledgedAt.server),
    };
    const ackFrom = { client: 0, server: 0 };
    const first: Side = (sent.client?.place ?? Infinity) < (sent.server?.place ?? Infinity) ? 'client' : 'server';
    const second: Side = first === 'client' ? 'server' : 'client';
    const [early, late] = [sent[first], sent[second]];
    if (early === undefined || late === undefined || acknowledges(late.segment, early)) return { at, ackFrom };
    at[first] = acknowledgedAt[first] === Infinity ? Infinity : late.place + 1;
    // The acknowledgements cross as well: the second end sends its own before it gets that of the other.
    ackFrom[second] = acknowledgedAt[first] === Infinity ? 0 : acknowledgedAt[first];
    return { at, ackFrom };
  }
}

function arrives(sent: Sent | undefined, acknowledgedAt: number): number {
  return sent === undefined || acknowledgedAt === Infinity ? Infinity : sent.place;
}

function acknowledges({ header: { flags, ack } }: SentSegment, { behind }: Sent): boolean {
  return (flags & Flag.ack) !== 0 && (flags & Flag.rst) === 0 && seqDifference(ack, behind) >= 0;
}
