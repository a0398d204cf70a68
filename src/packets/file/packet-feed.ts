import type { CaptureFile, FileFacts, FiledPacket } from './captured-packet.ts';
import { CaptureReader } from './capture-reader.ts';

/** What has changed since the last call. */
export interface FeedNews {
  readonly facts: FileFacts;
  /** The new packets, in the order of their numbers. They may have raised the numbers of earlier packets. */
  readonly packets: readonly FiledPacket[];
  /** Earlier packets no longer count: `packets` has all of them again. */
  readonly restarted: boolean;
}

/** Packets from capture files that still grow. */
export interface PacketFeed {
  /** Reads the bytes that are new. */
  advance(): FeedNews;
  /** All packets so far, in their order. */
  all(): readonly FiledPacket[];
}

/** The packets of one file, in its order, as far as a moment. */
export class FileFeed implements PacketFeed {
  readonly #reader: CaptureReader;
  readonly #untilMs: number;

  constructor(file: CaptureFile, untilMs = Infinity) {
    this.#reader = new CaptureReader(file);
    this.#untilMs = untilMs;
  }

  advance(): FeedNews {
    return { ...this.#read(this.#reader), restarted: false };
  }

  all(): readonly FiledPacket[] {
    return this.#read(new CaptureReader(this.#reader.file)).packets;
  }

  #read(reader: CaptureReader): Pick<FeedNews, 'facts' | 'packets'> {
    const { file } = reader;
    const packets: FiledPacket[] = [];
    const facts = reader.read((packet) => {
      if (packet.timeMs <= this.#untilMs) packets.push({ file, packet });
    });
    return { facts, packets };
  }
}
