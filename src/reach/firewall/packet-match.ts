import { addressNumber, familyOf, familySubnet, holds } from '../../core/address-family.ts';
import { fieldsOf } from './ruleset.ts';

/** A packet of the connection in question, or an echo and its answer, as rules see it. */
export interface Packet {
  /** By its name in nft(8). */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'ipv6-icmp';
  readonly source: string;
  readonly destination: string;
  /** Undefined for the client's own port, which the system chooses. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** The interface that it comes in, or goes out; undefined when that is not known. */
  readonly incoming: string | undefined;
  readonly outgoing: string | undefined;
  /** The first packet of a client is `new`; the answer belongs to an established connection. */
  readonly state: 'new' | 'established';
}

/** `maybe`: it depends on what is not looked at. */
export type Answer = 'yes' | 'no' | 'maybe';

/** Elements of a named set; undefined when there is no such set. */
export type SetElements = (name: string) => readonly unknown[] | undefined;

/** From where Linux takes ports of clients, without those of its range that an administrator moved. */
const clientPorts: Range = { from: 32_768, to: 60_999 };

interface Range {
  readonly from: number | bigint;
  readonly to: number | bigint;
}

/** What a packet has in one field: undefined when it is not known, null when it has no such field. */
type Value = string | number | Range | readonly string[] | null | undefined;

/** Whether a packet fits one match of a rule (libnftables-json(5), `match`). */
export function matches(match: unknown, packet: Packet, sets: SetElements): Answer {
  const { op, left, right } = fieldsOf(match) ?? {};
  const value = valueOf(left, packet);
  if (value === null) return 'no';
  if (value === undefined) return 'maybe';
  const answer = fits(value, right, sets, String(op));
  return op === '!=' ? opposite(answer) : answer;
}

/** Value of the key of a verdict map, as `matches` compares it with one element. */
export function matchesKey(key: unknown, element: unknown, packet: Packet, sets: SetElements): Answer {
  return matches({ op: '==', left: key, right: element }, packet, sets);
}

function opposite(answer: Answer): Answer {
  return answer === 'maybe' ? answer : answer === 'yes' ? 'no' : 'yes';
}

function valueOf(left: unknown, packet: Packet): Value {
  const { payload, meta, ct, '&': masked } = fieldsOf(left) ?? {};
  if (Array.isArray(masked)) {
    const [flags, mask] = [valueOf(masked[0], packet), [masked[1]].flat() as unknown[]];
    return Array.isArray(flags) ? flags.filter((flag: string) => mask.includes(flag)) : undefined;
  }
  const field = fieldsOf(payload);
  if (field !== undefined) return payloadValue(String(field['protocol']), String(field['field']), packet);
  if (meta !== undefined) return metaValue(String(fieldsOf(meta)?.['key']), packet);
  if (ct !== undefined) return ctValue(String(fieldsOf(ct)?.['key']), packet);
  return undefined;
}

function payloadValue(layer: string, field: string, packet: Packet): Value {
  const isIPv6 = packet.destination.includes(':');
  if (layer === 'ip' || layer === 'ip6') {
    if ((layer === 'ip6') !== isIPv6) return null;
    return { saddr: packet.source, daddr: packet.destination, protocol: packet.protocol, nexthdr: packet.protocol }[
      field
    ];
  }
  const isIcmp = packet.protocol === 'icmp' || packet.protocol === 'ipv6-icmp';
  if (isIcmp && layer === (isIPv6 ? 'icmpv6' : 'icmp')) return icmpValue(field, packet);
  if (!isIcmp && (layer === 'th' || layer === packet.protocol)) {
    if (field === 'sport') return packet.sourcePort ?? clientPorts;
    if (field === 'dport') return packet.destinationPort ?? clientPorts;
    return field === 'flags' ? (packet.state === 'new' ? ['syn'] : ['syn', 'ack']) : undefined;
  }
  return layer === 'ether' || layer === 'vlan' ? undefined : null;
}

/** The first packet is an echo request, the answer its reply (RFC 792, RFC 4443). */
function icmpValue(field: string, { state }: Packet): Value {
  if (field === 'type') return state === 'new' ? 'echo-request' : 'echo-reply';
  return field === 'code' ? 0 : undefined;
}

function metaValue(key: string, packet: Packet): Value {
  const isIPv6 = packet.destination.includes(':');
  switch (key) {
    case 'l4proto':
      return packet.protocol;
    case 'nfproto':
      return isIPv6 ? 'ipv6' : 'ipv4';
    case 'protocol':
      return isIPv6 ? 'ip6' : 'ip';
    case 'iif':
    case 'iifname':
      return packet.incoming ?? (packet.outgoing === undefined ? undefined : null);
    case 'oif':
    case 'oifname':
      return packet.outgoing ?? (packet.incoming === undefined ? undefined : null);
    default:
      return undefined;
  }
}

function ctValue(key: string, { state }: Packet): Value {
  if (key === 'state') return state;
  return key === 'direction' ? (state === 'new' ? 'original' : 'reply') : undefined;
}

function fits(value: NonNullable<Value>, right: unknown, sets: SetElements, op: string): Answer {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = sets(right.slice(1));
    return elements === undefined ? 'maybe' : anyOf(elements, value, sets);
  }
  if (Array.isArray(value) && op !== 'in') return sameFlags(value as readonly string[], right);
  if (Array.isArray(right)) return anyOf(right, value, sets);
  const { set, range, prefix, elem } = fieldsOf(right) ?? {};
  if (Array.isArray(set)) return anyOf(set, value, sets);
  if (elem !== undefined) return fits(value, fieldsOf(elem)?.['val'], sets, op);
  if (Array.isArray(range)) return inRange(value, range[0], range[1]);
  if (prefix !== undefined) return inPrefix(value, fieldsOf(prefix));
  if (typeof right === 'number') return compare(value, right, op);
  return typeof right === 'string' ? sameText(value, right) : 'maybe';
}

function anyOf(elements: readonly unknown[], value: NonNullable<Value>, sets: SetElements): Answer {
  const answers = new Set(elements.map((element) => fits(value, element, sets, '==')));
  if (answers.has('yes')) return 'yes';
  return answers.has('maybe') ? 'maybe' : 'no';
}

function compare(value: NonNullable<Value>, right: number, op: string): Answer {
  switch (op) {
    case '<':
      return inRange(value, 0, right - 1);
    case '<=':
      return inRange(value, 0, right);
    case '>':
      return inRange(value, right + 1, 65_535);
    case '>=':
      return inRange(value, right, 65_535);
    default:
      return inRange(value, right, right);
  }
}

function inRange(value: NonNullable<Value>, low: unknown, high: unknown): Answer {
  const [from, to] = [numberOf(low), numberOf(high)];
  const own = typeof value === 'object' && 'from' in value ? value : { from: numberOf(value), to: numberOf(value) };
  if (from === undefined || to === undefined || own.from === undefined || own.to === undefined) return 'maybe';
  if (own.from >= from && own.to <= to) return 'yes';
  return own.to < from || own.from > to ? 'no' : 'maybe';
}

/** A number, or an address as one. */
function numberOf(value: unknown): number | bigint | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? addressNumber(value) : undefined;
}

function inPrefix(value: NonNullable<Value>, prefix: Readonly<Record<string, unknown>> | undefined): Answer {
  const subnet = familySubnet(`${String(prefix?.['addr'])}/${String(prefix?.['len'])}`);
  if (subnet === undefined || typeof value !== 'string') return 'maybe';
  const address = addressNumber(value);
  if (address === undefined) return 'maybe';
  return subnet.family === familyOf(value) && holds(subnet, address) ? 'yes' : 'no';
}

/** Flags of TCP that are set, as `syn` or a list; anything else is not understood. */
function sameFlags(value: readonly string[], right: unknown): Answer {
  const wanted = [right].flat();
  if (wanted.some((one) => typeof one !== 'string')) return 'maybe';
  return wanted.length === value.length && wanted.every((one) => value.includes(one as string)) ? 'yes' : 'no';
}

/** `eth0`, `eth*`, `established`; one of several flags. */
function sameText(value: NonNullable<Value>, right: string): Answer {
  if (Array.isArray(value)) return value.includes(right) ? 'yes' : 'no';
  if (typeof value !== 'string') return 'maybe';
  const isSame = right.endsWith('*') ? value.startsWith(right.slice(0, -1)) : value === right;
  return isSame ? 'yes' : 'no';
}
