import type { IcmpEnd } from '../icmp/icmp-message.ts';

/**
 * One message of ARP (RFC 826), by which machines of a network find out which link address an IPv4 address has. IPv6 has
 * neighbour discovery instead, which is ICMPv6.
 */
export interface ArpMessage {
  /** Number of the packet in the capture file, from 1: Wireshark's "No.". */
  readonly packet: number;
  /** Milliseconds since the Unix epoch by the clock of the capturing machine. */
  readonly timeMs: number;
  /** `request`: who has the address of the target? `reply`: the sender has its address. */
  readonly operation: 'request' | 'reply' | 'other';
  /**
   * RFC 5227. `probe`: the sender has no address yet, and asks whether the one that it wants is taken. `announcement`:
   * it tells all others its own, unasked.
   */
  readonly purpose: 'probe' | 'announcement' | undefined;
  readonly from: ArpEnd;
  readonly to: ArpEnd;
}

export interface ArpEnd extends IcmpEnd {
  /** `02:00:00:00:00:01`; all zeros where it is asked for. */
  readonly linkAddress: string;
}
