import type { FiledPacket } from '../file/captured-packet.ts';

const HEADER_BYTES = 8;
const ETHERNET_BYTES = 6;
const IPV4_BYTES = 4;
const WHOLE_BYTES = HEADER_BYTES + 2 * (ETHERNET_BYTES + IPV4_BYTES);
const ETHERNET = 1;
const IPV4 = 0x0800;

/** A packet that carries a message of ARP about IPv4 on Ethernet (RFC 826). Offsets are those of the file. */
export interface ArpPacket extends FiledPacket {
  readonly start: number;
  readonly end: number;
  /** 1 is a request, 2 a reply. */
  readonly operation: number;
  readonly from: ArpPlaces;
  readonly to: ArpPlaces;
}

/** Where the addresses of an end stand. */
export interface ArpPlaces {
  readonly link: number;
  readonly address: number;
}

/** Reads a message of ARP that begins at `start`; `other` where it is of another link layer or protocol. */
export function readArpPacket(filed: FiledPacket, start: number): ArpPacket | 'other' | 'malformed' {
  const { file, packet } = filed;
  const { view } = file;
  if (start + HEADER_BYTES > packet.end) return 'malformed';
  const isOther = view.getUint16(start) !== ETHERNET || view.getUint16(start + 2) !== IPV4;
  if (isOther) return 'other';
  const lengths = [view.getUint8(start + 4), view.getUint8(start + 5)];
  const end = start + WHOLE_BYTES;
  if (lengths[0] !== ETHERNET_BYTES || lengths[1] !== IPV4_BYTES || end > packet.end) return 'malformed';
  const from = start + HEADER_BYTES;
  const to = from + ETHERNET_BYTES + IPV4_BYTES;
  return {
    file,
    packet,
    start,
    end,
    operation: view.getUint16(start + 6),
    from: { link: from, address: from + ETHERNET_BYTES },
    to: { link: to, address: to + ETHERNET_BYTES },
  };
}
