import { networkInterfaces } from 'node:os';

/** Characters that Python's `str.isprintable` refuses: categories "Other" and "Separator", but for the space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', String.raw`\\`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/**
 * A text as Python's `repr` of a `str` shows it: in `'`, or in `"` when it holds a `'` and no `"` (CPython,
 * `unicode_repr`).
 */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const character of text) body += character === quote ? `\\${quote}` : escapeCharacter(character);
  return quote + body + quote;
}

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  if (character === ' ' || !UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/**
 * A socket address as Python shows what `accept` returns: `('192.168.100.5', 36222)`, and four parts for IPv6: host,
 * port, flow label, scope. An IPv4 peer of a dual-stack socket (`::ffff:192.168.100.5`, RFC 4291 2.5.5.2) is shown as
 * IPv4.
 */
export function pythonAddress(host: string, port: number): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  if (mapped?.[1] !== undefined) return `('${mapped[1]}', ${port})`;
  if (!host.includes(':')) return `('${host}', ${port})`;
  const [address, zone] = host.split('%');
  return `('${address}', ${port}, 0, ${zone === undefined ? 0 : scopeOf(zone)})`;
}

/** The number of an interface that stands behind `%` in a link-local address. */
function scopeOf(zone: string): number {
  for (const entry of networkInterfaces()[zone] ?? []) {
    if ('scopeid' in entry && entry.scopeid) return entry.scopeid;
  }
  return Number(zone) || 0;
}
