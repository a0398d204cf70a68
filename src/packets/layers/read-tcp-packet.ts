import type { FiledPacket } from '../file/captured-packet.ts';
import { readIp, type NoTcp } from './internet-layer.ts';
import { networkStart } from './link-layer.ts';
import { readTcpHeader } from './tcp-header.ts';
import type { TcpPacket } from './tcp-packet.ts';

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
