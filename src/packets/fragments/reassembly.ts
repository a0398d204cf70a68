import type { FiledPacket, Packet } from '../file/captured-packet.ts';
import { wholeFile } from '../file/capture-file.ts';
import type { Fragment, IpPacket } from '../layers/ip-packet.ts';

/** Link type of packets that begin with their IP header. */
const RAW_IP = 101;

/** A packet is given up when its fragments do not come within this time (RFC 8200, section 4.5). */
const PATIENCE_MS = 60_000;
/** No IP packet is longer, with its header in IPv4 and without it in IPv6 (RFC 791, RFC 8200). */
const MOST_BYTES = 65_535;
const IPV6_HEADER_BYTES = 40;
/**
 * Of one place of capture: packets that wait for fragments, and their bytes; as Linux (ipfrag_high_thresh of
 * ip-sysctl). The oldest is given up.
 */
const MOST_WAITING = 1000;
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
/** Of one packet. The shortest fragments of 8 bytes, of a packet of the usual length, are fewer. */
const MOST_PIECES = 1000;

/** A packet that was put together. */
export interface Reassembled extends FiledPacket {
  /** Fragments that it came in. */
  readonly pieces: number;
}

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Puts the fragments of IP packets together. Bounded in number, in memory and in time. Fragments that overlap make a
 * packet that no receiver takes (RFC 5722, and Linux for IPv4 too): it is never whole. One that comes twice counts once.
 */
export class Reassembly {
  /** By place of capture: each sees all fragments of a packet, and the same ones pass by several. */
  readonly #places = new Map<number, Waiting>();
  #whole = 0;
  #seen = 0;
  /** By place of capture: the last fragment. */
  readonly #last = new Map<number, Packet>();

  /** Fragments of packets that are not whole, those that are given up among them. */
  get unjoined(): number {
    return this.#seen - this.#whole;
  }

  /** Fragments of packets that are whole, but for the last of each, which stands for the packet. */
  joined = 0;

  /** Whether this fragment comes after one that belongs behind it. */
  isLate({ packet }: FiledPacket): boolean {
    const last = this.#last.get(packet.place ?? 0);
    return last !== undefined && last.number > packet.number;
  }

  /** The packet, where this fragment is the last that it lacked. */
  take(filed: FiledPacket, ip: IpPacket & { readonly fragment: Fragment }): Reassembled | undefined {
    const place = filed.packet.place ?? 0;
    this.#seen += 1;
    this.#last.set(place, filed.packet);
    let waiting = this.#places.get(place);
    if (waiting === undefined) this.#places.set(place, (waiting = new Waiting()));
    const whole = waiting.take(filed, ip);
    if (whole === undefined) return undefined;
    this.#whole += whole.fragments;
    this.joined += whole.fragments - 1;
    return whole.packet;
  }
}

interface WholePacket {
  readonly packet: Reassembled;
  /** Fragments that came, those that came twice among them. */
  readonly fragments: number;
}

/** The packets of one place that wait for fragments. */
class Waiting {
  /** In the order of their first fragments. */
  readonly #assemblies = new Map<string, Assembly>();
  #bytes = 0;

  take(filed: FiledPacket, ip: IpPacket & { readonly fragment: Fragment }): WholePacket | undefined {
    const key = keyOf(filed, ip);
    let assembly = this.#assemblies.get(key);
    if (assembly !== undefined && filed.packet.timeMs - assembly.startMs > PATIENCE_MS) {
      this.#drop(key, assembly);
      assembly = undefined;
    }
    if (assembly === undefined) this.#assemblies.set(key, (assembly = new Assembly(filed.packet.timeMs)));
    const before = assembly.bytes;
    assembly.add(filed, ip);
    this.#bytes += assembly.bytes - before;
    const packet = assembly.whole(filed);
    if (packet !== undefined) this.#drop(key, assembly);
    else this.#makeRoom();
    return packet && { packet, fragments: assembly.fragments };
  }

  #drop(key: string, { bytes }: Assembly): void {
    this.#bytes -= bytes;
    this.#assemblies.delete(key);
  }

  #makeRoom(): void {
    while (this.#assemblies.size > MOST_WAITING || this.#bytes > MOST_WAITING_BYTES) {
      const [key, assembly] = this.#assemblies.entries().next().value!;
      this.#drop(key, assembly);
    }
  }
}

/** Identification, addresses and, in IPv4, protocol (RFC 791, section 3.2; RFC 8200, section 4.5). */
function keyOf(
  { file: { view } }: FiledPacket,
  { addressOffset, addressBytes, protocol, fragment: { id } }: IpPacket & { readonly fragment: Fragment },
): string {
  const words = Array.from({ length: addressBytes / 2 }, (_, index) => view.getUint32(addressOffset + 4 * index));
  return `${words.join('.')} ${id}${addressBytes === 4 ? ` ${protocol}` : ''}`;
}

/** One packet that waits for fragments. */
class Assembly {
  readonly startMs: number;
  bytes = 0;
  fragments = 0;
  #pieces: Piece[] = [];
  /** What each fragment repeats, and where in it the protocol is named; of the first fragment, by its place. */
  #head: { readonly bytes: Uint8Array; readonly nextHeaderAt: number; readonly protocol: number } | undefined;
  /** Known from the fragment that says that no more follow. */
  #length: number | undefined;
  #isSpoilt = false;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  add(
    { file, packet }: FiledPacket,
    { start, offset, segmentEnd, protocol, fragment }: IpPacket & { readonly fragment: Fragment },
  ): void {
    this.fragments += 1;
    if (this.#isSpoilt) return;
    const { at, more, headersEnd, nextHeaderOffset } = fragment;
    const length = segmentEnd - offset;
    const isSound =
      length > 0 &&
      segmentEnd <= packet.end &&
      (!more || length % 8 === 0) &&
      headersEnd - start - (file.view.getUint8(start) >> 4 === 6 ? IPV6_HEADER_BYTES : 0) + at + length <= MOST_BYTES &&
      this.fragments <= MOST_PIECES;
    if (!isSound) return this.#spoil();
    const same = this.#pieces.find((piece) => piece.at === at && piece.bytes.byteLength === length);
    const overlaps = (piece: Piece): boolean => piece.at < at + length && at < piece.at + piece.bytes.byteLength;
    if (same === undefined && this.#pieces.some(overlaps)) return this.#spoil();
    if (!more && this.#length !== undefined && this.#length !== at + length) return this.#spoil();
    if (!more) this.#length = at + length;
    if (at + length > (this.#length ?? Infinity)) return this.#spoil();
    if (same !== undefined) return;
    if (at === 0)
      this.#head = { bytes: file.bytes.slice(start, headersEnd), nextHeaderAt: nextHeaderOffset - start, protocol };
    this.#pieces.push({ at, bytes: file.bytes.subarray(offset, segmentEnd) });
    this.bytes += length;
  }

  /** It is remembered, so that what else comes of it is not taken for a packet of its own. */
  #spoil(): void {
    this.#isSpoilt = true;
    this.#pieces = [];
    this.bytes = 0;
  }

  /** The packet, if nothing lacks; `last` is the fragment that came last. */
  whole({ packet }: FiledPacket): Reassembled | undefined {
    if (this.#isSpoilt || this.#head === undefined || this.bytes !== this.#length) return undefined;
    const { bytes: head, nextHeaderAt, protocol } = this.#head;
    const bytes = Buffer.concat([head, ...this.#pieces.toSorted((a, b) => a.at - b.at).map((piece) => piece.bytes)]);
    bytes[nextHeaderAt] = protocol;
    if (bytes[0]! >> 4 === 4) {
      bytes.writeUInt16BE(bytes.byteLength, 2);
      bytes.writeUInt16BE(bytes.readUInt16BE(6) & 0x4000, 6);
    } else bytes.writeUInt16BE(bytes.byteLength - IPV6_HEADER_BYTES, 4);
    return { file: wholeFile(bytes), packet: standIn(packet, bytes), pieces: this.#pieces.length };
  }
}

/** A packet in a file of its own, with the number of the fragment that completed it, which may rise. */
function standIn(last: Packet, bytes: Uint8Array): Packet {
  return {
    get number() {
      return last.number;
    },
    timeMs: last.timeMs,
    linkType: RAW_IP,
    place: last.place,
    start: 0,
    end: bytes.byteLength,
    originalLength: bytes.byteLength,
  };
}
