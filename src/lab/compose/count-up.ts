import { addressNumber, familyOf, lastAddress, subnetOf, textOfAddress } from '../../core/address-family.ts';

const MAC = /^(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/;
/** A port of this host and one of a machine: `8080+:80`, `127.0.0.1:8080+:80`. */
const PUBLISHED = /^(.*?)(\d{1,9})\+(:\d+)$/;

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
  if (MAC.test(first)) return macAt(Number.parseInt(first.replaceAll(':', ''), 16) + steps);
  const address = addressNumber(first);
  if (address === undefined) return undefined;
  if (steps === 0) return first;
  const family = familyOf(first);
  const next = address + BigInt(steps);
  return next > lastAddress(subnetOf(family, 0n, 0)) ? undefined : textOfAddress(family, next);
}

/** `8080+:80` with the port of this host that comes `steps` after that one; undefined for other texts. */
export function publishedUp(text: string, steps: number): string | undefined {
  const [, address, port, rest] = PUBLISHED.exec(text) ?? [];
  return port === undefined ? undefined : `${address}${Number(port) + steps}${rest}`;
}

function macAt(value: number): string | undefined {
  if (value >= 2 ** 48) return undefined;
  return value
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:');
}
