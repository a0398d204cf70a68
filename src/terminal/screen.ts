import { columnsOf, escapeCharacter, joinsEmoji } from '../core/text/sanitize.ts';
import { ScreenGrid, type RowRange, type ScreenPicture, type ScreenPlace } from './screen-grid.ts';
import { alternateScreenModes } from './modes.ts';
import type { CsiSequence, VtHandler } from './vt-handler.ts';

/** Columns and rows of a terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** No screen is larger: a program, or a user's terminal, says how many cells there are. */
const MOST_COLUMNS = 1000;
const MOST_ROWS = 500;
const TAB_WIDTH = 8;
/** DEC's line drawing, from 0x5f (`_`) to 0x7e (`~`). */
const LINE_DRAWING = ' ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·';

/** What `ESC 7` keeps. */
interface SavedCursor extends ScreenPlace {
  readonly charsets: readonly string[];
  readonly shift: number;
  readonly isOrigin: boolean;
}

/**
 * The screen of a terminal as xterm keeps it (ctlseqs; ECMA-48), without colours: for programs that draw, of which the
 * order of the bytes says little. Its cells hold no control character and nothing invisible. It takes bounded memory.
 */
export class Screen implements VtHandler {
  #columns: number;
  #height: number;
  #main: ScreenGrid;
  /** There while it is shown. */
  #alternate: ScreenGrid | undefined;
  #row = 0;
  /** Equal to the number of columns when the row is full: the next character wraps ("pending wrap"). */
  #column = 0;
  #range: RowRange;
  #tabStops = new Set<number>();
  #isOrigin = false;
  #isWrapping = true;
  #isInserting = false;
  /** Final bytes of the character sets G0 to G3, and which of them is in use. */
  #charsets = ['B', 'B', 'B', 'B'];
  #shift = 0;
  #saved: SavedCursor | undefined;
  #savedOfMain: SavedCursor | undefined;
  /** The character that `REP` repeats. */
  #last = '';
  #isAddressed = false;
  #scrolledSince = 0;
  #left: ScreenPicture | undefined;

  constructor(size: ScreenSize) {
    this.#columns = bounded(size.columns, MOST_COLUMNS);
    this.#height = bounded(size.rows, MOST_ROWS);
    this.#main = new ScreenGrid(this.#columns, this.#height);
    this.#range = this.#allRows;
    this.#setTabStops(0);
  }

  /** The terminal has another size from now on. */
  resize(size: ScreenSize): void {
    const columns = bounded(size.columns, MOST_COLUMNS);
    const rows = bounded(size.rows, MOST_ROWS);
    // As xterm does: the line with the cursor stays, what is above it goes.
    const cutAbove = Math.max(0, this.#row - (rows - 1));
    for (const grid of [this.#main, this.#alternate]) grid?.resize(columns, rows, cutAbove);
    const before = this.#columns;
    [this.#columns, this.#height] = [columns, rows];
    this.#row -= cutAbove;
    this.#column = Math.min(this.#column, columns - 1);
    this.#range = this.#allRows;
    this.#setTabStops(before);
  }

  get isAlternate(): boolean {
    return this.#alternate !== undefined;
  }

  /**
   * Whether something that was put at a place of the main screen, and not only below what came before, may still stand
   * there.
   */
  get isAddressed(): boolean {
    return this.#isAddressed;
  }

  get picture(): ScreenPicture {
    return { rows: this.#grid.rows, cursor: this.cursor };
  }

  /** What the alternate screen showed when the program left it last. */
  get left(): ScreenPicture | undefined {
    return this.#left;
  }

  get cursor(): ScreenPlace {
    return { row: this.#row, column: Math.min(this.#column, this.#columns - 1) };
  }

  /** The rows from top to bottom, without the blanks at their ends. */
  lines(): string[] {
    return this.#grid.rows.map(({ cells }) => cells.join('').trimEnd());
  }

  get #grid(): ScreenGrid {
    return this.#alternate ?? this.#main;
  }

  get #allRows(): RowRange {
    return { top: 0, bottom: this.#height - 1 };
  }

  print(text: string): void {
    for (const character of text) {
      if (character === '\t') this.#tab(1);
      else this.#put(this.#drawn(character));
    }
  }

  #put(character: string): void {
    const width = columnsOf(character);
    if (width === 0) return this.#join(character);
    if (width > this.#columns) return undefined;
    if (this.#column + width > this.#columns && !this.#makesRoom(width)) return undefined;
    if (this.#isInserting) this.#grid.insertBlanks(this.#row, this.#column, width);
    this.#grid.put({ row: this.#row, column: this.#column }, character, width);
    this.#column += width;
    this.#last = character;
    return undefined;
  }

  #repeat(character: string, count: number): void {
    for (let i = Math.min(count, this.#columns * this.#height); i > 0; i--) this.#put(character);
  }

  #join(mark: string): void {
    this.#grid.join(this.#row, this.#column, mark);
    if (this.#last !== '') this.#last += mark;
  }

  /** Goes to the next row, or, when the terminal does not wrap, to the last column; a wide character has no room there. */
  #makesRoom(width: number): boolean {
    if (!this.#isWrapping) {
      this.#column = this.#columns - 1;
      return width === 1;
    }
    if (this.#column < this.#columns) this.#grid.erase(this.#row, this.#column, this.#columns);
    const wrapped = this.#grid.rows[this.#row]!;
    this.#index();
    this.#column = 0;
    wrapped.isWrapped = true;
    return true;
  }

  #drawn(character: string): string {
    if (this.#charsets[this.#shift] !== '0' || character < '_' || character > '~') return character;
    return LINE_DRAWING[character.charCodeAt(0) - 0x5f]!;
  }

  format(character: string): void {
    const before = this.#column > 0 ? this.#grid.rows[this.#row]!.cells.slice(0, this.#column).join('') : '';
    this.#grid.join(this.#row, this.#column, joinsEmoji(before, character) ? character : escapeCharacter(character));
  }

  control(code: number): void {
    this.#last = '';
    switch (code) {
      case 0x08:
        return this.#moveTo(this.#row, this.cursor.column - 1);
      case 0x0d:
        this.#column = 0;
        return undefined;
      case 0x0a:
      case 0x0b:
      case 0x0c:
      case 0x84: // IND
        return this.#index();
      case 0x85: // NEL
        this.#column = 0;
        return this.#index();
      case 0x8d: // RI
        return this.#reverseIndex();
      case 0x88: // HTS
        this.#tabStops.add(this.#column);
        return undefined;
      case 0x0e:
      case 0x0f:
        this.#shift = code === 0x0e ? 1 : 0;
        return undefined;
      default:
        return undefined;
    }
  }

  /** Control sequences that change what stands where; colours and reports have no meaning here. */
  csi(final: string, parameters: readonly number[]): void {
    const last = this.#last;
    this.#last = '';
    const mode = parameters[0] ?? 0;
    const count = mode || 1;
    const move = moves[final];
    if (move) {
      this.#moveBy(move[0] * count, move[1] * count);
      if (final === 'E' || final === 'F') this.#column = 0;
      return undefined;
    }
    switch (final) {
      case 'H':
      case 'f':
        return this.#address(count - 1, (parameters[1] || 1) - 1);
      case 'd':
        return this.#address(count - 1, this.cursor.column);
      case 'G':
      case '`':
        return this.#moveTo(this.#row, count - 1);
      case 'J':
        return this.#eraseDisplay(mode);
      case 'K':
        return this.#eraseLine(mode);
      case 'r':
        return this.#setMargins(count - 1, (parameters[1] || this.#height) - 1);
      case 'I':
        return this.#tab(count);
      case 'Z':
        return this.#tabBack(count);
      case 'b':
        return last === '' ? undefined : this.#repeat(last, count);
      case 'h':
      case 'l':
        if (mode === 4) this.#isInserting = final === 'h';
        return undefined;
      case 'g':
        if (mode === 3) this.#tabStops.clear();
        else if (mode === 0) this.#tabStops.delete(this.#column);
        return undefined;
      case 's':
        return this.#save();
      case 'u':
        return this.#restore();
      default:
        return this.#edit(final, count, parameters.length);
    }
  }

  /** Control sequences that move what stands there. */
  #edit(final: string, count: number, parameterCount: number): void {
    if (final === 'S') return this.#scrollUp(this.#range, count);
    if (final === 'T') return parameterCount === 1 ? this.#grid.scrollDown(this.#range, count) : undefined;
    if (!'@PXLM'.includes(final)) return undefined;
    const { row, column } = this.#unwrapped();
    const isWithin = row >= this.#range.top && row <= this.#range.bottom;
    const below = { top: row, bottom: this.#range.bottom };
    if (final === '@') this.#grid.insertBlanks(row, column, count);
    else if (final === 'P') this.#grid.deleteCells(row, column, count);
    else if (final === 'X') this.#grid.erase(row, column, Math.min(column + count, this.#columns));
    else if (isWithin) {
      if (final === 'L') this.#grid.scrollDown(below, count);
      else this.#grid.scrollUp(below, count);
      this.#column = 0;
    }
    return undefined;
  }

  otherCsi({ prefix, parameters, intermediates, final }: CsiSequence): void {
    this.#last = '';
    if (prefix === '?' && intermediates === '' && (final === 'h' || final === 'l'))
      for (const mode of parameters.split(';')) this.#setMode(mode, final === 'h');
    else if (prefix === '' && intermediates === '!' && final === 'p') this.#softReset();
  }

  #setMode(mode: string, isOn: boolean): void {
    if (mode === '7') this.#isWrapping = isOn;
    else if (mode === '6') {
      this.#isOrigin = isOn;
      this.#moveTo(isOn ? this.#range.top : 0, 0);
    } else if (mode === '1048') {
      if (isOn) this.#save();
      else this.#restore();
    } else if (alternateScreenModes.has(mode)) {
      if (isOn && mode === '1049') this.#save();
      if (isOn) this.#enterAlternate();
      else this.#leaveAlternate();
      if (!isOn && mode === '1049') this.#restore();
    }
  }

  #enterAlternate(): void {
    if (this.#alternate) return;
    this.#alternate = new ScreenGrid(this.#columns, this.#height);
    this.#savedOfMain = this.#saved;
    this.#saved = undefined;
  }

  #leaveAlternate(): void {
    if (!this.#alternate) return;
    this.#left = this.picture;
    this.#alternate = undefined;
    this.#saved = this.#savedOfMain;
  }

  escape(intermediates: string, final: string): void {
    this.#last = '';
    const set = '()*+'.indexOf(intermediates);
    if (intermediates === '#' && final === '8') this.#fill('E');
    else if (intermediates.length === 1 && set >= 0) this.#charsets[set] = final;
    else if (intermediates !== '') return;
    else if (final === '7') this.#save();
    else if (final === '8') this.#restore();
    else if (final === 'n' || final === 'o') this.#shift = final === 'n' ? 2 : 3;
    else if (final === 'c') this.#reset();
  }

  #fill(character: string): void {
    this.#moveTo(0, 0);
    this.#grid.eraseRows(this.#allRows);
    for (let row = 0; row < this.#height; row++)
      for (let column = 0; column < this.#columns; column++) this.#grid.put({ row, column }, character, 1);
  }

  #reset(): void {
    this.#leaveAlternate();
    this.#softReset();
    this.#grid.eraseRows(this.#allRows);
    this.#setTabStops(0);
    this.#isAddressed = false;
    [this.#row, this.#column] = [0, 0];
  }

  #softReset(): void {
    this.#range = this.#allRows;
    this.#isOrigin = false;
    this.#isWrapping = true;
    this.#isInserting = false;
    this.#charsets = ['B', 'B', 'B', 'B'];
    this.#shift = 0;
    this.#saved = undefined;
  }

  #save(): void {
    const { row, column } = this.cursor;
    this.#saved = { row, column, charsets: [...this.#charsets], shift: this.#shift, isOrigin: this.#isOrigin };
  }

  #restore(): void {
    const saved = this.#saved ?? { row: 0, column: 0, charsets: ['B', 'B', 'B', 'B'], shift: 0, isOrigin: false };
    this.#charsets = [...saved.charsets];
    this.#shift = saved.shift;
    this.#isOrigin = saved.isOrigin;
    this.#moveTo(saved.row, saved.column);
  }

  /** The cursor, after what makes a character in a full row go into its last column. */
  #unwrapped(): ScreenPlace {
    this.#column = this.cursor.column;
    return this.cursor;
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(row, this.#height - 1));
    this.#column = Math.max(0, Math.min(column, this.#columns - 1));
  }

  /** Margins stop a cursor that comes from within them. */
  #moveBy(rows: number, columns: number): void {
    const { row, column } = this.cursor;
    const { top, bottom } = this.#range;
    const highest = row >= top ? top : 0;
    const lowest = row <= bottom ? bottom : this.#height - 1;
    this.#moveTo(Math.max(highest, Math.min(row + rows, lowest)), column + columns);
  }

  /** Puts the cursor at a place; with the origin mode it is one within the margins. */
  #address(row: number, column: number): void {
    if (!this.#alternate && (row > 0 || column > 0)) {
      this.#isAddressed = true;
      this.#scrolledSince = 0;
    }
    if (this.#isOrigin) this.#moveTo(Math.min(this.#range.top + row, this.#range.bottom), column);
    else this.#moveTo(row, column);
  }

  #setMargins(top: number, bottom: number): void {
    const lowest = Math.min(bottom, this.#height - 1);
    if (top >= lowest) return;
    this.#range = { top, bottom: lowest };
    this.#moveTo(this.#isOrigin ? top : 0, 0);
  }

  #index(): void {
    this.#unwrapped();
    if (this.#row === this.#range.bottom) this.#scrollUp(this.#range, 1);
    else if (this.#row < this.#height - 1) this.#row++;
  }

  #reverseIndex(): void {
    this.#unwrapped();
    if (this.#row === this.#range.top) this.#grid.scrollDown(this.#range, 1);
    else if (this.#row > 0) this.#row--;
  }

  #scrollUp(range: RowRange, count: number): void {
    this.#grid.scrollUp(range, count);
    if (this.#alternate || range.top > 0) return;
    this.#scrolledSince += count;
    if (this.#scrolledSince >= this.#height && range.bottom === this.#height - 1) this.#isAddressed = false;
  }

  #eraseDisplay(mode: number): void {
    const { row, column } = this.#unwrapped();
    if (mode === 0) {
      this.#grid.erase(row, column, this.#columns);
      if (row < this.#height - 1) this.#grid.eraseRows({ top: row + 1, bottom: this.#height - 1 });
    } else if (mode === 1) {
      if (row > 0) this.#grid.eraseRows({ top: 0, bottom: row - 1 });
      this.#grid.erase(row, 0, column + 1);
    } else if (mode === 2) this.#grid.eraseRows(this.#allRows);
    const isAll = mode === 2 || (mode === 0 && row === 0 && column === 0);
    if (isAll && !this.#alternate) this.#isAddressed = false;
  }

  #eraseLine(mode: number): void {
    const { row, column } = this.#unwrapped();
    if (mode === 0) this.#grid.erase(row, column, this.#columns);
    else if (mode === 1) this.#grid.erase(row, 0, column + 1);
    else if (mode === 2) this.#grid.erase(row, 0, this.#columns);
  }

  #tab(count: number): void {
    if (this.#column >= this.#columns) return;
    for (let i = 0; i < count && this.#column < this.#columns - 1; i++) {
      do this.#column++;
      while (this.#column < this.#columns - 1 && !this.#tabStops.has(this.#column));
    }
  }

  #tabBack(count: number): void {
    this.#unwrapped();
    for (let i = 0; i < count && this.#column > 0; i++) {
      do this.#column--;
      while (this.#column > 0 && !this.#tabStops.has(this.#column));
    }
  }

  /** One at every eighth column, from a column on. */
  #setTabStops(from: number): void {
    if (from === 0) this.#tabStops.clear();
    for (let column = Math.ceil(from / TAB_WIDTH) * TAB_WIDTH; column < this.#columns; column += TAB_WIDTH)
      this.#tabStops.add(column);
  }
}

/** Control sequences that move the cursor: rows and columns that each counts for. */
const moves: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  A: [-1, 0],
  B: [1, 0],
  C: [0, 1],
  D: [0, -1],
  E: [1, 0],
  F: [-1, 0],
  a: [0, 1],
  e: [1, 0],
};

function bounded(size: number, most: number): number {
  return Math.max(1, Math.min(Math.floor(size) || 1, most));
}
