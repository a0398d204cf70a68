import { wholeFile } from './capture-file.ts';
import type { FiledPacket } from './captured-packet.ts';
import { MergedFeed, storedMicroseconds } from './merged-feed.ts';

const SNAP_LENGTH = 262_144;

/**
 * Joins captures of several machines to one pcap file, by time. `offsetMs`: what each machine's clock is ahead of ours.
 * Where the captures differ in their link layer, each packet is kept from its IP header on.
 */
export function mergeCaptures(
  captures: readonly { readonly bytes: Uint8Array; readonly offsetMs: number }[],
): Uint8Array {
  const feed = new MergedFeed(captures.map(({ bytes, offsetMs }) => ({ file: wholeFile(bytes), offsetMs })));
  const { packets } = feed.advance();
  return pcapFile(feed.linkType, packets);
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
