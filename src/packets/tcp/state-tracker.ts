import type { Side, TcpState } from '../conversation.ts';
import type { Arrival } from './arrival.ts';
import { Delivery } from './delivery.ts';
import { seqAdd, seqDifference } from '../layers/sequence-number.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';

export type States = Readonly<Record<Side, TcpState>>;

/** What an end does when it sends a SYN or a FIN (RFC 9293, figure 5). States that are not named stay. */
const onSendingSyn: Partial<Record<TcpState, TcpState>> = { CLOSED: 'SYN-SENT', LISTEN: 'SYN-SENT' };
const onSendingFin: Partial<Record<TcpState, TcpState>> = {
  'SYN-RECEIVED': 'FIN-WAIT-1',
  ESTABLISHED: 'FIN-WAIT-1',
  'CLOSE-WAIT': 'LAST-ACK',
};
/**
 * What an end does when it gets a SYN without ACK, a SYN with ACK, the acknowledgement of its SYN, that of its FIN, or
 * a FIN.
 */
const onSyn: Partial<Record<TcpState, TcpState>> = { LISTEN: 'SYN-RECEIVED', 'SYN-SENT': 'SYN-RECEIVED' };
const onSynAck: Partial<Record<TcpState, TcpState>> = { 'SYN-SENT': 'ESTABLISHED' };
const onAckOfSyn: Partial<Record<TcpState, TcpState>> = { 'SYN-RECEIVED': 'ESTABLISHED' };
const onAckOfFin: Partial<Record<TcpState, TcpState>> = {
  'FIN-WAIT-1': 'FIN-WAIT-2',
  CLOSING: 'TIME-WAIT',
  'LAST-ACK': 'CLOSED',
};
const onFin: Partial<Record<TcpState, TcpState>> = {
  'SYN-RECEIVED': 'CLOSE-WAIT',
  ESTABLISHED: 'CLOSE-WAIT',
  'FIN-WAIT-1': 'CLOSING',
  'FIN-WAIT-2': 'TIME-WAIT',
};

/**
 * Follows the states of both ends by what they send. Data and acknowledgements are taken to arrive; of SYN and FIN
 * `arrival` says whether and when they did. Of timers nothing is known, so an end stays in TIME-WAIT.
 */
export class StateTracker {
  #states: States;
  readonly #arrival: Arrival;
  /** Place of the next segment. */
  #place = 0;
  #delivery: Readonly<Record<Side, Delivery>> = { client: new Delivery(), server: new Delivery() };
  /**
   * The first SYN that an end has sent and the other has not got, and the sequence number behind its SYN and behind its
   * FIN.
   */
  readonly #syn: Partial<Record<Side, TcpHeader>> = {};
  readonly #behindSyn: Partial<Record<Side, number>> = {};
  readonly #behindFin: Partial<Record<Side, number>> = {};
  /** The latest acknowledgement that was sent to an end. */
  readonly #acknowledged: Partial<Record<Side, number>> = {};

  /** `start`: the states before the first segment. */
  constructor(start: States, arrival: Arrival) {
    this.#states = start;
    this.#arrival = arrival;
  }

  /** A tracker at the same place, which goes on with other arrivals. */
  copy(arrival: Arrival): StateTracker {
    const copy = new StateTracker(this.#states, arrival);
    copy.#place = this.#place;
    copy.#delivery = { client: this.#delivery.client.copy(), server: this.#delivery.server.copy() };
    Object.assign(copy.#syn, this.#syn);
    Object.assign(copy.#behindSyn, this.#behindSyn);
    Object.assign(copy.#behindFin, this.#behindFin);
    Object.assign(copy.#acknowledged, this.#acknowledged);
    return copy;
  }

  /** The states when this segment has arrived. */
  step(from: Side, header: TcpHeader, length: number): States {
    const to: Side = from === 'client' ? 'server' : 'client';
    if (header.flags & Flag.rst) this.#states = { client: 'CLOSED', server: 'CLOSED' };
    else {
      // What crossed with the segment before arrives now.
      this.#deliver(from, to);
      this.#send(from, header, length);
      if (header.flags & Flag.ack) {
        this.#acknowledged[to] = header.ack;
        this.#delivery[to].acknowledged(header.ack);
      }
      this.#deliver(from, to);
    }
    this.#place += 1;
    return this.#states;
  }

  #send(from: Side, header: TcpHeader, length: number): void {
    const { flags, seq } = header;
    const end = seqAdd(seq, length + (flags & (Flag.syn | Flag.fin) ? 1 : 0));
    if (flags & Flag.syn) {
      if (this.#behindSyn[from] === undefined) this.#syn[from] = header;
      this.#behindSyn[from] = seqAdd(seq, 1);
      this.#change(from, onSendingSyn);
    } else if (flags & Flag.fin) {
      this.#behindFin[from] ??= end;
      this.#change(from, onSendingFin);
    }
    this.#delivery[from].arrive(seq, end);
  }

  /** Tells both ends what has come to them by now: SYN, acknowledgements, FIN, in this order. */
  #deliver(from: Side, to: Side): void {
    const ends = [
      [from, to],
      [to, from],
    ] as const;
    for (const [sender, receiver] of ends) this.#deliverSyn(sender, receiver);
    for (const [, receiver] of ends) this.#deliverAcknowledgement(receiver);
    for (const [sender, receiver] of ends) this.#deliverFin(sender, receiver);
  }

  #deliverSyn(sender: Side, receiver: Side): void {
    const syn = this.#syn[sender];
    if (syn === undefined || this.#place < this.#arrival.syn[sender]) return;
    delete this.#syn[sender];
    this.#change(receiver, syn.flags & Flag.ack ? onSynAck : onSyn);
  }

  #deliverAcknowledgement(receiver: Side): void {
    const ack = this.#acknowledged[receiver];
    if (ack === undefined) return;
    if (this.#place >= this.#arrival.ackOfSyn[receiver] && reaches(ack, this.#behindSyn[receiver]))
      this.#change(receiver, onAckOfSyn);
    if (this.#place >= this.#arrival.ackOfFin[receiver] && reaches(ack, this.#behindFin[receiver]))
      this.#change(receiver, onAckOfFin);
  }

  /** A FIN counts at its receiver once all bytes before it have come. */
  #deliverFin(sender: Side, receiver: Side): void {
    const end = this.#behindFin[sender];
    if (end === undefined || this.#place < this.#arrival.fin[sender] || !this.#delivery[sender].reached(end)) return;
    this.#change(receiver, onFin);
  }

  #change(side: Side, table: Partial<Record<TcpState, TcpState>>): void {
    const next = table[this.#states[side]];
    if (next !== undefined) this.#states = { ...this.#states, [side]: next };
  }
}

function reaches(ack: number, behind: number | undefined): boolean {
  return behind !== undefined && seqDifference(ack, behind) >= 0;
}
