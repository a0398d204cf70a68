import type { Side, TcpState } from '../core/conversation.ts';
import { Delivery } from './delivery.ts';
import { seqAdd, seqDifference } from './sequence.ts';
import { Flag, type TcpHeader } from './tcp-header.ts';

export type States = Readonly<Record<Side, TcpState>>;

/** What an end does when it sends a SYN or a FIN (RFC 9293, figure 5). States that are not named stay. */
const onSendingSyn: Partial<Record<TcpState, TcpState>> = { CLOSED: 'SYN-SENT', LISTEN: 'SYN-SENT' };
const onSendingFin: Partial<Record<TcpState, TcpState>> = { 'SYN-RECEIVED': 'FIN-WAIT-1', ESTABLISHED: 'FIN-WAIT-1', 'CLOSE-WAIT': 'LAST-ACK' };
/** What an end does when it gets a SYN without ACK, a SYN with ACK, the acknowledgement of its SYN, that of its FIN, or a FIN. */
const onSyn: Partial<Record<TcpState, TcpState>> = { LISTEN: 'SYN-RECEIVED', 'SYN-SENT': 'SYN-RECEIVED' };
const onSynAck: Partial<Record<TcpState, TcpState>> = { 'SYN-SENT': 'ESTABLISHED', 'SYN-RECEIVED': 'ESTABLISHED' };
const onAckOfSyn: Partial<Record<TcpState, TcpState>> = { 'SYN-RECEIVED': 'ESTABLISHED' };
const onAckOfFin: Partial<Record<TcpState, TcpState>> = { 'FIN-WAIT-1': 'FIN-WAIT-2', CLOSING: 'TIME-WAIT', 'LAST-ACK': 'CLOSED' };
const onFin: Partial<Record<TcpState, TcpState>> = {
  'SYN-RECEIVED': 'CLOSE-WAIT', ESTABLISHED: 'CLOSE-WAIT', 'FIN-WAIT-1': 'CLOSING', 'FIN-WAIT-2': 'TIME-WAIT',
};

/**
 * Follows the states of both ends by what they send. Each segment is taken to arrive: its receiver's state is the one that follows. Of timers nothing is
 * known, so an end stays in TIME-WAIT.
 */
export class StateTracker {
  #states: States;
  readonly #delivery: Readonly<Record<Side, Delivery>> = { client: new Delivery(), server: new Delivery() };
  /** The sequence number behind the SYN and behind the FIN that an end has sent. */
  readonly #behindSyn: Partial<Record<Side, number>> = {};
  readonly #behindFin: Partial<Record<Side, number>> = {};

  /** `start`: the states before the first segment. */
  constructor(start: States) {
    this.#states = start;
  }

  /** The states when this segment has arrived. */
  step(from: Side, header: TcpHeader, length: number): States {
    const to: Side = from === 'client' ? 'server' : 'client';
    if (header.flags & Flag.rst) return (this.#states = { client: 'CLOSED', server: 'CLOSED' });
    this.#send(from, header, length);
    if (header.flags & Flag.syn) this.#change(to, header.flags & Flag.ack ? onSynAck : onSyn);
    if (header.flags & Flag.ack) this.#acknowledge(to, header.ack);
    this.#deliverFin(from, to);
    return this.#states;
  }

  #send(from: Side, { flags, seq }: TcpHeader, length: number): void {
    const end = seqAdd(seq, length + (flags & (Flag.syn | Flag.fin) ? 1 : 0));
    if (flags & Flag.syn) {
      this.#behindSyn[from] = seqAdd(seq, 1);
      this.#change(from, onSendingSyn);
    } else if (flags & Flag.fin) {
      this.#behindFin[from] ??= end;
      this.#change(from, onSendingFin);
    }
    this.#delivery[from].arrive(seq, end);
  }

  /** The end `to` gets an acknowledgement. */
  #acknowledge(to: Side, ack: number): void {
    this.#delivery[to].acknowledged(ack);
    if (this.#reaches(ack, this.#behindSyn[to])) this.#change(to, onAckOfSyn);
    if (this.#reaches(ack, this.#behindFin[to])) this.#change(to, onAckOfFin);
  }

  /** A FIN counts at its receiver once all bytes before it have come. */
  #deliverFin(from: Side, to: Side): void {
    for (const [sender, receiver] of [[from, to], [to, from]] as const) {
      const end = this.#behindFin[sender];
      if (end === undefined || !this.#delivery[sender].reached(end)) continue;
      this.#change(receiver, onFin);
    }
  }

  #reaches(ack: number, behind: number | undefined): boolean {
    return behind !== undefined && seqDifference(ack, behind) >= 0;
  }

  #change(side: Side, table: Partial<Record<TcpState, TcpState>>): void {
    const next = table[this.#states[side]];
    if (next !== undefined) this.#states = { ...this.#states, [side]: next };
  }
}
