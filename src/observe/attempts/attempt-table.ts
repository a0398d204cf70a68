import { addressText } from '../../packets/address-text.ts';
import type { ConnectionAttempt } from '../../core/connection-attempt.ts';
import { attributeAt, decodeAttributes, decodeMessages } from './netlink.ts';
import {
  countIn,
  deleteTable,
  ELEMENTS_MESSAGE,
  getElements,
  hook,
  isEqual,
  isNotEqual,
  keepBits,
  loadBytes,
  loadMeta,
  loadValue,
  meta,
  newChain,
  newRule,
  newSet,
  newTable,
  number,
  register,
  together,
  type Change,
  type DynamicSet,
  type Expression,
  type PacketBytes,
} from './nftables.ts';

/** What is counted, by the number that begins the key of an element. */
const counted = ['count', 'refused', 'unreachable', 'answered'] as const;
type Counted = (typeof counted)[number];

const TABLE = 'lab_watch';
const MOST_ELEMENTS = 8192;

/** Where the parts of a key lie in registers: what is counted, protocol, address, port. */
const key = { first: register(0), protocol: register(1), address: register(2) } as const;
/** Behind the longest key. */
const scratch = register(12);

/** Types of nft(8): mark, inet_proto, then the address, inet_service. */
const keyTypeOf = (address: number): number => (((((19 << 6) | 12) << 6) | address) << 6) | 13;

/** What differs between IPv4 and IPv6. Offsets in bytes, within the IP header. */
interface Version {
  readonly set: DynamicSet;
  /** As nfproto of nft(8). */
  readonly protocol: number;
  readonly addressBytes: 4 | 16;
  readonly headerBytes: number;
  readonly source: number;
  readonly destination: number;
  /** Where the header has the number of what it carries. */
  readonly next: number;
  readonly icmp: { readonly protocol: number; readonly unreachable: number; readonly portUnreachable: number };
}

const versions: readonly Version[] = [
  {
    set: { table: TABLE, set: 'ipv4', id: 1, keyType: keyTypeOf(7), keyBytes: 16, most: MOST_ELEMENTS },
    protocol: 2,
    addressBytes: 4,
    headerBytes: 20,
    source: 12,
    destination: 16,
    next: 9,
    icmp: { protocol: 1, unreachable: 3, portUnreachable: 3 },
  },
  {
    set: { table: TABLE, set: 'ipv6', id: 2, keyType: keyTypeOf(8), keyBytes: 28, most: MOST_ELEMENTS },
    protocol: 10,
    addressBytes: 16,
    headerBytes: 40,
    source: 8,
    destination: 24,
    next: 6,
    icmp: { protocol: 58, unreachable: 1, portUnreachable: 4 },
  },
];

const protocols = { tcp: 6, udp: 17 } as const;
const tcpFlags = { synAck: 0x12, rstAck: 0x14, syn: 0x02 } as const;
/** Both kinds of ports: the source's stands at 0. */
const DESTINATION_PORT = 2;
/** An ICMP message of this kind repeats the packet that it answers behind its own header. */
const ICMP_HEADER_BYTES = 8;

export interface WatchOptions {
  /** Counts only what programs of this account send; where others than the lab's run on the machine, too. */
  readonly userId?: number | undefined;
}

/** The rules that count, with all counts at 0, whether or not there were some before. */
export function startCounting(options: WatchOptions = {}): Buffer {
  const chains = [
    { table: TABLE, chain: 'out', hook: hook.output, priority: -300 },
    { table: TABLE, chain: 'in', hook: hook.input, priority: -300 },
  ];
  return together([
    // What is not there cannot be deleted.
    newTable(TABLE),
    deleteTable(TABLE),
    newTable(TABLE),
    ...versions.map(({ set }) => newSet(set)),
    ...chains.map((chain) => newChain(chain)),
    ...versions.flatMap((version) => rulesOf(version, options)),
  ]);
}

export function stopCounting(): Buffer {
  return together([deleteTable(TABLE)]);
}

/** One question for each set. */
export function countQuestions(): Buffer[] {
  return versions.map(({ set: { set } }) => getElements(TABLE, set));
}

function rulesOf(version: Version, { userId }: WatchOptions): Change[] {
  const { destination, source } = version;
  const ofUser = userId === undefined ? [] : sentBy(userId);
  const there = { address: at('network', destination), port: at('transport', DESTINATION_PORT) };
  const back = { address: at('network', source), port: at('transport', 0) };
  return [
    out([...tcpWith(version, tcpFlags.synAck, tcpFlags.syn), ...ofUser, ...counting(version, 'count', 'tcp', there)]),
    out([...carries(version, protocols.udp), ...ofUser, ...counting(version, 'count', 'udp', there)]),
    into([...tcpWith(version, tcpFlags.synAck, tcpFlags.synAck), ...counting(version, 'answered', 'tcp', back)]),
    into([
      // Only a RST that answers a SYN has the sequence number 0 (RFC 9293, 3.10.7.1).
      ...tcpWith(version, tcpFlags.rstAck, tcpFlags.rstAck),
      loadBytes({ base: 'transport', offset: 4, length: 4 }, scratch),
      isEqual(scratch, number(0)),
      ...counting(version, 'refused', 'tcp', back),
    ]),
    ...(['refused', 'unreachable'] as const).map((what) => into(toldByIcmp(version, what))),
  ];
}

function out(rule: readonly Expression[]): Change {
  return newRule(TABLE, 'out', rule);
}

function into(rule: readonly Expression[]): Change {
  return newRule(TABLE, 'in', rule);
}

type Place = Pick<PacketBytes, 'base' | 'offset'>;
const at = (base: PacketBytes['base'], offset: number): Place => ({ base, offset });

function carries({ protocol }: Version, carried: number): Expression[] {
  return [
    loadMeta(meta.nfProtocol, scratch),
    isEqual(scratch, Buffer.from([protocol])),
    loadMeta(meta.l4Protocol, scratch),
    isEqual(scratch, Buffer.from([carried])),
  ];
}

function tcpWith(version: Version, mask: number, flags: number): Expression[] {
  return [
    ...carries(version, protocols.tcp),
    loadBytes({ base: 'transport', offset: 13, length: 1 }, scratch),
    keepBits(scratch, Buffer.from([mask])),
    isEqual(scratch, Buffer.from([flags])),
  ];
}

function sentBy(userId: number): Expression[] {
  const bytes = Buffer.alloc(4);
  // The kernel compares the number as it has it, not as the wire would.
  bytes.writeUInt32LE(userId);
  return [loadMeta(meta.socketUser, scratch), isEqual(scratch, bytes)];
}

interface Ends {
  readonly address: Place;
  readonly port: Place;
}

/** Counts in the element of this protocol, address and port. */
function counting(
  { set, addressBytes }: Version,
  what: Counted,
  protocol: keyof typeof protocols | Place,
  { address, port }: Ends,
): Expression[] {
  return [
    loadValue(number(counted.indexOf(what)), key.first),
    typeof protocol === 'string'
      ? loadValue(Buffer.from([protocols[protocol]]), key.protocol)
      : loadBytes({ ...protocol, length: 1 }, key.protocol),
    loadBytes({ ...address, length: addressBytes }, key.address),
    loadBytes({ ...port, length: 2 }, key.address + addressBytes / 4),
    countIn(set, key.first),
  ];
}

function inside(offset: number): Place {
  return at('transport', ICMP_HEADER_BYTES + offset);
}

/** The port is closed (`refused`), or anything else stands in the way: ICMP tells of the packet that could not arrive. */
function toldByIcmp(version: Version, what: 'refused' | 'unreachable'): Expression[] {
  const { icmp, next, destination, headerBytes } = version;
  const ends = { address: inside(destination), port: inside(headerBytes + DESTINATION_PORT) };
  const isPort = Buffer.from([icmp.portUnreachable]);
  return [
    ...carries(version, icmp.protocol),
    loadBytes({ base: 'transport', offset: 0, length: 1 }, scratch),
    isEqual(scratch, Buffer.from([icmp.unreachable])),
    loadBytes({ base: 'transport', offset: 1, length: 1 }, scratch),
    what === 'refused' ? isEqual(scratch, isPort) : isNotEqual(scratch, isPort),
    ...counting(version, what, inside(next), ends),
  ];
}

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Why the kernel did not do what it was asked, as a negative errno; 0 when it did; undefined without an answer. */
export function refusalIn(answer: Buffer): number | undefined {
  const codes = decodeMessages(answer).flatMap(({ type, body }) => (type === NLMSG_ERROR ? [body.readInt32LE(0)] : []));
  return codes.find((code) => code !== 0) ?? codes[0];
}

/** All that was counted. Undefined when an answer is not whole, or the counting has ended. */
export function attemptsIn(machine: string, answers: readonly Buffer[]): ConnectionAttempt[] | undefined {
  const found = new Map<string, Draft>();
  for (const [index, answer] of answers.entries()) {
    const messages = decodeMessages(answer);
    if (!messages.some(({ type }) => type === NLMSG_DONE)) return undefined;
    for (const { type, body } of messages)
      if (type === ELEMENTS_MESSAGE)
        for (const element of elementsIn(body)) add(found, { machine, ...element }, versions[index]!);
  }
  return (
    [...found.values()]
      // What was answered was tried, by a program that is not counted.
      .filter(({ count }) => count > 0)
  );
}

type Draft = { -readonly [K in keyof ConnectionAttempt]: ConnectionAttempt[K] };

interface Element {
  readonly key: Buffer;
  readonly packets: number;
}

function elementsIn(body: Buffer): Element[] {
  const list = attributeAt(body.subarray(4), 3);
  if (list === undefined) return [];
  return decodeAttributes(list).flatMap(({ value }) => {
    const keyBytes = attributeAt(value, 1, 1);
    const packets = attributeAt(value, 7, 2, 2);
    return keyBytes && packets ? [{ key: keyBytes, packets: Number(packets.readBigUInt64BE()) }] : [];
  });
}

function add(
  found: Map<string, Draft>,
  { machine, key: bytes, packets }: Element & { readonly machine: string },
  { addressBytes }: Version,
): void {
  const protocol = Object.entries(protocols).find(([, value]) => value === bytes[4])?.[0] as keyof typeof protocols;
  const what = counted[bytes.readUInt32BE(0)];
  if (protocol === undefined || what === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const to = { address: addressText(view, 8, addressBytes), port: bytes.readUInt16BE(8 + addressBytes) };
  const id = `${protocol} ${to.address} ${to.port}`;
  const draft = found.get(id) ?? { machine, protocol, to, count: 0, refused: 0, unreachable: 0, answered: 0 };
  found.set(id, draft);
  draft[what] += packets;
}
