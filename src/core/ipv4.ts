/** IPv4 addresses as unsigned 32-bit numbers, subnets as RFC 4632 (CIDR) defines them. */
export interface Subnet {
  /** Network address. */
  readonly network: number;
  readonly prefixLength: number;
}

/** The address as a number, or undefined unless it is four decimal octets without leading zeros. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** Dotted-decimal notation of an address. */
export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/**
 * `192.168.100.0/24` as a subnet, or undefined unless it is an address, a slash and a prefix length of 0 to 32. Host
 * bits are kept out.
 */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const value = parseIPv4(address);
  if (rest.length > 0 || value === undefined || !/^(0|[1-9]\d?)$/.test(length) || Number(length) > 32) return undefined;
  return subnetAt(value, Number(length));
}

/** The subnet of this prefix length that holds an address. */
export function subnetAt(address: number, prefixLength: number): Subnet {
  return { network: (address & maskOf(prefixLength)) >>> 0, prefixLength };
}

export function formatSubnet({ network, prefixLength }: Subnet): string {
  return `${formatIPv4(network)}/${prefixLength}`;
}

export function contains(subnet: Subnet, address: number): boolean {
  return (address & maskOf(subnet.prefixLength)) >>> 0 === subnet.network;
}

/** The last address of the subnet, to which a broadcast goes (RFC 919). */
export function broadcastOf({ network, prefixLength }: Subnet): number {
  return (network | ~maskOf(prefixLength)) >>> 0;
}

/**
 * The addresses that hosts can have: all but the first and the last, which are the network's own; in a point-to-point
 * subnet (/31) both (RFC 3021).
 */
export function hostRange(subnet: Subnet): { readonly first: number; readonly last: number } {
  const last = broadcastOf(subnet);
  return isPointToPoint(subnet) ? { first: subnet.network, last } : { first: subnet.network + 1, last: last - 1 };
}

/** Two hosts and nothing else: no address of the network itself, none for broadcasts (RFC 3021). */
export function isPointToPoint({ prefixLength }: Subnet): boolean {
  return prefixLength === 31;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return contains(a, b.network) || contains(b, a.network);
}

function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

/**
 * "This host", loopback, link-local with the metadata services of clouds, groups, reserved (RFC 6890): never a
 * destination beyond a gateway.
 */
export const nowhere: readonly string[] = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'];
/** Private use (RFC 1918) and shared address space (RFC 6598). */
export const privateRanges: readonly string[] = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'];

const [nowhereSubnets, privateSubnets] = [nowhere, privateRanges].map((ranges) =>
  ranges.map((text) => parseSubnet(text)!),
);

/** Whether no packet to it may leave a gateway. */
export function isNowhere(address: number): boolean {
  return nowhereSubnets!.some((subnet) => contains(subnet, address));
}

/** Whether it means something only around this host. */
export function isPrivate(address: number): boolean {
  return privateSubnets!.some((subnet) => contains(subnet, address));
}
