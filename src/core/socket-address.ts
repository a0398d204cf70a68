import { formatIPv4 } from './ipv4.ts';
import { formatIPv6 } from './ipv6.ts';
import type { SocketEnd } from './program-look.ts';

/**
 * `127.0.0.1:7999`, `[::1]:7999`, `:::7999`, `*:7999`, `0.0.0.0%eth0:7999`: undefined unless a numeric port stands at
 * the end.
 */
export function splitAddress(text: string): SocketEnd | undefined {
  const match = /^(.+):(\d+)$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { address: bareIPv6(match[1]), port: Number(match[2]) };
}

/** An address without the brackets that keep an IPv6 address apart from its port. */
export function bareIPv6(address: string): string {
  return address.replace(/^\[(.*)\]/, '$1');
}

/** `192.168.100.4:7999` or `[::1]:7999`. */
export function joinAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether only processes of the machine itself reach the address (RFC 1122, RFC 4291). */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./.test(address) || address === '::1';
}

/**
 * An end as proc_net_tcp(5) writes it: the address in hex, each 32-bit word in the byte order of a little-endian host,
 * a colon, the port in hex.
 */
export function parseProcAddress(text: string): SocketEnd | undefined {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const words = (match[1].match(/.{8}/g) ?? []).map(networkOrder);
  const address = words.length === 1 ? formatIPv4(words[0] ?? 0) : formatIPv6(words);
  return { address, port: Number.parseInt(match[2], 16) };
}

function networkOrder(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE();
}
