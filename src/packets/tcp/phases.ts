import type { Phase, Side } from '../conversation.ts';
import { Flag } from '../layers/tcp-header.ts';
import type { FlowPacket } from './flow.ts';

/** Handshake, data, close: each begins once. */
export class Phases {
  #phase: Phase;
  /**
   * Ends that have sent a SYN with ACK: both do when both open at once, and with the second of them the handshake ends.
   */
  readonly #answered = new Set<Side>();

  constructor(first: FlowPacket) {
    this.#phase = first.tcp.header.flags & Flag.syn ? 'handshake' : 'data';
  }

  /** The phase of the next segment. */
  next(side: Side, { tcp }: FlowPacket): Phase {
    const { flags } = tcp.header;
    if (flags & (Flag.fin | Flag.rst)) this.#phase = 'close';
    const phase = this.#phase;
    // The client's first segment behind its SYN acknowledges the server's: the last of the handshake.
    if (phase === 'handshake' && side === 'client' && (flags & (Flag.syn | Flag.ack)) === Flag.ack)
      this.#phase = 'data';
    if ((flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack)) this.#answered.add(side);
    if (phase === 'handshake' && this.#answered.size === 2) this.#phase = 'data';
    return phase;
  }
}
