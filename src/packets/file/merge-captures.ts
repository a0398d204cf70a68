import { wholeFile } from './capture-file.ts';
import type { CapturePlace, FiledPacket } from './captured-packet.ts';
import { MergedFeed, placesOf, storedMicroseconds } from './merged-feed.ts';
import { pcapngFile } from './write-pcapng.ts';

const SNAP_LENGTH = 262_144;

/** A capture that is joined with others. */
export interface JoinedCapture {
  readonly bytes: Uint8Array;
  /** What the clock of its machine is ahead of ours. */
  readonly offsetMs: number;
  readonly place?: CapturePlace | undefined;
}

/**
 * Joins captures of several machines to one file, by time: pcapng, whose interfaces are the places, where all places are
 * known; otherwise pcap. Where the captures differ in their link layer, each packet is kept from its IP header on.
 */
export function mergeCaptures(captures: readonly JoinedCapture[]): Uint8Array {
  const feed = new MergedFeed(
    captures.map(({ bytes, offsetMs, place }) => ({ file: wholeFile(bytes), offsetMs, place })),
  );
  const { packets } = feed.advance();
  const places = placesOf(captures);
  return places.length === 0 ? pcapFile(feed.linkType, packets) : pcapngFile(feed.linkType, places, packets);
}

/** A pcap file with times in microseconds, little-endian. */
function pcapFile(linkType: number, packets: readonly FiledPacket[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(linkType, 20);
  return Buffer.concat([header, ...packets.flatMap((filed) => [packetHeader(filed), dataOf(filed)])]);
}

function packetHeader({ packet: { timeMs, start, end, originalLength } }: FiledPacket): Uint8Array {
  const header = Buffer.alloc(16);
  const { seconds, microseconds } = storedMicroseconds(timeMs);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(microseconds, 4);
  header.writeUInt32LE(end - start, 8);
  header.writeUInt32LE(originalLength, 12);
  return header;
}

function dataOf({ file, packet: { start, end } }: FiledPacket): Uint8Array {
  return file.bytes.subarray(start, end);
}
