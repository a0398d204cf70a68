/** An IPv6 subnet (RFC 4291, section 2.3); addresses are unsigned 128-bit numbers. */
export interface Subnet6 {
  /** The first address, all bits after the prefix zero. */
  readonly network: bigint;
  readonly prefixLength: number;
}

const BITS = 128;
const WORD = 0xffff_ffffn;

/**
 * The address as a number, or undefined unless it has one of the text forms of RFC 4291, section 2.2. Neither a zone
 * (`%eth0`) nor brackets belong to it.
 */
export function parseIPv6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const octets = dotted[2]!.split('.');
    if (!octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)) return undefined;
    const digits = octets.map((octet) => Number(octet).toString(16).padStart(2, '0')).join('');
    return parseIPv6(`${dotted[1]!}${digits.slice(0, 4)}:${digits.slice(4)}`);
  }
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const given = halves.flat();
  if (halves.length > 2 || given.some((group) => !/^[\da-f]{1,4}$/i.test(group))) return undefined;
  if (halves.length === 1 ? given.length !== 8 : given.length > 7) return undefined;
  const [head = [], tail = []] = halves;
  const groups = [...head, ...Array.from({ length: 8 - given.length }, () => '0'), ...tail];
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
}

/** The address as RFC 5952 writes it. */
export function ipv6Text(address: bigint): string {
  return formatIPv6([96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & WORD)));
}

/** `fd00:1::/64` as a subnet; undefined unless it is an address, a slash and a prefix length. Host bits are kept out. */
export function parseSubnet6(text: string): Subnet6 | undefined {
  const [, address = '', length = ''] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const value = parseIPv6(address);
  return value === undefined || Number(length) > BITS ? undefined : subnet6At(value, Number(length));
}

/** The subnet of this prefix length that holds an address. */
export function subnet6At(address: bigint, prefixLength: number): Subnet6 {
  const hostBits = BigInt(BITS - prefixLength);
  return { network: (address >> hostBits) << hostBits, prefixLength };
}

export function formatSubnet6({ network, prefixLength }: Subnet6): string {
  return `${ipv6Text(network)}/${prefixLength}`;
}

export function contains6(subnet: Subnet6, address: bigint): boolean {
  return subnet6At(address, subnet.prefixLength).network === subnet.network;
}

/**
 * The addresses that hosts can have: all but the first, which all routers of the subnet share (RFC 4291, section
 * 2.6.1); between two routers (/127) both (RFC 6164).
 */
export function hostRange6({ network, prefixLength }: Subnet6): { readonly first: bigint; readonly last: bigint } {
  const last = network | ((1n << BigInt(BITS - prefixLength)) - 1n);
  return { first: isPointToPoint6({ network, prefixLength }) ? network : network + 1n, last };
}

/** Two routers and nothing else (RFC 6164). */
export function isPointToPoint6({ prefixLength }: Subnet6): boolean {
  return prefixLength === 127;
}

export function overlaps6(a: Subnet6, b: Subnet6): boolean {
  return contains6(a, b.network) || contains6(b, a.network);
}

/** Whether the text of an address, or of a subnet, is one of IPv6: only these have a colon. */
export function isIPv6Text(text: string): boolean {
  return text.includes(':');
}

/**
 * Text of an IPv6 address of four 32-bit words as RFC 5952 wants it: lower case, the longest run of zeros as `::`,
 * IPv4-mapped addresses dotted.
 */
export function formatIPv6(words: readonly number[]): string {
  const [first, second, third, fourth = 0] = words;
  if (first === 0 && second === 0 && third === 0xffff)
    return `::ffff:${[24, 16, 8, 0].map((shift) => (fourth >>> shift) & 255).join('.')}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]).map((group) => group.toString(16));
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
