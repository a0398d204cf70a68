import type { TcpPacket } from '../layers/tcp-packet.ts';

/** The ends of a connection: the source of its first packet in the capture, and the other. */
export type End = 'a' | 'b';

/** The packets of one connection, in the order of the capture. */
export interface Flow {
  readonly packets: readonly FlowPacket[];
  /**
   * Sequence number of each end that is relative 0: that of its SYN, or the one before the first that was seen or
   * acknowledged.
   */
  readonly base: Readonly<Record<End, number | undefined>>;
  /** The ports had another connection before. */
  readonly reusesPorts: boolean;
}

export interface FlowPacket {
  readonly from: End;
  readonly tcp: TcpPacket;
}

export function other(end: End): End {
  return end === 'a' ? 'b' : 'a';
}
