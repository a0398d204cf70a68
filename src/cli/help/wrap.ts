import type { Style } from '../show/style.ts';
import type { Span } from './markdown.ts';

/** A line as it is written, and the columns that it takes. */
export interface Line {
  readonly text: string;
  readonly columns: number;
}

/** How text is written: its width, and whether code and strong text are shown by colours or by their marks. */
export interface Layout {
  /** Columns. */
  readonly width: number;
  /** Undefined where there are no colours: code keeps its backquotes. */
  readonly style: Style | undefined;
}

/** Breaks text between its words into lines of at most `width` columns; a longer word has a line of its own. */
export function wrap(spans: readonly Span[], { width, style }: Layout): Line[] {
  const lines: Line[] = [];
  for (const word of wordsOf(spans)) {
    const columns = word.reduce((sum, { text }) => sum + text.length, 0);
    const text = word.map((piece) => written(piece, style)).join('');
    const last = lines.at(-1);
    if (last === undefined || last.columns + 1 + columns > width) lines.push({ text, columns });
    else lines[lines.length - 1] = { text: `${last.text} ${text}`, columns: last.columns + 1 + columns };
  }
  return lines;

  /** Words, each of one or more pieces: in "`lab up`, then" the second ends with a comma that is no code. */
  function wordsOf(all: readonly Span[]): Span[][] {
    const words: Span[][] = [];
    let isOpen = false;
    for (const span of all.map((one) => (style === undefined ? marked(one) : one))) {
      for (const [index, text] of span.text.split(' ').entries()) {
        if (index > 0) isOpen = false;
        if (text === '') continue;
        if (isOpen) words.at(-1)!.push({ ...span, text });
        else words.push([{ ...span, text }]);
        isOpen = true;
      }
    }
    return words;
  }
}

function marked(span: Span): Span {
  if (span.kind !== 'code') return span;
  const quote = span.text.includes('`') ? '``' : '`';
  return { kind: 'plain', text: `${quote}${span.text}${quote}` };
}

function written({ kind, text }: Span, style: Style | undefined): string {
  if (style === undefined || kind === 'plain') return text;
  return style(kind === 'code' ? 'cyan' : 'bold', text);
}
