import type { Prose, Tone, Value } from '../document/blocks.ts';
import type { Notation } from '../language/wording.ts';
import { html, trusted, type Markup } from './markup.ts';

/** Prose, with what stands between backquotes as code. */
export function prose(text: Prose, notation: Notation): Markup {
  const parts = text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${notation.typeset(part)}`));
  return html`${parts}`;
}

/** A value as it stands in a cell or a line. */
export function value(content: Value, notation: Notation): Markup {
  if (typeof content === 'string') return prose(content, notation);
  const { data, tone, plain } = content;
  const text = plain ? notation.typeset(data) : data;
  if (tone !== undefined && tone !== 'none') return html`<span class="tone tone-${tone}">${mark(tone)}${text}</span>`;
  return plain || data === '' ? html`${text}` : html`<code${trusted(codeClass(data))}>${text}</code>`;
}

/** What must not be broken: a hash, an address, a name. */
function codeClass(text: string): string {
  if (/^[\da-f]{64}$/.test(text)) return ' class="hash"';
  return text.length <= 24 ? ' class="short"' : '';
}

/** Seen also where colours are not. */
export function mark(tone: Tone): Markup {
  return {
    good: html`<span class="mark" aria-hidden="true">✓</span> `,
    bad: html`<span class="mark" aria-hidden="true">✗</span> `,
    none: html``,
  }[tone];
}
