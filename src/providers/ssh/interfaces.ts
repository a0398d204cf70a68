import { parseIPv4 } from '../../core/ipv4.ts';

/** A network interface as a machine shows it. */
export interface FoundInterface {
  readonly name: string;
  readonly addresses: readonly FoundAddress[];
  /** Whether it carries packets; undefined where the machine does not say. */
  readonly isUp: boolean | undefined;
}

export interface FoundAddress {
  /** Dotted-decimal. */
  readonly address: string;
  readonly prefixLength: number | undefined;
}

/**
 * Pure: the lines of `ip -o addr`, `ip -o link` or `ifconfig -a` (of Linux, BusyBox and BSD) as interfaces with their
 * IPv4 addresses.
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
  const names = new Map<string, { addresses: FoundAddress[]; isUp: boolean | undefined }>();
  for (const line of links) {
    const [, name = '', flags = ''] = /^\d+: ([^@:\s]+)(?:@\S+)?: <([^>]*)>/.exec(line) ?? [];
    if (name !== '') names.set(name, { addresses: [], isUp: flags.split(',').includes('LOWER_UP') });
  }
  for (const line of addresses) {
    const [, name = '', address = '', length] = /^\d+: (\S+)\s+inet (\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?/.exec(line) ?? [];
    if (address === '') continue;
    const entry = names.get(name) ?? { addresses: [], isUp: undefined };
    entry.addresses.push({ address, prefixLength: length === undefined ? undefined : Number(length) });
    names.set(name, entry);
  }
  return [...names].map(([name, { addresses: own, isUp }]) => ({ name, addresses: own, isUp }));
}

/**
 * A block for each interface: its name at the start of a line, and below it `inet 10.0.0.1 netmask 255.255.255.0`,
 * `inet addr:10.0.0.1 … Mask:255.255.255.0` or `netmask 0xffffff00`.
 */
function fromIfconfig(lines: readonly string[]): FoundInterface[] {
  const found: { name: string; addresses: FoundAddress[]; isUp: boolean | undefined }[] = [];
  for (const line of lines) {
    const name = /^([\w.@-]+):?\s/.exec(line)?.[1];
    if (name !== undefined) found.push({ name, addresses: [], isUp: undefined });
    const current = found.at(-1);
    if (current === undefined) continue;
    if (/\bRUNNING\b/.test(line)) current.isUp = true;
    const [, address, mask = ''] =
      /\binet (?:addr:)?(\d+\.\d+\.\d+\.\d+).*?(?:[Nn]et[Mm]ask |Mask:)(\S+)/.exec(line) ?? [];
    if (address !== undefined) current.addresses.push({ address, prefixLength: prefixOf(mask) });
  }
  return found;
}

/** `255.255.255.0` or `0xffffff00` → 24. */
function prefixOf(mask: string): number | undefined {
  const value = mask.startsWith('0x') ? Number(mask) : parseIPv4(mask);
  return value === undefined || Number.isNaN(value) ? undefined : (value.toString(2).match(/1/g)?.length ?? 0);
}
