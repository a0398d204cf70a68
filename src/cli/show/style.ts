import { styleText } from 'node:util';
import { sanitize } from '../../core/text/sanitize.ts';

/** Makes text stand out, or leaves it as it is where colours are not wanted. */
export type Style = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

export const plain: Style = (_format, text) => text;

/** Colours on a terminal; `--no-color` and NO_COLOR (https://no-color.org) switch them off, FORCE_COLOR on. */
export function styleFor(stream: { readonly isTTY?: boolean }, wanted: boolean): Style {
  return usesColor(stream, wanted) ? (format, text) => styleText(format, text, { validateStream: false }) : plain;
}

/** Whether colours are to be written to the stream. */
export function usesColor(stream: { readonly isTTY?: boolean }, wanted: boolean): boolean {
  if (!wanted || process.env['NO_COLOR']) return false;
  if (process.env['FORCE_COLOR']) return process.env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** SGR, which sets colours (ECMA-48, 8.3.117): what `Style` writes. */
const COLORS = /(\x1b\[[\d;]*m)/;

/**
 * The text of a result as a terminal may get it: its colours stay; any other control character, from a machine, a file
 * or a name, is shown by its number.
 */
export function harmlessResult(text: string): string {
  return text
    .split(COLORS)
    .map((part, index) => (index % 2 === 1 ? part : sanitize(part)))
    .join('');
}
