import { columnsOf } from '../core/text/sanitize.ts';

/**
 * Without a known width, a cursor cannot be moved further right than this: eight bytes must not make a megabyte of
 * blanks.
 */
const FURTHEST_COLUMN = 1000;
/** A cell keeps at most this many UTF-16 units: one character and the marks that are stacked on it. */
const LONGEST_CELL = 32;
const TAB_WIDTH = 8;

/**
 * What stands in one column: text, '' (covered by a wide character or a tab before it), or undefined (never written, or
 * erased).
 */
type Cell = string | undefined;

/** The last column of a row that was too narrow for a wide character: it reads as nothing. */
const SKIPPED = '\0';

/**
 * The line that the cursor is on: one line of text, which a terminal with `columns` shows in one or more rows. As long
 * as text is only appended it is one string; cells are made when the cursor first moves back, because most lines never
 * need them.
 */
export class TerminalLine {
  #columns: number;
  readonly #maxLength: number;
  /** The text, when it is known. Always known as long as there are no cells. */
  #text: string | undefined = '';
  #cells: Cell[] | undefined;
  /**
   * The cursor as an index of cells. At `#rowStart + #columns` the row is full and the next character wraps ("pending
   * wrap").
   */
  #cursor = 0;
  #rowStart = 0;
  /** A carriage return came, but no cells are made yet: a line feed nearly always follows. */
  #returned = false;

  constructor(columns: number, maxLength: number) {
    this.#columns = columns;
    this.#maxLength = maxLength;
  }

  /** The line as it reads now. */
  get text(): string {
    this.#text ??= textOf(this.#cells ?? []);
    return this.#text;
  }

  /** Empties the line and puts the cursor at its start. */
  reset(): void {
    this.#text = '';
    this.#cells = undefined;
    this.#cursor = 0;
    this.#rowStart = 0;
    this.#returned = false;
  }

  /** The terminal is that wide from now on; what is there is split into rows again. */
  resize(columns: number): void {
    this.#laidOut();
    this.#columns = columns;
    this.#rowStart = Number.isFinite(columns) ? this.#cursor - (this.#cursor % columns) : 0;
  }

  /** Writes as much of `text` at the cursor as the longest line may hold; returns how many UTF-16 units that were. */
  print(text: string): number {
    if (!this.#cells && !this.#returned) {
      const taken = fitting(text, this.#maxLength - this.#text!.length);
      this.#text += taken === text.length ? text : text.slice(0, taken);
      return taken;
    }
    const cells = this.#laidOut();
    let taken = 0;
    for (const character of text) {
      if (this.#cursor >= this.#maxLength) break;
      this.#put(cells, character);
      taken += character.length;
    }
    return taken;
  }

  /** Writes text that takes no column of its own. */
  attach(text: string): void {
    this.#join(this.#laidOut(), text);
  }

  carriageReturn(): void {
    if (this.#cells) this.#cursor = this.#rowStart;
    else this.#returned = true;
  }

  /** Moves right, or left if negative, within the row. */
  moveBy(columns: number): void {
    this.#laidOut();
    this.#moveTo(Math.min(this.#cursor, this.#rowEnd - 1) + columns);
  }

  /** Moves to a column of this row, counted from 0. */
  moveToColumn(column: number): void {
    this.#laidOut();
    this.#moveTo(this.#rowStart + column);
  }

  /** Moves by rows within this line. False, and nothing is changed, when there is no such row. */
  moveByRows(rows: number): boolean {
    const cells = this.#laidOut();
    const start = this.#rowStart + rows * this.#columns;
    if (!(start >= 0 && start < cells.length)) return false;
    this.#cursor += rows * this.#columns;
    this.#rowStart = start;
    return true;
  }

  /** Erases from the cursor to the end of the line, rows below included. */
  eraseBelow(): void {
    const cells = this.#laidOut();
    this.#erase(cells, this.#cursor, cells.length);
  }

  /** Erases in the row as `EL` does: 0 from the cursor on, 1 up to and with the cursor, 2 all. */
  eraseInRow(mode: number): void {
    const cells = this.#laidOut();
    if (mode === 0) this.#erase(cells, this.#cursor, this.#rowEnd);
    else if (mode === 1) this.#erase(cells, this.#rowStart, Math.min(this.#cursor + 1, this.#rowEnd));
    else if (mode === 2) this.#erase(cells, this.#rowStart, this.#rowEnd);
  }

  /** Erases characters without moving the rest (`ECH`). */
  eraseCharacters(count: number): void {
    this.#erase(this.#laidOut(), this.#cursor, Math.min(this.#cursor + count, this.#rowEnd));
  }

  /** Removes characters; the rest of the row moves left (`DCH`). */
  deleteCharacters(count: number): void {
    const cells = this.#laidOut();
    const removed = Math.min(count, this.#rowEnd - this.#cursor, cells.length - this.#cursor);
    if (removed <= 0) return;
    // Blanks come in at the end of the row, so that the rows below stay where they are.
    if (cells.length > this.#rowEnd) cells.splice(this.#rowEnd, 0, ...blanks(removed));
    cells.splice(this.#cursor, removed);
    this.#trim(cells);
  }

  /** Makes room; the rest of the row moves right, and beyond its end it is lost (`ICH`). */
  insertBlanks(count: number): void {
    const cells = this.#laidOut();
    const made = Math.min(count, FURTHEST_COLUMN, this.#rowEnd - this.#cursor, this.#maxLength - cells.length);
    if (made <= 0 || this.#cursor >= cells.length) return;
    const lost = Math.max(0, Math.min(cells.length, this.#rowEnd) + made - this.#rowEnd);
    if (lost > 0) cells.splice(this.#rowEnd - lost, lost);
    cells.splice(this.#cursor, 0, ...blanks(made));
    this.#trim(cells);
  }

  get #rowEnd(): number {
    return this.#rowStart + this.#columns;
  }

  /** The cells; made from the string, if they are not there yet, as printing it on an empty line makes them. */
  #laidOut(): Cell[] {
    if (this.#cells) return this.#cells;
    const text = this.#text!;
    const cells: Cell[] = [];
    this.#cells = cells;
    for (const character of text) this.#put(cells, character);
    this.#text = text;
    if (this.#returned) this.#cursor = this.#rowStart;
    return cells;
  }

  #put(cells: Cell[], character: string): void {
    if (character === '\t') this.#tab(cells);
    else if (columnsOf(character) === 0) this.#join(cells, character);
    else this.#fill(cells, character, columnsOf(character));
  }

  /**
   * To the next tab stop, at most to the end of the row. Beyond what is written, the tab itself is kept: it copies and
   * reads as one.
   */
  #tab(cells: Cell[]): void {
    const column = this.#cursor - this.#rowStart;
    const width = Math.min(TAB_WIDTH - (column % TAB_WIDTH), this.#columns - 1 - column);
    if (this.#cursor < cells.length) this.#cursor += Math.max(0, width);
    else if (width > 0) this.#fill(cells, '\t', width);
    else this.#join(cells, '\t');
  }

  #fill(cells: Cell[], character: string, width: number): void {
    this.#wrap(cells, width);
    const after = this.#cursor + width;
    uncover(cells, this.#cursor);
    uncover(cells, after);
    pad(cells, this.#cursor);
    cells[this.#cursor] = character;
    for (let i = this.#cursor + 1; i < after; i++) cells[i] = '';
    this.#cursor = after;
    this.#text = undefined;
  }

  #join(cells: Cell[], mark: string): void {
    let at = Math.max(0, this.#cursor - 1);
    while (at > 0 && cells[at] === '') at--;
    pad(cells, at);
    const before = at < this.#cursor ? read(cells[at]) : '';
    if (before.length + mark.length > LONGEST_CELL) return;
    cells[at] = before + mark;
    if (this.#cursor === 0) this.#cursor = 1;
    this.#text = undefined;
  }

  /** Goes to the next row when the character has no room in this one. */
  #wrap(cells: Cell[], width: number): void {
    if (this.#cursor + width <= this.#rowEnd || width > this.#columns) return;
    while (cells.length < this.#rowEnd) cells.push(SKIPPED);
    this.#rowStart = this.#rowEnd;
    this.#cursor = this.#rowStart;
  }

  #moveTo(cursor: number): void {
    const furthest = Math.min(this.#columns - 1, FURTHEST_COLUMN);
    this.#cursor = Math.max(this.#rowStart, Math.min(cursor, this.#rowStart + furthest));
  }

  #erase(cells: Cell[], from: number, to: number): void {
    const end = Math.min(to, cells.length);
    uncover(cells, from);
    uncover(cells, end);
    if (from < end) cells.fill(undefined, from, end);
    this.#trim(cells);
  }

  #trim(cells: Cell[]): void {
    while (cells.length > 0 && cells.at(-1) === undefined) cells.pop();
    if (cells.length === 0 && this.#cursor === 0) this.reset();
    else this.#text = undefined;
  }
}

/** Blanks at the end that nothing wrote are not part of the text; written ones are. */
function textOf(cells: readonly Cell[]): string {
  const length = cells.findLastIndex((cell) => cell !== undefined) + 1;
  return cells.slice(0, length).map(read).join('');
}

function read(cell: Cell): string {
  return cell === SKIPPED ? '' : (cell ?? ' ');
}

function blanks(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined);
}

function pad(cells: Cell[], length: number): void {
  while (cells.length < length) cells.push(undefined);
}

/** A wide character or tab, a part of which is overwritten from cell `at` on, is gone as a whole. */
function uncover(cells: Cell[], at: number): void {
  if (cells[at] !== '') return;
  for (let i = at; cells[i] === ''; i++) cells[i] = undefined;
  let first = at - 1;
  for (; cells[first] === ''; first--) cells[first] = undefined;
  if (first >= 0) cells[first] = undefined;
}

/** How many UTF-16 units of `text` fit into `room` without cutting a surrogate pair. */
function fitting(text: string, room: number): number {
  if (text.length <= room) return text.length;
  const next = text.charCodeAt(room);
  const cutsPair = next >= 0xdc00 && next <= 0xdfff;
  return Math.max(0, cutsPair ? room - 1 : room);
}
