/**
 * What TCP did between two programs, rebuilt from packets: plain data, made here and drawn by
 * `report`. Words are those of RFC 9293 (TCP) and of Wireshark's "TCP analysis".
 */

/** The end that opened the connection (sent the first SYN), and the other. */
export type Side = 'client' | 'server';

/** Flags of the TCP header in the order in which people write them. */
export type TcpFlag = 'SYN' | 'FIN' | 'RST' | 'PSH' | 'ACK' | 'URG' | 'ECE' | 'CWR';

/** RFC 9293, section 3.3.2; `UNKNOWN` is an end of which the capture has nothing. */
export type TcpState =
  | 'UNKNOWN'
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/**
 * What is remarkable about a segment, by the rules of Wireshark's TCP analysis.
 * - `retransmission`, `fast-retransmission`, `spurious-retransmission`: the same bytes again; after duplicate ACKs;
 *   after they were acknowledged.
 * - `out-of-order`: bytes that were sent before others which the capture saw earlier.
 * - `lost-before`: bytes before this segment are not in the capture; `acks-unseen`: it acknowledges such bytes.
 * - `duplicate-ack`: an ACK of the same byte again, with nothing new in it.
 * - `zero-window`, `window-full`, `window-update`, `zero-window-probe`, `zero-window-probe-ack`: flow control.
 * - `keep-alive`, `keep-alive-ack`: "are you still there?"
 * - `port-reused`: a new connection between ports that had one before.
 */
export type SegmentMark =
  | 'retransmission'
  | 'fast-retransmission'
  | 'spurious-retransmission'
  | 'out-of-order'
  | 'lost-before'
  | 'acks-unseen'
  | 'duplicate-ack'
  | 'zero-window'
  | 'window-full'
  | 'window-update'
  | 'zero-window-probe'
  | 'zero-window-probe-ack'
  | 'keep-alive'
  | 'keep-alive-ack'
  | 'port-reused';

/**
 * The three phases follow each other: `handshake` up to the ACK of the server's SYN, `close` from the first FIN or RST
 * to the end, `data` between. Data that one side still sends after the other side's FIN (a half-close) therefore
 * belongs to `close`.
 */
export type Phase = 'handshake' | 'data' | 'close';

/** One TCP connection, from its first packet in the capture to its last. */
export interface Conversation {
  /** Position among the conversations of the capture, from 0: Wireshark's `tcp.stream`. */
  readonly index: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /**
   * How it is known who is the client: it sent the SYN; or the capture began later, and one end has a port that a
   * program of the lab listens on; or neither, and the end with the higher port is taken for the client.
   */
  readonly sidesKnownBy: 'syn' | 'listening-port' | 'higher-port';
  /**
   * Time of the first segment, milliseconds since the Unix epoch by the clock of the capturing machine; fractions are
   * kept.
   */
  readonly startMs: number;
  /** From the first segment to the last. */
  readonly durationMs: number;
  /** In the order of the capture. */
  readonly segments: readonly Segment[];
  readonly handshake: Handshake;
  readonly close: Close;
  /** What each side sent. */
  readonly sent: Readonly<Record<Side, SentTotals>>;
  /**
   * How long a side's bytes (and SYN, FIN) waited for their acknowledgement, seen from the capturing machine: for the
   * segments of that machine it is the round-trip time of the path, for those of the other side only the time that the
   * answer took here. Undefined where nothing was acknowledged.
   */
  readonly acknowledgedIn: Readonly<Record<Side, Durations | undefined>>;
}

export interface Endpoint {
  /** Dotted decimal, or IPv6 by RFC 5952. */
  readonly address: string;
  readonly port: number;
  /** Name of the machine in `lab.yaml`, where the address is one of the lab. */
  readonly machine: string | undefined;
  /** Initial sequence number: that of its SYN; undefined when the capture has no SYN of this end. */
  readonly isn: number | undefined;
  /** The options of its SYN; empty when the capture has no SYN of this end. */
  readonly synOptions: TcpOptions;
}

/** Options of a TCP header; an option that is not there is left out. */
export interface TcpOptions {
  /** Maximum segment size in bytes (RFC 9293, 3.7.1). */
  readonly mss?: number;
  /** Shift count from 0 to 14 (RFC 7323). */
  readonly windowScale?: number;
  /** RFC 2018. */
  readonly sackPermitted?: true;
  /** Blocks [left, right) that came out of order (RFC 2018), as relative sequence numbers of the other side. */
  readonly sack?: readonly (readonly [left: number, right: number])[];
  /** RFC 7323. */
  readonly timestamps?: { readonly value: number; readonly echo: number };
  /** Kinds of options that are not decoded here (IANA "TCP Option Kind Numbers"). */
  readonly others?: readonly number[];
}

export interface Segment {
  /** Number of the packet in the capture file, from 1: Wireshark's "No.". */
  readonly packet: number;
  /**
   * Milliseconds since the Unix epoch by the clock of the capturing machine; fractions are kept. Never before the
   * segment above it: where that clock was set back within a connection, it goes on from there.
   */
  readonly timeMs: number;
  readonly from: Side;
  readonly flags: readonly TcpFlag[];
  /**
   * Relative to the sender's initial sequence number (its SYN has 0), or to the first byte that the capture saw of it.
   */
  readonly seq: number;
  /** Relative like `seq`, to the other side; undefined without the ACK flag. */
  readonly ack: number | undefined;
  readonly rawSeq: number;
  readonly rawAck: number | undefined;
  /**
   * Bytes of payload, as the IP header says, even where the capture holds fewer. May exceed the MSS: network cards
   * join segments (offload).
   */
  readonly length: number;
  /** Receive window in bytes, scaled where the capture has both SYNs; `rawWindow` is the 16-bit field. */
  readonly window: number;
  readonly rawWindow: number;
  readonly options: TcpOptions;
  readonly marks: readonly SegmentMark[];
  readonly phase: Phase;
  /**
   * States of both ends when this segment has arrived (or, if it was lost behind the capturing machine, would have).
   * SYN and FIN arrive only if they are ever acknowledged; those of both ends that cross on the wire arrive after both
   * were sent.
   */
  readonly states: Readonly<Record<Side, TcpState>>;
  /** The segment that this one acknowledges, as Wireshark pairs them: its packet number, and how long it had waited. */
  readonly acknowledges: { readonly packet: number; readonly afterMs: number } | undefined;
  /**
   * The beginning of the payload as text: at most 200 characters, bytes that are not UTF-8 as U+FFFD, control
   * characters kept. Empty without payload. See `lacksText`.
   */
  readonly text: string;
  /** The capture holds less of the packet than was sent (snap length). */
  readonly truncated: boolean;
}

/**
 * Whether the payload of a segment is longer than its `text`: the preview ends there, or the capture does (snap
 * length).
 */
export function lacksText({ text, length }: Pick<Segment, 'text' | 'length'>): boolean {
  return Buffer.byteLength(text) < length;
}

export interface Handshake {
  /** SYN, SYN-ACK and ACK are all there; of a simultaneous open both SYNs and both their acknowledgements. */
  readonly complete: boolean;
  /** Each end sent its SYN before it had that of the other (RFC 9293, figure 8). The client is who sent the first. */
  readonly simultaneous?: boolean;
  /**
   * The packet numbers; undefined for what the capture does not have. The last attempt counts where a SYN was repeated.
   */
  readonly syn: number | undefined;
  readonly synAck: number | undefined;
  readonly ack: number | undefined;
  /**
   * From the (last) SYN to the ACK of the SYN-ACK: one round trip and what both ends took. Undefined unless complete.
   */
  readonly durationMs: number | undefined;
  /** The server answered the SYN with RST: no program listened. */
  readonly refused: boolean;
}

export interface Close {
  /**
   * `rst`: a reset ended it before both FINs were acknowledged; `fin`: at least one FIN, no such reset; `open`: neither
   * is in the capture.
   */
  readonly kind: 'fin' | 'rst' | 'open';
  /**
   * Who closed: the sender of the first FIN, for `rst` the sender of the first RST. `both` when each sent its FIN
   * before it had that of the other (RFC 9293, figure 14): who was first, the capture cannot tell. Undefined when
   * `open`.
   */
  readonly by: Side | 'both' | undefined;
  /** Packet numbers of each side's first FIN. */
  readonly fin: Readonly<Record<Side, number | undefined>>;
  /** The first RST. */
  readonly rst: { readonly packet: number; readonly by: Side } | undefined;
  /** Both FINs were sent and both acknowledged. */
  readonly complete: boolean;
  /** Programs that lab had ended then, when it was their end that closed the connection; not in the packets. */
  readonly byLab?: readonly string[];
  /** The side that closed first got payload afterwards: bytes, and for how long after its FIN. */
  readonly halfClose: { readonly closedBy: Side; readonly bytesAfter: number; readonly durationMs: number } | undefined;
}

export interface SentTotals {
  readonly packets: number;
  /** Bytes of payload without repetitions. */
  readonly bytes: number;
  /** Segments marked as any kind of retransmission. */
  readonly retransmissions: number;
  readonly duplicateAcks: number;
  readonly outOfOrder: number;
  readonly zeroWindows: number;
}

/** Statistics of several durations, in milliseconds. */
export interface Durations {
  readonly count: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}
