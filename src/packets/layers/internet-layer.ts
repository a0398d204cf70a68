import { EtherType, type NetworkStart } from './link-layer.ts';
import type { Packet } from '../file/captured-packet.ts';
import type { IpPacket, NoIp } from './ip-packet.ts';

/** Reads the IP header of a packet. */
export function readIp(view: DataView, { etherType, offset }: NetworkStart, packet: Packet): IpPacket | NoIp {
  if (etherType === EtherType.ipv4) return readIpv4(view, offset, packet);
  if (etherType === EtherType.ipv6) return readIpv6(view, offset, packet);
  return 'other';
}

const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

/** RFC 791, section 3.1. */
function readIpv4(view: DataView, start: number, packet: Packet): IpPacket | NoIp {
  if (start + 20 > packet.end) return 'malformed';
  const headerBytes = (view.getUint8(start) & 15) * 4;
  if (headerBytes < 20) return 'malformed';
  // The length is 0 where the network card fills it in later (segmentation offload).
  const bytes = view.getUint16(start + 2);
  const part = view.getUint16(start + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET);
  return {
    start,
    addressOffset: start + 12,
    addressBytes: 4,
    protocol: view.getUint8(start + 9),
    offset: start + headerBytes,
    segmentEnd: bytes === 0 ? wireEnd(packet) : start + bytes,
    fragment:
      part === 0
        ? undefined
        : {
            id: view.getUint16(start + 4),
            at: (part & FRAGMENT_OFFSET) * 8,
            more: (part & MORE_FRAGMENTS) !== 0,
            nextHeaderOffset: start + 9,
            headersEnd: start + headerBytes,
          },
  };
}

/** Extension headers that stand before what is carried (RFC 8200, section 4; AH: RFC 4302). */
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
function readIpv6(view: DataView, start: number, packet: Packet): IpPacket | NoIp {
  if (start + 40 > packet.end) return 'malformed';
  // The length is 0 in a jumbogram (RFC 2675) and where the network card fills it in later.
  const payloadBytes = view.getUint16(start + 4);
  const segmentEnd = payloadBytes === 0 ? wireEnd(packet) : start + 40 + payloadBytes;
  const plain = { start, addressOffset: start + 8, addressBytes: 16, segmentEnd } as const;
  let [protocol, nextHeaderOffset] = [view.getUint8(start + 6), start + 6];
  let offset = start + 40;
  while (extensions.has(protocol)) {
    if (offset + 8 > packet.end) return 'malformed';
    const next = view.getUint8(offset);
    if (protocol === Extension.fragment) {
      const field = view.getUint16(offset + 2);
      const place = { at: field & 0xfff8, more: (field & 1) === 1 };
      // Behind the header of another fragment than the first stands no header, but any part of the packet.
      if (place.at > 0 || place.more) {
        const fragment = { id: view.getUint32(offset + 4), ...place, nextHeaderOffset, headersEnd: offset };
        return { ...plain, protocol: next, offset: offset + 8, fragment };
      }
    }
    nextHeaderOffset = offset;
    offset += extensionBytes(protocol, view.getUint8(offset + 1));
    protocol = next;
  }
  return { ...plain, protocol, offset, fragment: undefined };
}

/** Where the packet ended on the wire. */
function wireEnd({ start, originalLength }: Packet): number {
  return start + originalLength;
}

function extensionBytes(header: number, length: number): number {
  if (header === Extension.fragment) return 8;
  return header === Extension.authentication ? (length + 2) * 4 : (length + 1) * 8;
}
