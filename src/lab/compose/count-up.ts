import { formatIPv4, parseIPv4 } from '../../core/ipv4.ts';

const IPV6 = /^([0-9a-fA-F:]*:)([0-9a-fA-F]{0,4})$/;
const MAC = /^(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/;

/** Whether a text says that it counts up: an address or a number with `+` behind it. */
export function countsUp(text: string): boolean {
  return text.endsWith('+') && countedUp(text, 0) !== undefined;
}

/**
 * The address or number that comes `steps` after the one of `192.168.100.10+`, `fd00::10+`, `02:00:00:00:00:10+` or
 * `2201+`; undefined for other texts, and where there is none any more.
 */
export function countedUp(text: string, steps: number): string | number | undefined {
  if (!text.endsWith('+')) return undefined;
  const first = text.slice(0, -1);
  if (/^\d{1,9}$/.test(first)) return Number(first) + steps;
  const ipv4 = parseIPv4(first);
  if (ipv4 !== undefined) return ipv4 + steps > 0xffff_ffff ? undefined : formatIPv4(ipv4 + steps);
  if (MAC.test(first)) return macAt(Number.parseInt(first.replaceAll(':', ''), 16) + steps);
  const [, head, last] = IPV6.exec(first) ?? [];
  if (head === undefined || !isIPv6(first)) return undefined;
  const group = Number.parseInt(last === '' ? '0' : last!, 16) + steps;
  return group > 0xffff ? undefined : `${head}${group.toString(16)}`;
}

function isIPv6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}

function macAt(value: number): string | undefined {
  if (value >= 2 ** 48) return undefined;
  return value
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:');
}
