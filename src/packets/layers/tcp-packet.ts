import type { FiledPacket } from '../file/captured-packet.ts';
import type { IpPacket } from './ip-packet.ts';
import { readTcpHeader, type TcpHeader } from './tcp-header.ts';

/** A packet that carries a TCP segment. */
export interface TcpPacket extends FiledPacket {
  readonly ip: IpPacket;
  readonly header: TcpHeader;
  /** Bytes of payload by the IP header. */
  readonly length: number;
}

/** Reads the segment of an IP packet that carries TCP; undefined where it is cut, or contradicts itself. */
export function readTcpPacket({ file, packet }: FiledPacket, ip: IpPacket): TcpPacket | undefined {
  const header = readTcpHeader(file.view, ip.offset, packet.end, ip.segmentEnd);
  return header && { file, packet, ip, header, length: ip.segmentEnd - header.payloadStart };
}

/** What was captured of its payload; what is behind it is padding, since Ethernet frames have at least 60 bytes. */
export function payloadOf({ file, packet, ip, header }: TcpPacket): Uint8Array {
  return file.bytes.subarray(header.payloadStart, Math.min(ip.segmentEnd, packet.end));
}
