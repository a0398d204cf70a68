import type { Side } from '../conversation.ts';
import type { ChecksumState, IcmpMessage } from '../icmp/icmp-message.ts';

/**
 * What went between two UDP ports, rebuilt from packets: plain data. UDP (RFC 768) knows no connection: nothing opens or
 * closes it, nothing is acknowledged, and what is lost is lost in silence.
 */
export interface DatagramConversation {
  /** Position among the UDP conversations of the capture, from 0: Wireshark's `udp.stream`. */
  readonly index: number;
  readonly client: DatagramEnd;
  readonly server: DatagramEnd;
  /**
   * How it is known who is the client: the other has a port that a program of the lab listens on; or neither has, or
   * both, and the first datagram came from the client.
   */
  readonly sidesKnownBy: 'listening-port' | 'first-datagram';
  /** Milliseconds since the Unix epoch, of the first datagram. */
  readonly startMs: number;
  /** From the first datagram to the last. */
  readonly durationMs: number;
  /** In the order in which they were sent, as far as that was seen; of those that came twice, each. */
  readonly datagrams: readonly Datagram[];
  /** ICMP messages about datagrams of it, in their order: that nobody has the port, that one was too long. */
  readonly errors: readonly DatagramError[];
  readonly sent: Readonly<Record<Side, DatagramTotals>>;
  /** Datagrams of the client that were answered. */
  readonly answered: number;
  /**
   * The packets were captured at both ends: what was lost on the way is known, as far as the capture is complete.
   * Otherwise `lost` and `reordered` are undefined.
   */
  readonly isSeenAtBothEnds: boolean;
}

export interface DatagramEnd {
  /** Dotted decimal, or IPv6 by RFC 5952. */
  readonly address: string;
  readonly port: number;
  /** Name of the machine in `lab.yaml`, where the address is one of the lab. */
  readonly machine: string | undefined;
}

/**
 * What is remarkable about a datagram.
 * - `lost`: it left one end and did not come to the other.
 * - `duplicate`: it came once more, though it was sent once.
 * - `reordered`: it came after one that was sent later (RFC 4737).
 * - `fragmented`: it was longer than a network takes, and went in pieces.
 * - `wrong-checksum`: damaged on the way; its receiver drops it.
 */
export type DatagramMark = 'lost' | 'duplicate' | 'reordered' | 'fragmented' | 'wrong-checksum';

export interface Datagram {
  /** Number of the packet in the capture file, from 1: Wireshark's "No."; of one in fragments, that of the last. */
  readonly packet: number;
  /** Milliseconds since the Unix epoch: when it was sent, or where only its arrival was captured, when it arrived. */
  readonly timeMs: number;
  readonly from: Side;
  /** Its place among those of its sender, from 1; of a duplicate, that of the datagram. */
  readonly number: number;
  /** Bytes of payload. */
  readonly length: number;
  readonly checksum: ChecksumState;
  /** IP packets in which it went: 1 unless it was cut in fragments. */
  readonly pieces: number;
  readonly marks: readonly DatagramMark[];
  /** When it was seen at the other end; undefined where that was not captured, and of what did not come. */
  readonly arrival: { readonly packet: number; readonly timeMs: number } | undefined;
  /** Packet number of the datagram of the server that answered it, and after how long. Of datagrams of the client. */
  readonly answeredBy: { readonly packet: number; readonly afterMs: number } | undefined;
  /** Packet number of the datagram of the client that it answers. Of datagrams of the server. */
  readonly answers: number | undefined;
  /** Packet number of the ICMP message that says why it did not arrive. */
  readonly refusedBy: number | undefined;
  /**
   * The beginning of the payload as text: at most 200 characters, bytes that are not UTF-8 as U+FFFD, control
   * characters kept. See `lacksText` of conversation.ts.
   */
  readonly text: string;
  /** The capture holds less of the packet than was sent (snap length). */
  readonly truncated: boolean;
}

/** An ICMP message about a datagram. */
export interface DatagramError {
  readonly message: IcmpMessage;
  /** Packet number of the datagram, where it is in the capture. */
  readonly about: number | undefined;
}

/** What one side sent. */
export interface DatagramTotals {
  /** Without duplicates. */
  readonly datagrams: number;
  /** Bytes of payload. */
  readonly bytes: number;
  /** Payload of the longest, in bytes; 0 without any. */
  readonly longest: number;
  readonly fragmented: number;
  /** They came once more. */
  readonly duplicated: number;
  /** Did not arrive; undefined where that is not known. */
  readonly lost: number | undefined;
  /** Arrived after later ones; undefined where that is not known. */
  readonly reordered: number | undefined;
  /** An ICMP message says that they did not arrive: no program has the port, there is no way, or a packet is too long. */
  readonly refused: number;
}
