import {
  MAXIMUM_PACKET_BYTES,
  type CapturePlace,
  type FileFacts,
  type FormatReader,
  type Packet,
} from './captured-packet.ts';

/** Block types of https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html; others are skipped. */
export const Block = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const SMALLEST_BLOCK_BYTES = 12;

/** Options of an interface description. */
export const Option = { end: 0, name: 2, description: 3, timeResolution: 9, filter: 11, timeOffset: 14 } as const;
/** Before the text of a filter: it is one of libpcap. */
const FILTER_IS_TEXT = 0;

interface CapturedInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerMs: number;
  readonly offsetMs: number;
  /** Among the places of the file. */
  readonly place: number;
}

/** Whether these bytes begin like a pcapng file. */
export function isPcapng(view: DataView): boolean {
  // The type of the first block reads the same in both byte orders.
  return view.byteLength >= 4 && view.getUint32(0) === Block.sectionHeader;
}

/**
 * Reads a pcapng file, with any number of sections and interfaces. A file that is cut is read as far as it goes.
 */
export class PcapngReader implements FormatReader {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #onPacket: (packet: Packet) => void = () => undefined;
  /** Of the first byte that could not be read yet. */
  #offset = 0;
  #littleEndian = true;
  #interfaces: CapturedInterface[] = [];
  #packets = 0;
  /** Of all sections. */
  readonly #places: CapturePlace[] = [];

  get end(): number {
    return this.#offset;
  }

  read(view: DataView, onPacket: (packet: Packet) => void): FileFacts {
    [this.#view, this.#onPacket] = [view, onPacket];
    while (this.#offset + SMALLEST_BLOCK_BYTES <= view.byteLength && this.#readBlock(this.#offset));
    return { format: 'pcapng', cutShort: this.#offset < view.byteLength, places: [...this.#places] };
  }

  /**
   * Returns false for a block that is not all there, and for one that contradicts itself: the rest is not to be
   * trusted.
   */
  #readBlock(offset: number): boolean {
    const type = this.#u32(offset);
    if (type === Block.sectionHeader && !this.#beginSection(offset)) return false;
    const length = this.#u32(offset + 4);
    if (length < SMALLEST_BLOCK_BYTES || length % 4 !== 0 || offset + length > this.#view.byteLength) return false;
    // The length stands at the end of the block again; the body ends before it.
    if (!this.#readBody(type, offset + 8, offset + length - 4)) return false;
    this.#offset = offset + length;
    return true;
  }

  #beginSection(offset: number): boolean {
    const littleEndian = [true, false].find((order) => this.#view.getUint32(offset + 8, order) === BYTE_ORDER_MAGIC);
    if (littleEndian === undefined) return false;
    this.#littleEndian = littleEndian;
    this.#interfaces = [];
    return true;
  }

  /** Returns false when the block contradicts itself. */
  #readBody(type: number, start: number, end: number): boolean {
    if (type === Block.interfaceDescription) return this.#readInterface(start, end);
    if (type === Block.enhancedPacket) return this.#readEnhancedPacket(start, end);
    if (type === Block.simplePacket) return this.#readSimplePacket(start, end);
    return true;
  }

  #readInterface(start: number, end: number): boolean {
    if (end - start < 8) return false;
    const options = this.#readOptions(start + 8, end);
    const place = this.#places.push(placeOf(options)) - 1;
    this.#interfaces.push({
      place,
      linkType: this.#view.getUint16(start, this.#littleEndian),
      snapLength: this.#u32(start + 4),
      unitsPerMs: unitsPerMs(options.get(Option.timeResolution)),
      offsetMs: this.#seconds(options.get(Option.timeOffset)) * 1000,
    });
    return true;
  }

  #readOptions(start: number, end: number): Map<number, DataView> {
    const options = new Map<number, DataView>();
    for (let offset = start; offset + 4 <= end;) {
      const code = this.#view.getUint16(offset, this.#littleEndian);
      const length = this.#view.getUint16(offset + 2, this.#littleEndian);
      if (code === Option.end || offset + 4 + length > end) break;
      options.set(code, new DataView(this.#view.buffer, this.#view.byteOffset + offset + 4, length));
      offset += 4 + padded(length);
    }
    return options;
  }

  #readEnhancedPacket(start: number, end: number): boolean {
    if (end - start < 20) return false;
    const source = this.#interfaces[this.#u32(start)];
    const captured = this.#u32(start + 12);
    if (source === undefined || captured > MAXIMUM_PACKET_BYTES || start + 20 + captured > end) return false;
    const units = (BigInt(this.#u32(start + 4)) << 32n) | BigInt(this.#u32(start + 8));
    this.#emit({
      linkType: source.linkType,
      timeMs: inMs(units, source.unitsPerMs) + source.offsetMs,
      start: start + 20,
      end: start + 20 + captured,
      originalLength: this.#u32(start + 16),
      place: source.place,
    });
    return true;
  }

  /** A packet of the first interface, without a time. */
  #readSimplePacket(start: number, end: number): boolean {
    const source = this.#interfaces[0];
    if (source === undefined || end - start < 4) return false;
    const originalLength = this.#u32(start);
    const captured = Math.min(originalLength, end - start - 4, source.snapLength || Infinity);
    if (captured > MAXIMUM_PACKET_BYTES) return false;
    const { linkType, place } = source;
    this.#emit({ linkType, timeMs: 0, start: start + 4, end: start + 4 + captured, originalLength, place });
    return true;
  }

  #emit(packet: Omit<Packet, 'number'>): void {
    this.#packets += 1;
    this.#onPacket({ number: this.#packets, ...packet });
  }

  #u32(offset: number): number {
    return this.#view.getUint32(offset, this.#littleEndian);
  }

  /** A 64-bit count of seconds; 0 without one. */
  #seconds(option: DataView | undefined): number {
    return option?.byteLength === 8 ? Number(option.getBigInt64(0, this.#littleEndian)) : 0;
  }
}

function placeOf(options: ReadonlyMap<number, DataView>): CapturePlace {
  const filter = options.get(Option.filter);
  const isText = filter !== undefined && filter.byteLength > 0 && filter.getUint8(0) === FILTER_IS_TEXT;
  return {
    machine: optionText(options.get(Option.description), 0),
    interface: optionText(options.get(Option.name), 0),
    filter: isText ? optionText(filter, 1) : undefined,
  };
}

function optionText(option: DataView | undefined, from: number): string | undefined {
  return option && Buffer.from(option.buffer, option.byteOffset + from, option.byteLength - from).toString();
}

/** `if_tsresol`: a negative power of ten, or of two when the highest bit is set; microseconds without it. */
function unitsPerMs(option: DataView | undefined): number {
  if (option?.byteLength !== 1) return 1e3;
  const resolution = option.getUint8(0);
  return (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution) / 1e3;
}

/** Nanoseconds since 1970 are more than a `number` can count. */
function inMs(units: bigint, perMs: number): number {
  if (!Number.isInteger(perMs)) return Number(units) / perMs;
  const whole = BigInt(perMs);
  return Number(units / whole) + Number(units % whole) / perMs;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
