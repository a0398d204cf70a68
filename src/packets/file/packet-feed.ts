import type { CaptureFile } from './capture-file.ts';
import { CaptureReader } from './capture-reader.ts';
import type { FiledPacket, FileFacts } from './captured-packet.ts';

/** What a feed has to say since it was last asked. */
export interface FeedNews {
  readonly facts: FileFacts;
  /** In the order of their numbers. Packets that were handed over before may have got higher numbers by them. */
  readonly packets: readonly FiledPacket[];
  /** Forget the packets that were handed over before: these are all. */
  readonly restarted: boolean;
}

/** Packets from capture files that still grow. */
export interface PacketFeed {
  /** Reads what has come. */
  advance(): FeedNews;
}

/** The packets of one file, as they stand in it. */
export class FileFeed implements PacketFeed {
  readonly #reader: CaptureReader;

  constructor(file: CaptureFile) {
    this.#reader = new CaptureReader(file);
  }

  advance(): FeedNews {
    const { file } = this.#reader;
    const packets: FiledPacket[] = [];
    const facts = this.#reader.read((packet) => packets.push({ file, packet }));
    return { facts, packets, restarted: false };
  }
}
