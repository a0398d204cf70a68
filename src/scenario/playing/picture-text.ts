import type { ScreenPicture } from '../../terminal/screen-grid.ts';

type Row = ScreenPicture['rows'][number];

/**
 * A screen as one text, a line for each row; rows that the terminal wrapped are one line. `trimmed` lines have no blanks
 * at their ends, `padded` ones reach to the last column.
 */
export class PictureText {
  readonly text: string;
  readonly #picture: ScreenPicture;
  /** Index of the first character of each row. */
  readonly #starts: readonly number[];

  constructor(picture: ScreenPicture, ends: 'trimmed' | 'padded') {
    this.#picture = picture;
    const starts: number[] = [];
    let text = '';
    for (const { cells, isWrapped } of picture.rows) {
      starts.push(text.length);
      const row = cells.join('');
      if (isWrapped) text += row;
      else text += `${ends === 'padded' ? row : row.trimEnd()}\n`;
    }
    this.text = text;
    this.#starts = starts;
  }

  /** The place of a character. */
  placeOf(index: number): { row: Row; column: number } {
    const at = Math.max(
      0,
      this.#starts.findLastIndex((start) => start <= index),
    );
    const row = this.#picture.rows[at]!;
    let column = 0;
    for (let passed = this.#starts[at]!; passed + row.cells[column]!.length <= index;) {
      if (column === row.cells.length - 1) break;
      passed += row.cells[column++]!.length;
    }
    return { row, column };
  }

  /** The index of what stands at a place; undefined when the row is not there. */
  indexOf(row: Row, column: number): number | undefined {
    const at = this.#picture.rows.indexOf(row);
    return at < 0 ? undefined : this.#starts[at]! + row.cells.slice(0, column).join('').length;
  }

  /** The line above the cursor, and its own line up to it. */
  get beforeCursor(): string {
    const { rows, cursor } = this.#picture;
    const before = this.text.slice(0, this.indexOf(rows[cursor.row]!, cursor.column));
    const lineStart = before.lastIndexOf('\n') + 1;
    return before.slice(before.lastIndexOf('\n', lineStart - 2) + 1);
  }
}
