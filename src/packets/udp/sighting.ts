import { datagramPayload, type UdpPacket } from '../layers/udp-packet.ts';
import type { End } from '../end.ts';

/** A datagram that passed by a place of capture. */
export interface Sighting {
  readonly from: End;
  readonly udp: UdpPacket;
  /** The same wherever the datagram passes by, and mostly another for each datagram. */
  readonly mark: string;
  /** The beginning of its payload. */
  readonly text: string;
}

const MOST_HASHED_BYTES = 2048;

/**
 * What stays the same on the way, where routers change only the hops that are left, and the network card may put in the
 * checksum: identification (IPv4), length and payload.
 */
export function markOf(udp: UdpPacket): string {
  return `${identification(udp)} ${udp.length} ${hashOf(datagramPayload(udp).subarray(0, MOST_HASHED_BYTES))}`;
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}

/**
 * What the sender numbers packets with; 0 where it does not: in IPv6, and in IPv4 for packets that must not be cut
 * (RFC 6864).
 */
export function identification({ ip, file }: UdpPacket): number {
  return ip.addressBytes === 4 ? file.view.getUint16(ip.start + 4) : 0;
}
