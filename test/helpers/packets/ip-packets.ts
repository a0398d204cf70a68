import type { MadePacket } from './capture-files.ts';

/** What a test says of an IP packet; addresses are given as text, IPv6 in full. */
export interface MadeIp {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly hops?: number;
  readonly id?: number;
  /** Headers between that of IPv6 and the payload; each begins with a byte for what follows it, which is filled in. */
  readonly extensions?: readonly { readonly header: number; readonly bytes: Uint8Array }[];
  readonly fragment?: { readonly at: number; readonly more: boolean };
  readonly mustNotFragment?: true;
}

/** The bytes of an IP packet of the family of its addresses. */
export function ipOf(made: MadeIp): Buffer {
  return made.from.includes(':') ? ipv6Of(made) : ipv4Of(made);
}

function ipv4Of({ from, to, protocol, payload, hops = 64, id = 0, fragment, mustNotFragment }: MadeIp): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.byteLength, 2);
  header.writeUInt16BE(id, 4);
  const part = fragment === undefined ? 0 : (fragment.more ? 0x2000 : 0) | (fragment.at / 8);
  header.writeUInt16BE(part | (mustNotFragment ? 0x4000 : 0), 6);
  [header[8], header[9]] = [hops, protocol];
  addressBytes(from).copy(header, 12);
  addressBytes(to).copy(header, 16);
  header.writeUInt16BE(checksumOf(header), 10);
  return Buffer.concat([header, payload]);
}

function ipv6Of({ from, to, protocol, payload, hops = 64, id = 0, extensions = [], fragment }: MadeIp): Buffer {
  const piece = Buffer.alloc(8);
  if (fragment !== undefined) {
    piece.writeUInt16BE(fragment.at | (fragment.more ? 1 : 0), 2);
    piece.writeUInt32BE(id, 4);
  }
  const all = [...extensions, ...(fragment === undefined ? [] : [{ header: 44, bytes: piece }])];
  const chain = all.map(({ bytes }, index) => {
    const copy = Buffer.from(bytes);
    copy[0] = all[index + 1]?.header ?? protocol;
    return copy;
  });
  const body = Buffer.concat([...chain, payload]);
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(body.byteLength, 4);
  [header[6], header[7]] = [all[0]?.header ?? protocol, hops];
  addressBytes(from).copy(header, 8);
  addressBytes(to).copy(header, 24);
  return Buffer.concat([header, body]);
}

/** The fragments of a packet, each with at most so many bytes of its payload. */
export function fragmentsOf(made: MadeIp, size: number): Buffer[] {
  const count = Math.ceil(made.payload.byteLength / size);
  return Array.from({ length: count }, (_, index) =>
    ipOf({
      ...made,
      payload: made.payload.subarray(index * size, (index + 1) * size),
      fragment: { at: index * size, more: index < count - 1 },
    }),
  );
}

/** What a test says of a datagram. */
export interface MadeDatagram {
  readonly from: string;
  readonly to: string;
  readonly ports: readonly [source: number, destination: number];
  readonly data: Uint8Array | string;
  /** Default: the right one. */
  readonly checksum?: number;
  readonly id?: number;
  readonly hops?: number;
}

/** The IP packet of a datagram, not written yet. */
export function datagramOf({ from, to, ports, data, checksum, ...ip }: MadeDatagram): MadeIp {
  const bytes = Buffer.from(data);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(ports[0], 0);
  udp.writeUInt16BE(ports[1], 2);
  udp.writeUInt16BE(8 + bytes.byteLength, 4);
  const payload = Buffer.concat([udp, bytes]);
  const right = checksumOf(Buffer.concat([pseudoHeader(from, to, 17, payload.byteLength), payload]));
  payload.writeUInt16BE(checksum ?? (right === 0 ? 0xffff : right), 6);
  return { from, to, protocol: 17, payload, ...ip };
}

/** What a test says of an ICMP message: its type and code, the four bytes behind the checksum, and what follows. */
export interface MadeIcmp {
  readonly from: string;
  readonly to: string;
  readonly type: number;
  readonly code?: number;
  readonly rest?: number;
  readonly body?: Uint8Array;
}

/** The IP packet of an ICMP message, of the family of its addresses. */
export function icmpOf({ from, to, type, code = 0, rest = 0, body = Buffer.alloc(0) }: MadeIcmp): MadeIp {
  const protocol = from.includes(':') ? 58 : 1;
  const head = Buffer.alloc(8);
  [head[0], head[1]] = [type, code];
  head.writeUInt32BE(rest, 4);
  const payload = Buffer.concat([head, body]);
  const pseudo = protocol === 58 ? pseudoHeader(from, to, protocol, payload.byteLength) : Buffer.alloc(0);
  payload.writeUInt16BE(checksumOf(Buffer.concat([pseudo, payload])), 2);
  return { from, to, protocol, payload };
}

/** An Ethernet frame. */
export function frameOfIp(bytes: Buffer, timeMs: number): MadePacket {
  const ethernet = Buffer.from(`020000000002020000000001${bytes[0]! >> 4 === 4 ? '0800' : '86dd'}`, 'hex');
  return { timeMs: 1_700_000_000_000 + timeMs, data: Buffer.concat([ethernet, bytes]) };
}

export interface MadeArp {
  readonly operation: number;
  readonly from: readonly [link: string, address: string];
  readonly to: readonly [link: string, address: string];
}

/** A message of ARP (RFC 826) in an Ethernet frame; links are hexadecimal: `020000000001`. */
export function arpFrame({ operation, from, to }: MadeArp, timeMs: number): MadePacket {
  const header = Buffer.from('0001080006040000', 'hex');
  header.writeUInt16BE(operation, 6);
  const ends = [from, to].flatMap(([link, address]) => [Buffer.from(link, 'hex'), addressBytes(address)]);
  const ethernet = Buffer.from(`ffffffffffff${from[0]}0806`, 'hex');
  return { timeMs: 1_700_000_000_000 + timeMs, data: Buffer.concat([ethernet, header, ...ends]) };
}

function pseudoHeader(from: string, to: string, protocol: number, length: number): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32BE(length, 0);
  end[7] = protocol;
  return Buffer.concat([addressBytes(from), addressBytes(to), end]);
}

/** RFC 1071. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.byteLength; at += 2) sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

function addressBytes(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [left = '', right] = text.split('::');
  const [before, after] = [groupsOf(left), groupsOf(right)];
  const zeros = right === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function groupsOf(part: string | undefined): string[] {
  return part ? part.split(':') : [];
}
