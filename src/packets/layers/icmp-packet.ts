import type { FiledPacket, Packet } from '../file/captured-packet.ts';
import type { ChecksumState, IcmpKind, IcmpReason } from '../icmp/icmp-message.ts';
import { addressText, linkAddressText } from '../address-text.ts';
import { checksumState } from './internet-checksum.ts';
import { readIp } from './internet-layer.ts';
import { Protocol, type IpPacket } from './ip-packet.ts';
import { EtherType } from './link-layer.ts';

const HEADER_BYTES = 8;

/** A packet that carries an ICMP message. */
export interface IcmpPacket extends FiledPacket {
  readonly ip: IpPacket;
  readonly type: number;
  readonly code: number;
  readonly kind: IcmpKind;
  readonly reason: IcmpReason | undefined;
  readonly checksum: ChecksumState;
  /** Bytes of the message by the IP header. */
  readonly length: number;
  readonly cited: CitedHeaders | undefined;
}

/** The headers of a packet that a message cites; offsets are those of the file. */
export interface CitedHeaders {
  readonly ip: IpPacket;
  /** The first four bytes of TCP and UDP; undefined where they are not cited, or another protocol has none. */
  readonly ports: { readonly source: number; readonly destination: number } | undefined;
}

interface Meaning {
  readonly kind: IcmpKind;
  readonly reason?: IcmpReason;
}

/** RFC 792, RFC 1122 (3.2.2.1) and RFC 1812 (5.2.7.1); 4 is "fragmentation needed". */
const unreachableV4: Readonly<Record<number, IcmpReason>> = {
  0: 'network',
  1: 'host',
  2: 'protocol',
  3: 'port',
  6: 'network',
  7: 'host',
  9: 'prohibited',
  10: 'prohibited',
  11: 'network',
  12: 'host',
  13: 'prohibited',
};

/** RFC 4443, section 3.1. */
const unreachableV6: Readonly<Record<number, IcmpReason>> = {
  0: 'network',
  1: 'prohibited',
  3: 'host',
  4: 'port',
  5: 'prohibited',
  6: 'network',
};

const exceeded: Readonly<Record<number, IcmpReason>> = { 0: 'hops', 1: 'reassembly' };

const kindsV4: Readonly<Record<number, IcmpKind>> = {
  0: 'echo-reply',
  5: 'redirect',
  8: 'echo-request',
  9: 'router-advertisement',
  10: 'router-solicitation',
  12: 'parameter-problem',
};

const kindsV6: Readonly<Record<number, IcmpKind>> = {
  2: 'packet-too-big',
  4: 'parameter-problem',
  128: 'echo-request',
  129: 'echo-reply',
  133: 'router-solicitation',
  134: 'router-advertisement',
  135: 'neighbour-solicitation',
  136: 'neighbour-advertisement',
  137: 'redirect',
};

function meaningOf(protocol: number, type: number, code: number): Meaning {
  if (protocol === Protocol.icmp) {
    if (type === 3 && code === 4) return { kind: 'packet-too-big' };
    if (type === 3) return { kind: 'unreachable', reason: unreachableV4[code] ?? 'other' };
    if (type === 11) return { kind: 'time-exceeded', reason: exceeded[code] ?? 'other' };
    return { kind: kindsV4[type] ?? 'other' };
  }
  if (type === 1) return { kind: 'unreachable', reason: unreachableV6[code] ?? 'other' };
  if (type === 3) return { kind: 'time-exceeded', reason: exceeded[code] ?? 'other' };
  return { kind: kindsV6[type] ?? 'other' };
}

/** Kinds that hold the beginning of the packet that they are about, behind their own header. */
const citing: ReadonlySet<IcmpKind> = new Set<IcmpKind>([
  'unreachable',
  'packet-too-big',
  'time-exceeded',
  'parameter-problem',
]);

/** Reads the message of an IP packet that carries ICMP, of either family; undefined where it is cut. */
export function readIcmpPacket(filed: FiledPacket, ip: IpPacket): IcmpPacket | undefined {
  const { file, packet } = filed;
  const { offset, protocol, segmentEnd } = ip;
  const length = segmentEnd - offset;
  if (length < HEADER_BYTES || offset + HEADER_BYTES > packet.end) return undefined;
  const [type, code] = [file.view.getUint8(offset), file.view.getUint8(offset + 1)];
  const { kind, reason } = meaningOf(protocol, type, code);
  // The redirect of IPv6 has addresses and options instead (RFC 4861, section 4.5).
  const cites = citing.has(kind) || (kind === 'redirect' && protocol === Protocol.icmp);
  return {
    file,
    packet,
    ip,
    type,
    code,
    kind,
    reason,
    checksum: checksumState(filed, ip, { fieldAt: 2, length }),
    length,
    cited: cites ? readCited(filed, ip) : undefined,
  };
}

function readCited(
  { file: { view }, packet }: FiledPacket,
  { offset, segmentEnd }: IpPacket,
): CitedHeaders | undefined {
  const start = offset + HEADER_BYTES;
  const end = Math.min(segmentEnd, packet.end);
  if (start >= end) return undefined;
  const etherType = { 4: EtherType.ipv4, 6: EtherType.ipv6 }[view.getUint8(start) >> 4];
  if (etherType === undefined) return undefined;
  const inner: Packet = { ...packet, start, end, originalLength: end - start };
  const ip = readIp(view, { etherType, offset: start }, inner);
  if (typeof ip === 'string') return undefined;
  const hasPorts = ip.protocol === Protocol.tcp || ip.protocol === Protocol.udp;
  const isFirst = ip.fragment === undefined || ip.fragment.at === 0;
  if (!hasPorts || !isFirst || ip.offset + 4 > end) return { ip, ports: undefined };
  return { ip, ports: { source: view.getUint16(ip.offset), destination: view.getUint16(ip.offset + 2) } };
}

/** Of echo requests and replies (RFC 792; RFC 4443, section 4). */
export function echoOf({
  file: { view },
  ip,
  kind,
  length,
}: IcmpPacket): { readonly identifier: number; readonly sequence: number; readonly length: number } | undefined {
  if (kind !== 'echo-request' && kind !== 'echo-reply') return undefined;
  return {
    identifier: view.getUint16(ip.offset + 4),
    sequence: view.getUint16(ip.offset + 6),
    length: length - HEADER_BYTES,
  };
}

/** Of `packet-too-big` (RFC 1191, section 4; RFC 4443, section 3.2). */
export function mtuOf({ file: { view }, ip, kind }: IcmpPacket): number | undefined {
  if (kind !== 'packet-too-big') return undefined;
  return ip.protocol === Protocol.icmp ? view.getUint16(ip.offset + 6) : view.getUint32(ip.offset + 4);
}

const TARGET_BYTES = 16;
/** Options "source link-layer address" and "target link-layer address" (RFC 4861, section 4.6.1). */
const linkAddressOptions: ReadonlySet<number> = new Set([1, 2]);

/** Where the options of a message of neighbour discovery begin, behind its header. */
const optionsAt: Partial<Record<IcmpKind, number>> = {
  'router-solicitation': HEADER_BYTES,
  'router-advertisement': 16,
  'neighbour-solicitation': HEADER_BYTES + TARGET_BYTES,
  'neighbour-advertisement': HEADER_BYTES + TARGET_BYTES,
};

/** Whose link address a message of neighbour discovery asks for, or tells (RFC 4861, section 4.3 and 4.4). */
export function targetOf({ file: { view }, packet, ip, kind }: IcmpPacket): string | undefined {
  const start = ip.offset + HEADER_BYTES;
  const has = kind === 'neighbour-solicitation' || kind === 'neighbour-advertisement';
  return has && start + TARGET_BYTES <= Math.min(packet.end, ip.segmentEnd) ? addressText(view, start, 16) : undefined;
}

/** The link address in the options of a message of neighbour discovery. */
export function linkAddressOf({ file: { view }, packet, ip, kind }: IcmpPacket): string | undefined {
  const first = optionsAt[kind];
  if (first === undefined || ip.protocol === Protocol.icmp) return undefined;
  const end = Math.min(packet.end, ip.segmentEnd);
  for (let at = ip.offset + first; at + 8 <= end;) {
    const bytes = view.getUint8(at + 1) * 8;
    if (bytes === 0 || at + bytes > end) return undefined;
    if (linkAddressOptions.has(view.getUint8(at))) return linkAddressText(view, at + 2);
    at += bytes;
  }
  return undefined;
}
