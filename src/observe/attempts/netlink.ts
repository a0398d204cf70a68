/**
 * Messages of netlink(7) and their attributes, as Linux on a little-endian machine has them (include/uapi/linux/netlink.h).
 */

/** A type, and bytes or further attributes. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  /** What stands behind the header: the header of the subsystem, and attributes. */
  readonly body: Buffer;
}

const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** Marks of a type: it holds attributes, its value has network byte order (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

export function encodeMessage({ type, flags, body }: NetlinkMessage): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, body, padding(body.length)]);
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(attributes.map(encodeAttribute));
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const isNested = !(value instanceof Uint8Array);
  const content = isNested ? encodeAttributes(value) : value;
  const header = Buffer.alloc(ATTRIBUTE_HEADER_BYTES);
  header.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + content.length, 0);
  header.writeUInt16LE(isNested ? type | NESTED : type, 2);
  return Buffer.concat([header, content, padding(content.length)]);
}

/** Everything begins at a multiple of four bytes. */
function padding(length: number): Buffer {
  return Buffer.alloc(-length & 3);
}

/** The messages of one or more datagrams; what is cut at the end is left out. */
export function decodeMessages(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      body: bytes.subarray(at + HEADER_BYTES, at + length),
    });
    at += (length + 3) & ~3;
  }
  return messages;
}

/** The attributes in their order, marks taken off; what is cut at the end is left out. */
export function decodeAttributes(bytes: Buffer): { readonly type: number; readonly value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    const value = bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length);
    attributes.push({ type: bytes.readUInt16LE(at + 2) & TYPE_MASK, value });
    at += (length + 3) & ~3;
  }
  return attributes;
}

/** The value of the first attribute at the end of a way of types through nested ones. */
export function attributeAt(bytes: Buffer, ...way: readonly number[]): Buffer | undefined {
  let value: Buffer | undefined = bytes;
  for (const type of way) {
    if (value === undefined) return undefined;
    value = decodeAttributes(value).find((attribute) => attribute.type === type)?.value;
  }
  return value;
}
