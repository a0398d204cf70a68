import { networkStart } from '../layers/link-layer.ts';
import type { CaptureFile, CapturePlace, FileFacts, FiledPacket, Packet } from './captured-packet.ts';
import { CaptureReader } from './capture-reader.ts';
import type { FeedNews, PacketFeed } from './packet-feed.ts';

/** Link type of packets that begin with their IP header. */
const RAW_IP = 101;

/** The capture of one machine. */
export interface MachineFile {
  readonly file: CaptureFile;
  /** How far the machine's clock is ahead of ours. */
  readonly offsetMs: number;
  /** Undefined where nothing is known of it: then those of all files are left out. */
  readonly place?: CapturePlace | undefined;
}

interface Entry extends FiledPacket {
  /** Its number counts the packets of all files; it rises when another packet is inserted before it. */
  readonly packet: Packet & { number: number };
  /** When it passed, by our clock. */
  readonly trueMs: number;
  /** Place of its file among the others, and of the packet in the file: they decide between equal times. */
  readonly fileIndex: number;
  readonly fileNumber: number;
}

/**
 * The packets of several files in the order of time, as `mergeCaptures` joins them. Most packets of a running capture
 * are later than all before them; one that comes late, since its machine is slow to hand it over, moves those behind
 * it. Where the files differ in their link layer, each packet is kept from its IP header on, since a pcap file has only
 * one kind.
 */
export class MergedFeed implements PacketFeed {
  readonly #readers: readonly CaptureReader[];
  readonly #offsetsMs: readonly number[];
  readonly #facts: FileFacts;
  readonly #linkTypes = new Set<number>();
  #isMixed = false;
  #entries: Entry[] = [];

  constructor(files: readonly MachineFile[]) {
    this.#readers = files.map(({ file }) => new CaptureReader(file));
    this.#offsetsMs = files.map(({ offsetMs }) => offsetMs);
    const places = placesOf(files);
    this.#facts = { format: places.length === 0 ? 'pcap' : 'pcapng', cutShort: false, places };
  }

  /** Of all packets so far. */
  get linkType(): number {
    const [linkType = RAW_IP] = this.#linkTypes;
    return this.#isMixed ? RAW_IP : linkType;
  }

  advance(): FeedNews {
    const read = this.#readers.flatMap((reader, index) => this.#read(reader, index));
    const restarted = !this.#isMixed && this.#linkTypes.size > 1;
    const taken = restarted ? this.#entries.splice(0).concat(read) : read;
    this.#isMixed ||= restarted;
    const packets = (this.#isMixed ? taken.flatMap(withoutLinkLayer) : taken).toSorted(inOrder);
    this.#insert(packets);
    return { facts: this.#facts, packets, restarted };
  }

  all(): readonly FiledPacket[] {
    return this.#entries;
  }

  #read(reader: CaptureReader, fileIndex: number): Entry[] {
    const entries: Entry[] = [];
    const offsetMs = this.#offsetsMs[fileIndex]!;
    const place = this.#facts.places.length === 0 ? undefined : fileIndex;
    reader.read((packet) => {
      const trueMs = packet.timeMs - offsetMs;
      this.#linkTypes.add(packet.linkType);
      entries.push({
        file: reader.file,
        packet: { ...packet, timeMs: storedMs(trueMs), place },
        trueMs,
        fileIndex,
        fileNumber: packet.number,
      });
    });
    return entries;
  }

  /** Inserts sorted entries and numbers all entries from the first of them on. */
  #insert(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    let place = this.#entries.length;
    while (place > 0 && inOrder(this.#entries[place - 1]!, first) > 0) place -= 1;
    const moved = this.#entries.splice(place);
    // Two runs that are in order each: sorting them takes one pass.
    const behind = moved.length === 0 ? entries : [...moved, ...entries].toSorted(inOrder);
    for (const entry of behind) entry.packet.number = this.#entries.push(entry);
  }
}

/** Of each file, if each has one. */
export function placesOf(files: readonly { readonly place?: CapturePlace | undefined }[]): readonly CapturePlace[] {
  const places = files.map(({ place }) => place).filter((place) => place !== undefined);
  return places.length === files.length ? places : [];
}

function inOrder(a: Entry, b: Entry): number {
  return a.trueMs - b.trueMs || a.fileIndex - b.fileIndex || a.fileNumber - b.fileNumber;
}

/** The packet from its network layer on; nothing when it has none that we read. */
function withoutLinkLayer(entry: Entry): Entry[] {
  const { file, packet } = entry;
  const { start, end, originalLength } = packet;
  const offset = networkStart(file.view, packet)?.offset;
  if (offset === undefined) return [];
  const wholeLength = Math.max(originalLength, end - start) - (offset - start);
  return [{ ...entry, packet: { ...packet, linkType: RAW_IP, start: offset, originalLength: wholeLength } }];
}

const MOST_SECONDS = 2 ** 32;

/** A time as a pcap file stores it: in microseconds, with 32 bits for seconds. A damaged capture may say anything. */
export function storedMicroseconds(timeMs: number): { readonly seconds: number; readonly microseconds: number } {
  const all = Math.min(Math.max(0, Math.round(timeMs * 1000)), MOST_SECONDS * 1e6 - 1);
  return { seconds: Math.floor(all / 1e6), microseconds: all % 1e6 };
}

function storedMs(timeMs: number): number {
  const { seconds, microseconds } = storedMicroseconds(timeMs);
  return seconds * 1000 + microseconds / 1000;
}
