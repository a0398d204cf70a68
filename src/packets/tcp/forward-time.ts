import type { FlowPacket } from './flow.ts';

/** Time that never runs backwards: where the clock of the capture was set back, what follows is later by as much. */
export class ForwardTime {
  #behindMs = 0;
  #lastMs = -Infinity;

  /** The next packet of a flow, at its time. */
  next(flowPacket: FlowPacket): FlowPacket {
    const { tcp } = flowPacket;
    const { timeMs } = tcp.packet;
    this.#behindMs = Math.max(this.#behindMs, this.#lastMs - timeMs);
    this.#lastMs = timeMs + this.#behindMs;
    if (this.#behindMs === 0) return flowPacket;
    return { ...flowPacket, tcp: { ...tcp, packet: { ...tcp.packet, timeMs: this.#lastMs } } };
  }
}
