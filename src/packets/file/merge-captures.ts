import { networkStart } from '../layers/link-layer.ts';
import type { Packet } from './packet.ts';
import { readPackets } from './read-packets.ts';

/** Link type of packets that begin with their IP header. */
const RAW_IP = 101;
const SNAP_LENGTH = 262_144;

interface Piece {
  readonly timeMs: number;
  readonly originalLength: number;
  readonly linkType: number;
  readonly data: Uint8Array;
}

/**
 * Joins captures of several machines to one pcap file, by time. `offsetsMs`: what each machine's clock is ahead of ours. Where the captures differ in
 * their link layer, each packet is kept from its IP header on, since a pcap file has only one kind.
 */
export function mergeCaptures(
  captures: readonly { readonly bytes: Uint8Array; readonly offsetMs: number }[],
): Uint8Array {
  const pieces = captures.flatMap(({ bytes, offsetMs }) => piecesOf(bytes, offsetMs));
  const linkTypes = new Set(pieces.map(({ linkType }) => linkType));
  const [linkType = RAW_IP] = linkTypes;
  const same = linkTypes.size <= 1 ? pieces : pieces.flatMap(withoutLinkLayer);
  return pcapFile(
    linkTypes.size <= 1 ? linkType : RAW_IP,
    same.toSorted((a, b) => a.timeMs - b.timeMs),
  );
}

function piecesOf(bytes: Uint8Array, offsetMs: number): Piece[] {
  const pieces: Piece[] = [];
  readPackets(viewOf(bytes), ({ timeMs, linkType, start, end, originalLength }) => {
    pieces.push({ timeMs: timeMs - offsetMs, linkType, originalLength, data: bytes.subarray(start, end) });
  });
  return pieces;
}

/** Nothing when it is no IP packet. */
function withoutLinkLayer(piece: Piece): Piece[] {
  const { data, linkType, originalLength, timeMs } = piece;
  const packet: Packet = { number: 1, timeMs, linkType, start: 0, end: data.byteLength, originalLength };
  const offset = networkStart(viewOf(data), packet)?.offset;
  return offset === undefined
    ? []
    : [
        {
          timeMs,
          linkType: RAW_IP,
          originalLength: Math.max(originalLength, data.byteLength) - offset,
          data: data.subarray(offset),
        },
      ];
}

/** A pcap file with times in microseconds, little-endian. */
function pcapFile(linkType: number, pieces: readonly Piece[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(linkType, 20);
  return Buffer.concat([header, ...pieces.flatMap((piece) => [packetHeader(piece), piece.data])]);
}

function packetHeader({ timeMs, data, originalLength }: Piece): Uint8Array {
  const header = Buffer.alloc(16);
  // The format has 32 bits for seconds; a damaged capture may say anything.
  const microseconds = Math.min(Math.max(0, Math.round(timeMs * 1000)), 2 ** 32 * 1e6 - 1);
  header.writeUInt32LE(Math.floor(microseconds / 1e6), 0);
  header.writeUInt32LE(microseconds % 1e6, 4);
  header.writeUInt32LE(data.byteLength, 8);
  header.writeUInt32LE(originalLength, 12);
  return header;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
