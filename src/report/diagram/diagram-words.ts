import type { Side } from '../../packets/conversation.ts';
import { columnsOf } from '../../core/text/sanitize.ts';
import type { DiagramWords, ProgramEnd } from '../language/wording.ts';

/** The words next to a segment. */
export type Words =
  /**
   * `line`: as the operator saw it. `payload`: what the program sent by itself, which no terminal of that side shows.
   * `command`: what started the program.
   */
  { readonly kind: 'line' | 'payload' | 'command'; readonly text: string } | ({ readonly kind: 'end' } & ProgramEnd);

/** The text of words, in a language. */
export function textOfWords(words: Words, { programEnd }: DiagramWords): string {
  return words.kind === 'end' ? programEnd(words) : words.text;
}

/** Next to one segment: at the side that sent it what caused it, at the other side its result there. */
export type SegmentWords = { readonly [S in Side]?: Words };

/**
 * Cuts text into lines of at most `columns` columns, at blanks where that wastes little; the last of `lines` lines ends
 * in `…` when there was more.
 */
export function wrapText(text: string, columns: number, lines: number): string[] {
  const wrapped: string[] = [];
  let rest = text.trim().replaceAll(/\s+/g, ' ');
  while (rest !== '') {
    const head = headOf(rest, columns);
    if (head === rest || wrapped.length === lines - 1)
      return [...wrapped, head === rest ? head : `${headOf(rest, columns - 1)}…`];
    const blank = head.lastIndexOf(' ');
    const end = rest[head.length] === ' ' || blank < head.length / 3 ? head.length : blank;
    wrapped.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return wrapped;
}

/** Text in at most `columns` columns. */
export function cutText(text: string, columns: number): string {
  return wrapText(text, columns, 1)[0] ?? '';
}

/** The longest start of a text that takes at most `columns` columns, and at least one character. */
function headOf(text: string, columns: number): string {
  let taken = 0;
  let end = 0;
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > columns && end > 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}
