import { readIp, type IpPacket, type NoTcp } from './internet-layer.ts';
import { networkStart } from './link-layer.ts';
import type { FiledPacket } from '../file/captured-packet.ts';
import { readTcpHeader, type TcpHeader } from './tcp-header.ts';

/** A packet that carries a TCP segment. */
export interface TcpPacket extends FiledPacket {
  readonly ip: IpPacket;
  readonly header: TcpHeader;
  /** Bytes of payload by the IP header. */
  readonly length: number;
}

/** Reads a packet down to TCP, or says why it is no TCP segment that can be read. */
export function readTcpPacket({ file, packet }: FiledPacket): TcpPacket | NoTcp {
  const { view } = file;
  const network = networkStart(view, packet);
  if (network === undefined) return 'other';
  const ip = readIp(view, network, packet);
  if (typeof ip === 'string') return ip;
  const header = readTcpHeader(view, ip.offset, packet.end, ip.segmentEnd);
  return header === undefined ? 'malformed' : { file, packet, ip, header, length: ip.segmentEnd - header.payloadStart };
}

/** What was captured of its payload; what is behind it is padding, since Ethernet frames have at least 60 bytes. */
export function payloadOf({ file, packet, ip, header }: TcpPacket): Uint8Array {
  return file.bytes.subarray(header.payloadStart, Math.min(ip.segmentEnd, packet.end));
}
