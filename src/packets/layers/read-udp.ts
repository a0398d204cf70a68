import type { FiledPacket } from '../file/captured-packet.ts';
import { checksumState } from './internet-checksum.ts';
import type { IpPacket } from './ip-packet.ts';
import { UDP_HEADER_BYTES, type UdpPacket } from './udp-packet.ts';

/** Reads the datagram of an IP packet that carries UDP; undefined where it is cut, or contradicts itself. */
export function readUdpPacket(filed: FiledPacket, ip: IpPacket, pieces: number): UdpPacket | undefined {
  const { file, packet } = filed;
  const { offset, segmentEnd } = ip;
  if (offset + UDP_HEADER_BYTES > packet.end) return undefined;
  const { view } = file;
  // The length is 0 in a jumbogram (RFC 2675, section 4).
  const written = view.getUint16(offset + 4);
  const whole = written === 0 && ip.addressBytes === 16 ? segmentEnd - offset : written;
  if (whole < UDP_HEADER_BYTES || offset + whole > segmentEnd) return undefined;
  return {
    file,
    packet,
    ip,
    sourcePort: view.getUint16(offset),
    destinationPort: view.getUint16(offset + 2),
    length: whole - UDP_HEADER_BYTES,
    checksum: view.getUint16(offset + 6) === 0 ? 'none' : checksumState(filed, ip, { fieldAt: 6, length: whole }),
    pieces,
  };
}
