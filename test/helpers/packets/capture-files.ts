import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { wholeFile } from '../../../src/packets/file/capture-file.ts';
import { CaptureReader } from '../../../src/packets/file/capture-reader.ts';

/** Real captures, one for each of the ways in which a connection goes; made by test/packets/fixtures/traffic.py. */
const folder = join(import.meta.dirname, '..', '..', 'packets', 'captures');

/** Names of the stored captures, without their ending. */
export const captureNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => basename(name, '.pcap'))
  .toSorted();

export function capturePath(name: string): string {
  return join(folder, `${name}.pcap`);
}

export function captureBytes(name: string): Uint8Array {
  return readFileSync(capturePath(name));
}

/** A packet for a capture file that a test makes. */
export interface MadePacket {
  readonly timeMs: number;
  readonly data: Uint8Array;
  /** Default: that of `data`. */
  readonly originalLength?: number;
}

/** The packets of a capture file. */
export function packetsOf(bytes: Uint8Array): MadePacket[] {
  const packets: MadePacket[] = [];
  new CaptureReader(wholeFile(bytes)).read(({ timeMs, start, end, originalLength }) => {
    packets.push({ timeMs, data: bytes.subarray(start, end), originalLength });
  });
  return packets;
}

export interface PcapOptions {
  readonly linkType?: number;
  readonly bigEndian?: boolean;
  readonly nanoseconds?: boolean;
}

/** A pcap file. */
export function pcapOf(
  packets: readonly MadePacket[],
  { linkType = 1, bigEndian = false, nanoseconds = false }: PcapOptions = {},
): Uint8Array {
  const units = nanoseconds ? 1e6 : 1e3;
  const header = words(bigEndian, [
    nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4,
    bigEndian ? 0x0002_0004 : 0x0004_0002,
    0,
    0,
    262_144,
    linkType,
  ]);
  const body = packets.flatMap(({ timeMs, data, originalLength = data.byteLength }) => {
    const seconds = Math.floor(timeMs / 1000);
    return [
      words(bigEndian, [seconds, Math.round((timeMs - seconds * 1000) * units), data.byteLength, originalLength]),
      data,
    ];
  });
  return Buffer.concat([header, ...body]);
}

/** A pcapng file with nanoseconds, with options and a block without packets between, as other programs write them. */
export function pcapngOf(
  packets: readonly MadePacket[],
  { linkType = 1, bigEndian = false }: Pick<PcapOptions, 'linkType' | 'bigEndian'> = {},
): Uint8Array {
  const block = (type: number, ...parts: Uint8Array[]): Uint8Array => {
    const body = padded(Buffer.concat(parts));
    const length = words(bigEndian, [body.byteLength + 12]);
    return Buffer.concat([words(bigEndian, [type]), length, body, length]);
  };
  const half = (value: number, next: number): number => (bigEndian ? value * 0x10000 + next : next * 0x10000 + value);
  const section = block(0x0a0d0d0a, words(bigEndian, [0x1a2b3c4d, half(1, 0), 0xffffffff, 0xffffffff]));
  const comment = Buffer.concat([words(bigEndian, [half(1, 5)]), padded(Buffer.from('hello'))]);
  const resolution = Buffer.concat([words(bigEndian, [half(9, 1)]), Buffer.from([9, 0, 0, 0])]);
  const description = block(1, words(bigEndian, [half(linkType, 0), 0]), comment, resolution, words(bigEndian, [0]));
  const body = packets.map(({ timeMs, data, originalLength = data.byteLength }) => {
    const nanoseconds = BigInt(Math.round(timeMs * 1000)) * 1000n;
    const time = [Number(nanoseconds >> 32n), Number(nanoseconds & 0xffff_ffffn)];
    return block(6, words(bigEndian, [0, ...time, data.byteLength, originalLength]), padded(data));
  });
  return Buffer.concat([section, description, block(5, words(bigEndian, [0, 0, 0])), ...body]);
}

function words(bigEndian: boolean, values: readonly number[]): Uint8Array {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) =>
    bigEndian ? buffer.writeUInt32BE(value, index * 4) : buffer.writeUInt32LE(value, index * 4),
  );
  return buffer;
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4)]);
}

/** What a test says of a TCP segment over IPv4 and Ethernet; the client is 10.0.0.1:40000, the server 10.0.0.2:7999. */
export interface MadeSegment {
  readonly from: 'client' | 'server';
  /** `SA` is SYN ACK. */
  readonly flags: string;
  readonly seq: number;
  readonly ack?: number;
  readonly payload?: string;
  readonly window?: number;
  readonly clientPort?: number;
  /** A block of bytes that came out of order. */
  readonly sack?: readonly [left: number, right: number] | undefined;
  readonly timeMs?: number;
}

/** Ethernet frames of TCP segments, a millisecond apart unless they have times. */
export function framesOf(segments: readonly MadeSegment[]): MadePacket[] {
  return segments.map((segment, index) => ({
    timeMs: 1_700_000_000_000 + (segment.timeMs ?? index),
    data: frameOf(segment),
  }));
}

function frameOf({
  from,
  flags,
  seq,
  ack = 0,
  payload = '',
  window = 1000,
  clientPort = 40_000,
  sack,
}: MadeSegment): Uint8Array {
  const ends = [
    { address: 1, port: clientPort },
    { address: 2, port: 7999 },
  ];
  const [source, destination] = from === 'client' ? ends : ends.toReversed();
  // Two NOPs, so that the header ends at a multiple of four bytes.
  const options = sack === undefined ? [] : [Uint8Array.of(1, 1, 5, 10), words(true, sack)];
  const data = Buffer.concat([...options, Buffer.from(payload)]);
  const frame = Buffer.alloc(14 + 20 + 20 + data.byteLength);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(40 + data.byteLength, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(6, 23);
  frame.writeUInt32BE(0x0a00_0000 + source!.address, 26);
  frame.writeUInt32BE(0x0a00_0000 + destination!.address, 30);
  frame.writeUInt16BE(source!.port, 34);
  frame.writeUInt16BE(destination!.port, 36);
  frame.writeUInt32BE(seq >>> 0, 38);
  frame.writeUInt32BE(ack >>> 0, 42);
  frame.writeUInt8(sack === undefined ? 0x50 : 0x80, 46);
  frame.writeUInt8(
    flags.split('').reduce((bits, flag) => bits | (1 << 'FSRPAUEC'.indexOf(flag)), 0),
    47,
  );
  frame.writeUInt16BE(window, 48);
  data.copy(frame, 54);
  return frame;
}
