import { EtherType, type NetworkStart } from './link-layer.ts';
import type { Packet } from '../file/captured-packet.ts';
import type { IpPacket } from './tcp-packet.ts';

const TCP_PROTOCOL = 6;

/** Why a packet is no TCP segment that can be read. */
export type NoTcp = 'other' | 'fragment' | 'malformed';

/** Reads the IP header of a packet. */
export function readIp(view: DataView, { etherType, offset }: NetworkStart, packet: Packet): IpPacket | NoTcp {
  if (etherType === EtherType.ipv4) return readIpv4(view, offset, packet);
  if (etherType === EtherType.ipv6) return readIpv6(view, offset, packet);
  return 'other';
}

/** RFC 791, section 3.1. */
function readIpv4(view: DataView, start: number, packet: Packet): IpPacket | NoTcp {
  if (start + 20 > packet.end) return 'malformed';
  const headerBytes = (view.getUint8(start) & 15) * 4;
  if (headerBytes < 20) return 'malformed';
  if (view.getUint8(start + 9) !== TCP_PROTOCOL) return 'other';
  // More fragments follow, or this is not the first.
  if ((view.getUint16(start + 6) & 0x3fff) !== 0) return 'fragment';
  // The length is 0 where the network card fills it in later (segmentation offload).
  const bytes = view.getUint16(start + 2);
  return {
    addressOffset: start + 12,
    addressBytes: 4,
    offset: start + headerBytes,
    segmentEnd: bytes === 0 ? wireEnd(packet) : start + bytes,
  };
}

/** Extension headers that stand between the IPv6 header and TCP (RFC 8200, section 4; AH: RFC 4302). */
const Extension = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
  mobility: 135,
  hostIdentity: 139,
  shim6: 140,
} as const;
const extensions: ReadonlySet<number> = new Set(Object.values(Extension));

/** RFC 8200, section 3. */
function readIpv6(view: DataView, start: number, packet: Packet): IpPacket | NoTcp {
  if (start + 40 > packet.end) return 'malformed';
  let header = view.getUint8(start + 6);
  let offset = start + 40;
  while (extensions.has(header)) {
    if (offset + 8 > packet.end) return 'malformed';
    if (header === Extension.fragment && (view.getUint16(offset + 2) & 0xfff9) !== 0) return 'fragment';
    const next = view.getUint8(offset);
    offset += extensionBytes(header, view.getUint8(offset + 1));
    header = next;
  }
  if (header !== TCP_PROTOCOL) return 'other';
  // The length is 0 in a jumbogram (RFC 2675) and where the network card fills it in later.
  const payloadBytes = view.getUint16(start + 4);
  return {
    addressOffset: start + 8,
    addressBytes: 16,
    offset,
    segmentEnd: payloadBytes === 0 ? wireEnd(packet) : start + 40 + payloadBytes,
  };
}

/** Where the packet ended on the wire. */
function wireEnd({ start, originalLength }: Packet): number {
  return start + originalLength;
}

function extensionBytes(header: number, length: number): number {
  if (header === Extension.fragment) return 8;
  return header === Extension.authentication ? (length + 2) * 4 : (length + 1) * 8;
}
