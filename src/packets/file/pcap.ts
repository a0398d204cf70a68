import { MAXIMUM_PACKET_BYTES, type FileFacts, type Packet } from './packet.ts';

/** Bytes of the file header and of the header of each packet; https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html */
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;

const MICROSECOND_MAGIC = 0xa1b2c3d4;
const NANOSECOND_MAGIC = 0xa1b23c4d;

/** Whether these bytes begin like a pcap file of any byte order and time resolution. */
export function isPcap(view: DataView): boolean {
  return layoutOf(view) !== undefined;
}

/** Reads a whole pcap file; `onPacket` gets each packet in turn. A file that is cut is read as far as it goes. */
export function readPcap(view: DataView, onPacket: (packet: Packet) => void): FileFacts {
  const layout = layoutOf(view);
  if (layout === undefined) return { format: undefined, cutShort: false };
  const { littleEndian, unitsPerMs } = layout;
  if (view.byteLength < FILE_HEADER_BYTES) return { format: 'pcap', cutShort: true };
  // The upper bits tell the length of a frame check sequence; the link type has 16 bits.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let offset = FILE_HEADER_BYTES;
  for (let number = 1; offset + PACKET_HEADER_BYTES <= view.byteLength; number++) {
    const captured = view.getUint32(offset + 8, littleEndian);
    const start = offset + PACKET_HEADER_BYTES;
    if (captured > MAXIMUM_PACKET_BYTES || start + captured > view.byteLength)
      return { format: 'pcap', cutShort: true };
    const timeMs = view.getUint32(offset, littleEndian) * 1000 + view.getUint32(offset + 4, littleEndian) / unitsPerMs;
    const originalLength = view.getUint32(offset + 12, littleEndian);
    onPacket({ number, timeMs, linkType, start, end: start + captured, originalLength });
    offset = start + captured;
  }
  return { format: 'pcap', cutShort: offset < view.byteLength };
}

function layoutOf(view: DataView): { readonly littleEndian: boolean; readonly unitsPerMs: number } | undefined {
  if (view.byteLength < 4) return undefined;
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECOND_MAGIC) return { littleEndian, unitsPerMs: 1e3 };
    if (magic === NANOSECOND_MAGIC) return { littleEndian, unitsPerMs: 1e6 };
  }
  return undefined;
}
