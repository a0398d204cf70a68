/** What an ICMP message says, the same for both families (RFC 792; RFC 4443; neighbour discovery: RFC 4861). */
export type IcmpKind =
  | 'echo-request'
  | 'echo-reply'
  | 'unreachable'
  /** The packet is longer than the next network takes, and must not be cut: its sender has to send shorter ones. */
  | 'packet-too-big'
  | 'time-exceeded'
  | 'parameter-problem'
  | 'redirect'
  | 'router-solicitation'
  | 'router-advertisement'
  | 'neighbour-solicitation'
  | 'neighbour-advertisement'
  /** What is not read here. */
  | 'other';

/**
 * Why a packet did not arrive. `port`: no program has that port; `prohibited`: a firewall says no; `hops`: it went round
 * in circles, or further than its sender allowed; `reassembly`: a fragment of it did not come in time.
 */
export type IcmpReason = 'network' | 'host' | 'protocol' | 'port' | 'prohibited' | 'hops' | 'reassembly' | 'other';

/**
 * What the checksum of a datagram or message says. `none`: its sender made none, as UDP over IPv4 allows. `offloaded`:
 * the capture was made before the network card put it in. `unknown`: the capture does not hold all that it covers.
 */
export type ChecksumState = 'right' | 'wrong' | 'none' | 'offloaded' | 'unknown';

/** One ICMP message. What its kind does not have is undefined. */
export interface IcmpMessage {
  /** Number of the packet in the capture file, from 1: Wireshark's "No.". */
  readonly packet: number;
  /** Milliseconds since the Unix epoch by the clock of the capturing machine. */
  readonly timeMs: number;
  readonly family: 4 | 6;
  readonly from: IcmpEnd;
  readonly to: IcmpEnd;
  readonly type: number;
  readonly code: number;
  readonly kind: IcmpKind;
  readonly reason: IcmpReason | undefined;
  readonly checksum: ChecksumState;
  /** Of echo requests and replies; `length` is that of the data, in bytes. */
  readonly echo: { readonly identifier: number; readonly sequence: number; readonly length: number } | undefined;
  /** Of `packet-too-big`: the longest packet that gets through, in bytes; 0 where the router does not say. */
  readonly mtu: number | undefined;
  /** Of neighbour discovery: whose link address is asked for, or told. */
  readonly target: string | undefined;
  /** Of neighbour discovery: `02:00:00:00:00:01`. */
  readonly linkAddress: string | undefined;
  /** The packet that did not arrive, as far as the message cites it. */
  readonly cited: CitedPacket | undefined;
}

export interface IcmpEnd {
  /** Dotted decimal, or IPv6 by RFC 5952. */
  readonly address: string;
  /** Name of the machine in `lab.yaml`, where the address is one of the lab. */
  readonly machine: string | undefined;
}

/** A packet of which an ICMP message holds the beginning. */
export interface CitedPacket {
  readonly from: IcmpEnd;
  readonly to: IcmpEnd;
  /** IANA "Assigned Internet Protocol Numbers": 6 is TCP, 17 is UDP. */
  readonly protocol: number;
  /** Of TCP and UDP; undefined where the ports are not cited. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}
