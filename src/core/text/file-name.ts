import { isUtf8 } from 'node:buffer';

/**
 * One character of valid UTF-8 (RFC 3629, section 4), or one byte that is none, in text that has a character for each
 * byte.
 */
const UTF8_OR_BYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;
const ESCAPED_BYTE = /[\udc80-\udcff]/gu;

/**
 * Pure: the name of a file, which on Unix is any bytes, as text. A byte that is no UTF-8 becomes a lone surrogate,
 * U+DC80 to U+DCFF, so that nothing is lost (as Python does it, PEP 383).
 */
export function decodeFileName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return buffer
    .toString('latin1')
    .replace(UTF8_OR_BYTE, (part) =>
      part.length > 1 ? Buffer.from(part, 'latin1').toString('utf8') : String.fromCharCode(0xdc00 + part.charCodeAt(0)),
    );
}

/** Pure: the bytes of a name, also of one that is no UTF-8. */
export function encodeFileName(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  );
}

/** Pure: a name as Node's file functions take it. */
export function localFileName(text: string): string | Buffer {
  return text.isWellFormed() ? text : encodeFileName(text);
}

/** Pure: a name for people: `caf\xe9.txt`. */
export function shownFileName(text: string): string {
  return text.replace(ESCAPED_BYTE, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}
