/** What a `tcp` or `udp` step wanted and found in the captured packets, as plain data (see `step-problem.ts`). */
export interface PacketProblem {
  readonly wanted: PacketWish;
  readonly found: PacketFinding;
}

/** The end that opened the connection, and the other. */
type PacketSide = 'client' | 'server';

/** How many there may be; without `most`, any number from `least` on. */
export interface CountRange {
  readonly least: number;
  readonly most?: number | undefined;
}

/** What can be seen of a datagram. `fragmented`: larger than a packet, so that IP cut it. */
type DatagramFate = 'lost' | 'duplicated' | 'reordered' | 'fragmented';

/** What TCP or UDP must have done. */
export type PacketWish =
  | { readonly kind: 'connections'; readonly count: number }
  /** No connection comes about. */
  | { readonly kind: 'no-connection' }
  | { readonly kind: 'handshake' }
  | {
      readonly kind: 'close';
      readonly by?: PacketSide | 'both' | undefined;
      readonly how?: 'fin' | 'rst' | 'open' | undefined;
    }
  | { readonly kind: 'reset'; readonly by: 'none' | 'any' | PacketSide }
  | { readonly kind: 'retransmissions'; readonly count: number | 'some' }
  | { readonly kind: 'zero-windows'; readonly count: number | 'some' }
  /** `pattern` as it is written in the lab file. */
  | { readonly kind: 'payload'; readonly side: PacketSide; readonly pattern: string }
  | { readonly kind: 'datagrams'; readonly side: PacketSide; readonly count: CountRange }
  /** Of the datagrams of the client. */
  | { readonly kind: 'answered'; readonly count: CountRange }
  | { readonly kind: 'datagram-fate'; readonly fate: DatagramFate; readonly count: CountRange }
  /** Errors of ICMP about datagrams. */
  | { readonly kind: 'unreachable'; readonly count: CountRange };

/** What is there instead. A packet that is undefined was before the capture. */
export type PacketFinding =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'connections'; readonly count: number; readonly first: readonly ConnectionName[] }
  | { readonly kind: 'connected'; readonly end: string; readonly packet?: PacketName | undefined }
  /** `place` is an address and a port. */
  | { readonly kind: 'refused'; readonly place: string; readonly packet?: PacketName | undefined }
  /** No packet of this kind follows. */
  | { readonly kind: 'unanswered'; readonly lacks: 'SYN ACK' | 'ACK'; readonly packet?: PacketName | undefined }
  | { readonly kind: 'open'; readonly packet?: PacketName | undefined }
  | { readonly kind: 'ended'; readonly packet?: PacketName | undefined }
  | {
      readonly kind: 'ended-by-both';
      readonly packet?: PacketName | undefined;
      readonly other?: PacketName | undefined;
    }
  | { readonly kind: 'no-fin'; readonly side: PacketSide; readonly packet?: PacketName | undefined }
  | { readonly kind: 'fin-not-acknowledged'; readonly packet?: PacketName | undefined }
  | { readonly kind: 'packet'; readonly packet: PacketName; readonly isOnly?: true | undefined }
  | { readonly kind: 'none' }
  | { readonly kind: 'packets'; readonly count: number; readonly first: readonly PacketName[] }
  | { readonly kind: 'sent-nothing'; readonly side: PacketSide }
  /** The end of what a side sent, and which packets carried it. */
  | {
      readonly kind: 'sent';
      readonly firstPacket: number;
      readonly lastPacket: number;
      readonly text: string;
      readonly isCutBefore?: true | undefined;
      readonly isCutAfter?: true | undefined;
    }
  | { readonly kind: 'no-datagrams' }
  | { readonly kind: 'datagrams'; readonly count: number; readonly first: readonly DatagramName[] }
  /** So many of the client's datagrams, and the first of those that no answer followed. */
  | {
      readonly kind: 'answered';
      readonly count: number;
      readonly of: number;
      readonly unanswered: readonly DatagramName[];
    }
  | { readonly kind: 'datagram-errors'; readonly count: number; readonly first: readonly DatagramErrorName[] };

export interface DatagramName {
  /** Its packet in the capture, from 1. */
  readonly number: number;
  readonly from: PacketSide;
  /** Bytes of payload. */
  readonly length: number;
  /** After the first datagram between its ends. */
  readonly afterMs: number;
}

/** A message of ICMP that a datagram did not arrive. */
export interface DatagramErrorName {
  /** Its packet in the capture, from 1. */
  readonly packet: number;
  /** The machine or address that says so. */
  readonly by: string;
  /** `port`: no program has the port there. */
  readonly reason: 'network' | 'host' | 'protocol' | 'port' | 'prohibited' | 'hops' | 'reassembly' | 'other';
  /** Where the datagram was to go: `vm1:7999`. */
  readonly place: string;
}

export interface ConnectionName {
  /** Its client: `vm2:41000`. */
  readonly end: string;
  /** Number of its first packet. */
  readonly packet: number;
}

export interface PacketName {
  /** Its number in the capture, from 1. */
  readonly number: number;
  /** `FIN ACK`; empty when it has none. */
  readonly flags: string;
  readonly from: PacketSide;
  /** After the first packet of its conversation. */
  readonly afterMs: number;
}
