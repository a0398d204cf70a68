import type { End } from '../end.ts';
import type { TcpPacket } from '../layers/tcp-packet.ts';

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
