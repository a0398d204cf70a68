import { formatIPv4, parseIPv4 } from './ipv4.ts';
import { ipv6Text, isIPv6Text, parseIPv6 } from './ipv6.ts';

/** The families of the Internet Protocol, for what is done alike for both: their addresses as numbers of any size. */
export type Family = 4 | 6;

export const families: readonly Family[] = [4, 6];

/** Something of each family, as far as there is one. */
export type ByFamily<T> = { readonly [F in Family]?: T | undefined };

export interface FamilySubnet {
  readonly family: Family;
  /** The first address, all bits after the prefix zero. */
  readonly network: bigint;
  readonly prefixLength: number;
}

const bitsOf: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** By its text alone, which need not be that of an address. */
export function familyOf(text: string): Family {
  return isIPv6Text(text) ? 6 : 4;
}

/** The address as a number, or undefined for what is none. */
export function addressNumber(text: string): bigint | undefined {
  if (isIPv6Text(text)) return parseIPv6(text);
  const value = parseIPv4(text);
  return value === undefined ? undefined : BigInt(value);
}

/** Dotted-decimal, or as RFC 5952 writes it. */
export function textOfAddress(family: Family, address: bigint): string {
  return family === 4 ? formatIPv4(Number(address)) : ipv6Text(address);
}

/** The same address has the same text. Undefined for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  const value = addressNumber(text);
  return value === undefined ? undefined : textOfAddress(familyOf(text), value);
}

/** A subnet in CIDR notation, its host bits left out; undefined for what is none. */
export function familySubnet(text: string): FamilySubnet | undefined {
  const [, address = '', length = ''] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const [family, value] = [familyOf(address), addressNumber(address)];
  return value === undefined || Number(length) > bitsOf[family] ? undefined : subnetOf(family, value, Number(length));
}

/** The subnet of this prefix length that holds an address. */
export function subnetOf(family: Family, address: bigint, prefixLength: number): FamilySubnet {
  const hostBits = BigInt(bitsOf[family] - prefixLength);
  return { family, network: (address >> hostBits) << hostBits, prefixLength };
}

/** In CIDR notation. */
export function textOfSubnet({ family, network, prefixLength }: FamilySubnet): string {
  return `${textOfAddress(family, network)}/${prefixLength}`;
}

export function lastAddress({ family, network, prefixLength }: FamilySubnet): bigint {
  return network | ((1n << BigInt(bitsOf[family] - prefixLength)) - 1n);
}

/**
 * The addresses that hosts can have: not the first, which is the network's own (RFC 4291, section 2.6.1: of all its
 * routers), nor of IPv4 the last, to which broadcasts go. Of a subnet of two addresses both (RFC 3021, RFC 6164).
 */
export function hostsOf(subnet: FamilySubnet): { readonly first: bigint; readonly last: bigint } {
  const [first, last] = [subnet.network, lastAddress(subnet)];
  if (isPair(subnet)) return { first, last };
  return { first: first + 1n, last: subnet.family === 4 ? last - 1n : last };
}

/** Two addresses and nothing else. */
export function isPair({ family, prefixLength }: FamilySubnet): boolean {
  return prefixLength === bitsOf[family] - 1;
}

export function holds(subnet: FamilySubnet, address: bigint): boolean {
  return address >= subnet.network && address <= lastAddress(subnet);
}

/** Of two subnets of one family. */
export function shareAddresses(a: FamilySubnet, b: FamilySubnet): boolean {
  return a.family === b.family && (holds(a, b.network) || holds(b, a.network));
}
