import type { FiledPacket } from '../file/captured-packet.ts';
import type { ChecksumState } from '../icmp/icmp-message.ts';
import type { IpPacket } from './ip-packet.ts';

export const UDP_HEADER_BYTES = 8;

/** A packet that carries a UDP datagram (RFC 768). */
export interface UdpPacket extends FiledPacket {
  readonly ip: IpPacket;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes of payload, as its header says. */
  readonly length: number;
  readonly checksum: ChecksumState;
  /** IP packets in which it came: 1 unless it was cut in fragments. */
  readonly pieces: number;
}

/** What was captured of its payload. */
export function datagramPayload({ file, packet, ip, length }: UdpPacket): Uint8Array {
  const start = ip.offset + UDP_HEADER_BYTES;
  return file.bytes.subarray(start, Math.min(start + length, packet.end));
}
