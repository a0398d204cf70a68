import { sanitize, sanitizeToLine } from '../../core/text/sanitize.ts';
import type { Prose, Value } from '../document/blocks.ts';
import type { Notation } from '../language/wording.ts';

/**
 * What means something to CommonMark within a line, `|` of tables, `~` and `$` of GitHub; `<` and `&` so that no HTML
 * gets through. At the beginning of a line also what begins a heading or a list.
 */
const SPECIAL = /[\\`*_[\]<>|~&$]|^(?:[#+=-]|\d+(?=[.)]))/g;

/** Any text in one line of Markdown, read as it stands (CommonMark 0.31, 2.4). */
export function escapeText(text: string): string {
  return sanitizeToLine(text)
    .trimStart()
    .replaceAll(SPECIAL, (match) => (/^\d/.test(match) ? `${match}\\` : `\\${match}`));
}

/** A code span (CommonMark 6.1) that may stand in a table: its fence is longer than any backquotes in it. */
function codeSpan(text: string): string {
  const line = sanitizeToLine(text);
  if (line.trim() === '') return '';
  const fence = fenceFor(line, 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line.replaceAll('|', String.raw`\|`)}${pad}${fence}`;
}

/** A code block (CommonMark 4.5) that no line of the text can end. */
export function codeBlock(text: string, info = ''): string {
  const fence = fenceFor(text, 3);
  return `${fence}${info}\n${sanitize(text).replace(/\n?$/, '\n')}${fence}\n`;
}

/** Backquotes, more than stand together anywhere in the text. */
function fenceFor(text: string, least: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(Math.max(least, longest + 1));
}

/** Our own words, in which code stands between backquotes. */
export function proseText(text: Prose, notation: Notation): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? codeSpan(part) : escapeProse(notation.typeset(part))))
    .join('');
}

/** Our own words hold no markup, but a lone `*` or `|` would be some. */
function escapeProse(text: string): string {
  return text.replaceAll(/[\\*_[\]<>|~]/g, String.raw`\$&`);
}

export function valueText(value: Value, notation: Notation): string {
  if (typeof value === 'string') return proseText(value, notation);
  const mark = value.tone === 'good' ? '✓ ' : value.tone === 'bad' ? '✗ ' : '';
  return mark + (value.plain ? escapeText(notation.typeset(value.data)) : codeSpan(value.data));
}
