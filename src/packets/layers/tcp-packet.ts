import type { FiledPacket } from '../file/captured-packet.ts';
import type { TcpHeader } from './tcp-header.ts';

/** An IP packet that carries a TCP segment. Offsets are those of the file. */
export interface IpPacket {
  /** Where the addresses stand: first the source, right behind it the destination. */
  readonly addressOffset: number;
  readonly addressBytes: 4 | 16;
  /** Where the TCP header begins. */
  readonly offset: number;
  /** Where the segment ends by the IP header; beyond what was captured when the packet was cut. */
  readonly segmentEnd: number;
}

/** A packet that carries a TCP segment. */
export interface TcpPacket extends FiledPacket {
  readonly ip: IpPacket;
  readonly header: TcpHeader;
  /** Bytes of payload by the IP header. */
  readonly length: number;
}

/** What was captured of its payload; what is behind it is padding, since Ethernet frames have at least 60 bytes. */
export function payloadOf({ file, packet, ip, header }: TcpPacket): Uint8Array {
  return file.bytes.subarray(header.payloadStart, Math.min(ip.segmentEnd, packet.end));
}
