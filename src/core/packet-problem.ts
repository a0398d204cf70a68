/** What a `tcp` step wanted and found in the captured packets, as plain data (see `step-problem.ts`). */
export interface PacketProblem {
  readonly wanted: PacketWish;
  readonly found: PacketFinding;
}

/** The end that opened the connection, and the other. */
type PacketSide = 'client' | 'server';

/** What TCP must have done. */
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
  /** `pattern` as it is written in the lab file. */
  | { readonly kind: 'payload'; readonly side: PacketSide; readonly pattern: string };

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
    };

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
