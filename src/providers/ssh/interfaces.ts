import { canonicalAddress } from '../../core/address-family.ts';
import { parseIPv4 } from '../../core/ipv4.ts';

/** A network interface as a machine shows it. */
export interface FoundInterface {
  readonly name: string;
  readonly addresses: readonly FoundAddress[];
  /** Whether it carries packets; undefined where the machine does not say. */
  readonly isUp: boolean | undefined;
  /** Undefined where the machine does not say. */
  readonly mac?: string | undefined;
  /** In bytes; undefined where the machine does not say. */
  readonly mtu?: number | undefined;
}

export interface FoundAddress {
  /** Dotted-decimal, or as RFC 5952 writes it. */
  readonly address: string;
  readonly prefixLength: number | undefined;
}

/**
 * Pure: the lines of `ip -o addr`, `ip -o link` or `ifconfig -a` (of Linux, BusyBox and BSD) as interfaces with their
 * addresses.
 */
export function parseLinks(lines: {
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly ifconfig: readonly string[];
}): FoundInterface[] {
  return lines.links.length > 0 || lines.addresses.length > 0
    ? fromIp(lines.addresses, lines.links)
    : fromIfconfig(lines.ifconfig);
}

/** `2: eth0    inet 192.168.100.4/24 brd …` and `2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu …`. */
function fromIp(addresses: readonly string[], links: readonly string[]): FoundInterface[] {
  const found = new Map<string, Growing>();
  for (const line of links) {
    const [, name = '', flags = ''] = /^\d+: ([^@:\s]+)(?:@\S+)?: <([^>]*)>/.exec(line) ?? [];
    if (name === '') continue;
    found.set(name, { name, addresses: [], isUp: flags.split(',').includes('LOWER_UP'), ...cardOf(line) });
  }
  for (const line of addresses) {
    const [, name = '', text = '', length] = /^\d+: (\S+)\s+inet6? ([\da-fA-F.:]+)(?:\/(\d+))?/.exec(line) ?? [];
    const address = canonicalAddress(text);
    if (address === undefined) continue;
    const entry = found.get(name) ?? { name, addresses: [], isUp: undefined };
    entry.addresses.push({ address, prefixLength: length === undefined ? undefined : Number(length) });
    found.set(name, entry);
  }
  return [...found.values()];
}

type Growing = Omit<FoundInterface, 'addresses'> & { readonly addresses: FoundAddress[] };

/** `mtu 1500 … link/ether 02:…`, `ether 02:… mtu 1500`, `HWaddr 02:… MTU:1500`. */
function cardOf(text: string): Pick<FoundInterface, 'mac' | 'mtu'> {
  const mac = /(?:ether|HWaddr) ([\da-fA-F]{2}(?::[\da-fA-F]{2}){5})/.exec(text)?.[1]?.toLowerCase();
  const mtu = /\bmtu[ :](\d+)/i.exec(text)?.[1];
  return { ...(mac && { mac }), ...(mtu && { mtu: Number(mtu) }) };
}

/**
 * A block for each interface: its name at the start of a line, and below it `inet 10.0.0.1 netmask 255.255.255.0`,
 * `inet addr:10.0.0.1 … Mask:255.255.255.0` or `netmask 0xffffff00`, and `inet6 fd00::4 prefixlen 64` or `inet6 addr:
 * fd00::4/64`.
 */
function fromIfconfig(lines: readonly string[]): FoundInterface[] {
  const found: Growing[] = [];
  for (const line of lines) {
    const name = /^([\w.@-]+):?\s/.exec(line)?.[1];
    if (name !== undefined) found.push({ name, addresses: [], isUp: undefined });
    const current = found.at(-1);
    if (current === undefined) continue;
    const isUp = current.isUp === true || /\bRUNNING\b/.test(line) ? true : current.isUp;
    found.splice(-1, 1, { ...current, isUp, ...cardOf(line) });
    const [, dotted, mask = ''] =
      /\binet (?:addr:)?(\d+\.\d+\.\d+\.\d+).*?(?:[Nn]et[Mm]ask |Mask:)(\S+)/.exec(line) ?? [];
    if (dotted !== undefined) current.addresses.push({ address: dotted, prefixLength: prefixOf(mask) });
    const [, text = '', length] =
      /\binet6 (?:addr: ?)?([\da-fA-F:.]+)(?:%\S+)?(?:\/| +prefixlen )(\d+)/.exec(line) ?? [];
    const address = canonicalAddress(text);
    if (address !== undefined) current.addresses.push({ address, prefixLength: Number(length) });
  }
  return found;
}

/** `255.255.255.0` or `0xffffff00` → 24. */
function prefixOf(mask: string): number | undefined {
  const value = mask.startsWith('0x') ? Number(mask) : parseIPv4(mask);
  return value === undefined || Number.isNaN(value) ? undefined : (value.toString(2).match(/1/g)?.length ?? 0);
}
