import { MAXIMUM_PACKET_BYTES, type FileFacts, type FormatReader, type Packet } from './captured-packet.ts';

/**
 * Bytes of the file header and of the header of each packet;
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;

const MICROSECOND_MAGIC = 0xa1b2c3d4;
const NANOSECOND_MAGIC = 0xa1b23c4d;

/** Whether these bytes begin like a pcap file of any byte order and time resolution. */
export function isPcap(view: DataView): boolean {
  return layoutOf(view) !== undefined;
}

/** Reads a pcap file. A file that is cut is read as far as it goes. */
export class PcapReader implements FormatReader {
  /** Of the next packet. */
  #number = 1;
  #offset = FILE_HEADER_BYTES;

  get end(): number {
    return this.#offset;
  }

  read(view: DataView, onPacket: (packet: Packet) => void): FileFacts {
    const layout = layoutOf(view);
    if (layout === undefined || view.byteLength < FILE_HEADER_BYTES)
      return { format: 'pcap', cutShort: true, places: [] };
    const { littleEndian, unitsPerMs } = layout;
    // The upper bits tell the length of a frame check sequence; the link type has 16 bits.
    const linkType = view.getUint32(20, littleEndian) & 0xffff;
    let offset = this.#offset;
    while (offset + PACKET_HEADER_BYTES <= view.byteLength) {
      const captured = view.getUint32(offset + 8, littleEndian);
      const start = offset + PACKET_HEADER_BYTES;
      if (captured > MAXIMUM_PACKET_BYTES || start + captured > view.byteLength) break;
      const timeMs =
        view.getUint32(offset, littleEndian) * 1000 + view.getUint32(offset + 4, littleEndian) / unitsPerMs;
      const originalLength = view.getUint32(offset + 12, littleEndian);
      offset = start + captured;
      onPacket({ number: this.#number++, timeMs, linkType, start, end: offset, originalLength });
    }
    this.#offset = offset;
    return { format: 'pcap', cutShort: offset < view.byteLength, places: [] };
  }
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
