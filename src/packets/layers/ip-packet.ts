/** Numbers of the protocols that are read (IANA "Assigned Internet Protocol Numbers"). */
export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmpV6: 58 } as const;

/** An IP packet. Offsets are those of the file. */
export interface IpPacket {
  /** Where its header begins. */
  readonly start: number;
  /** Where the addresses stand: first the source, right behind it the destination. */
  readonly addressOffset: number;
  readonly addressBytes: 4 | 16;
  /** What it carries; behind the extension headers of IPv6. */
  readonly protocol: number;
  /** Where that begins. */
  readonly offset: number;
  /** Where it ends by the IP header; beyond what was captured when the packet was cut. */
  readonly segmentEnd: number;
  /** Set where this is only a part of a packet. */
  readonly fragment: Fragment | undefined;
}

/** Where a fragment belongs (RFC 791, section 3.2; RFC 8200, section 4.5). */
export interface Fragment {
  readonly id: number;
  /** Where it begins in what was cut in pieces, in bytes. */
  readonly at: number;
  /** More follow. */
  readonly more: boolean;
  /** Where the field stands that names what follows the headers which each fragment repeats. */
  readonly nextHeaderOffset: number;
  /** Where these headers end. */
  readonly headersEnd: number;
}

/** Why a packet cannot be read as IP. */
export type NoIp = 'other' | 'malformed';
