import type { CapturePlace, FiledPacket } from './captured-packet.ts';
import { storedMicroseconds } from './merged-feed.ts';
import { Block, BYTE_ORDER_MAGIC, Option } from './pcapng.ts';

const SNAP_LENGTH = 262_144;

/**
 * A pcapng file, little-endian, with times in microseconds. Each place is an interface: `if_name` is the interface,
 * `if_description` the machine.
 */
export function pcapngFile(
  linkType: number,
  places: readonly CapturePlace[],
  packets: readonly FiledPacket[],
): Uint8Array {
  return Buffer.concat([
    sectionHeader(),
    ...places.map((place) => interfaceDescription(linkType, place)),
    ...packets.flatMap(packetBlock),
  ]);
}

function sectionHeader(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  // The length of the section is not said.
  body.fill(0xff, 8);
  return Buffer.concat(block(Block.sectionHeader, [body]));
}

function interfaceDescription(linkType: number, { machine, interface: name, filter }: CapturePlace): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  body.writeUInt32LE(SNAP_LENGTH, 4);
  const options = [
    ...(name === undefined ? [] : option(Option.name, Buffer.from(name))),
    ...(machine === undefined ? [] : option(Option.description, Buffer.from(machine))),
    ...(filter === undefined ? [] : option(Option.filter, Buffer.from(`\0${filter}`))),
    ...option(Option.end, Buffer.alloc(0)),
  ];
  return Buffer.concat(block(Block.interfaceDescription, [body, ...options]));
}

function packetBlock({ file, packet: { timeMs, start, end, originalLength, place = 0 } }: FiledPacket): Uint8Array[] {
  const { seconds, microseconds } = storedMicroseconds(timeMs);
  const units = BigInt(seconds) * 1_000_000n + BigInt(microseconds);
  const body = Buffer.alloc(20);
  body.writeUInt32LE(place, 0);
  body.writeUInt32LE(Number(units >> 32n), 4);
  body.writeUInt32LE(Number(units & 0xffff_ffffn), 8);
  body.writeUInt32LE(end - start, 12);
  body.writeUInt32LE(originalLength, 16);
  return block(Block.enhancedPacket, [body, ...padded(file.bytes.subarray(start, end))]);
}

/** Its length stands at its beginning and at its end. */
function block(type: number, body: readonly Uint8Array[]): Uint8Array[] {
  const length = body.reduce((sum, { byteLength }) => sum + byteLength, 12);
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  tail.writeUInt32LE(length, 0);
  return [head, ...body, tail];
}

function option(code: number, value: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.byteLength, 2);
  return [head, ...padded(value)];
}

/** Blocks and options are as long as a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array[] {
  const rest = -bytes.byteLength & 3;
  return rest === 0 ? [bytes] : [bytes, Buffer.alloc(rest)];
}
