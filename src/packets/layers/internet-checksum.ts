import type { FiledPacket } from '../file/captured-packet.ts';
import type { ChecksumState } from '../icmp/icmp-message.ts';
import { Protocol, type IpPacket } from './ip-packet.ts';

/**
 * Verifies the checksum of what an IP packet carries (RFC 1071), of `length` bytes.
 *
 * @param fieldAt Where the field stands in it, in bytes.
 */
export function checksumState(
  { file: { view }, packet }: FiledPacket,
  ip: IpPacket,
  { fieldAt, length }: { readonly fieldAt: number; readonly length: number },
): ChecksumState {
  if (ip.offset + length > packet.end) return 'unknown';
  const sum = folded(sumOf(view, ip.offset, length) + pseudoHeaderSum(view, ip, length));
  if (sum === 0xffff) return 'right';
  // What the kernel leaves to the card: the sum of the pseudo header, not inverted.
  return view.getUint16(ip.offset + fieldAt) === folded(pseudoHeaderSum(view, ip, length)) ? 'offloaded' : 'wrong';
}

/** RFC 768, and RFC 8200, section 8.1; ICMP has none, its successor for IPv6 has (RFC 4443, section 2.3). */
function pseudoHeaderSum(view: DataView, { addressOffset, addressBytes, protocol }: IpPacket, length: number): number {
  if (protocol === Protocol.icmp) return 0;
  return sumOf(view, addressOffset, 2 * addressBytes) + protocol + (length >>> 16) + (length & 0xffff);
}

function sumOf(view: DataView, offset: number, length: number): number {
  let sum = 0;
  const end = offset + (length & ~1);
  for (let at = offset; at < end; at += 2) sum += view.getUint16(at);
  return length & 1 ? sum + (view.getUint8(end) << 8) : sum;
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = Math.floor(rest / 0x10000) + (rest % 0x10000);
  return rest;
}
