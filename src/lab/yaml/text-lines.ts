import type { Span } from '../problem.ts';

/** Turns offsets in a text into lines and columns, which count from 1, in UTF-16 units as editors do. */
export class TextLines {
  readonly #text: string;
  /** Offset of the first character of each line. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  /** The line of an offset; one past the end belongs to the last line. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The span between two offsets, cut at the end of the first one's line, without trailing space. */
  spanAt(start: number, end: number): Span {
    const from = Math.min(start, this.#text.length);
    const line = this.lineOf(from);
    const lineEnd = (this.#starts[line] ?? this.#text.length + 1) - 1;
    const meant = this.#text.slice(from, Math.min(end, lineEnd)).trimEnd();
    return { line, column: from - this.#starts[line - 1]! + 1, length: Math.max(1, meant.length) };
  }
}
