/** A cell keeps at most this many UTF-16 units: one character and the marks that are stacked on it. */
const LONGEST_CELL = 32;
const BLANK = ' ';
/** What stands in the second column of a wide character. */
const COVERED = '';

/** One row of a screen; the same object also when it has scrolled to another place. */
export interface ScreenRow {
  /** Text by column. */
  readonly cells: string[];
  /** Its text goes on in the row below: the terminal had no more room in this one. */
  isWrapped: boolean;
}

/** A place on a screen, counted from 0. */
export interface ScreenPlace {
  readonly row: number;
  readonly column: number;
}

/** What a screen shows at one moment. */
export interface ScreenPicture {
  /** From top to bottom. */
  readonly rows: readonly ScreenRow[];
  readonly cursor: ScreenPlace;
}

/** A part of the rows: from `top` to `bottom`, which is in it, counted from 0. */
export interface RowRange {
  readonly top: number;
  readonly bottom: number;
}

/** Rows of cells, and how they are edited; whoever calls keeps rows and columns within bounds. */
export class ScreenGrid {
  #columns: number;
  #rows: ScreenRow[] = [];

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    for (let i = 0; i < rows; i++) this.#rows.push(this.#emptyRow());
  }

  get rows(): readonly ScreenRow[] {
    return this.#rows;
  }

  /** Puts a character of one or two columns at a place, instead of what is there. */
  put({ row, column }: ScreenPlace, character: string, width: 1 | 2): void {
    const { cells } = this.#rows[row]!;
    this.#uncover(cells, column);
    this.#uncover(cells, column + width);
    cells[column] = character;
    if (width === 2) cells[column + 1] = COVERED;
  }

  /** Adds text without a column of its own to the character that stands before `column`. */
  join(row: number, column: number, mark: string): void {
    const { cells } = this.#rows[row]!;
    let at = Math.max(0, column - 1);
    if (at > 0 && cells[at] === COVERED) at--;
    if (cells[at]!.length + mark.length <= LONGEST_CELL) cells[at] += mark;
  }

  /** Makes columns blank, from `from` to before `to`. */
  erase(row: number, from: number, to: number): void {
    const { cells } = this.#rows[row]!;
    this.#uncover(cells, from);
    this.#uncover(cells, to);
    cells.fill(BLANK, from, to);
    if (to >= this.#columns) this.#rows[row]!.isWrapped = false;
  }

  eraseRows({ top, bottom }: RowRange): void {
    for (let row = top; row <= bottom; row++) this.erase(row, 0, this.#columns);
  }

  /** Makes room at a column; what is moved beyond the end of the row is lost. */
  insertBlanks(row: number, column: number, count: number): void {
    const { cells } = this.#rows[row]!;
    this.#uncover(cells, column);
    const made = Math.min(count, this.#columns - column);
    cells.splice(column, 0, ...blanks(made));
    this.#uncover(cells, this.#columns);
    cells.length = this.#columns;
  }

  /** Removes columns; blanks come in at the end of the row. */
  deleteCells(row: number, column: number, count: number): void {
    const { cells } = this.#rows[row]!;
    const removed = Math.min(count, this.#columns - column);
    this.#uncover(cells, column);
    this.#uncover(cells, column + removed);
    cells.splice(column, removed);
    cells.push(...blanks(removed));
  }

  /** Moves the rows of a range up; blank ones come in at its bottom. */
  scrollUp(range: RowRange, count: number): void {
    for (let i = Math.min(count, range.bottom - range.top + 1); i > 0; i--) {
      const [gone] = this.#rows.splice(range.top, 1);
      this.#rows.splice(range.bottom, 0, this.#rowInsteadOf(gone!));
    }
    this.#cutWraps(range);
  }

  /** Moves the rows of a range down; blank ones come in at its top. */
  scrollDown(range: RowRange, count: number): void {
    for (let i = Math.min(count, range.bottom - range.top + 1); i > 0; i--) {
      const [gone] = this.#rows.splice(range.bottom, 1);
      this.#rows.splice(range.top, 0, this.#rowInsteadOf(gone!));
    }
    this.#cutWraps(range);
  }

  /** Gives it another size: columns are cut or added at the right, rows as `cutAbove` says and then at the bottom. */
  resize(columns: number, rows: number, cutAbove: number): void {
    this.#rows.splice(0, cutAbove);
    this.#rows.length = Math.min(this.#rows.length, rows);
    this.#columns = columns;
    for (const { cells } of this.#rows) {
      this.#uncover(cells, columns);
      while (cells.length < columns) cells.push(BLANK);
      cells.length = columns;
    }
    while (this.#rows.length < rows) this.#rows.push(this.#emptyRow());
  }

  #emptyRow(): ScreenRow {
    return { cells: blanks(this.#columns), isWrapped: false };
  }

  /** A row of its own in the cells of one that is no longer on the screen. */
  #rowInsteadOf({ cells }: ScreenRow): ScreenRow {
    return { cells: cells.fill(BLANK), isWrapped: false };
  }

  /** Rows at the borders of a range that was moved have other neighbours now. */
  #cutWraps({ top, bottom }: RowRange): void {
    if (top > 0) this.#rows[top - 1]!.isWrapped = false;
    this.#rows[bottom]!.isWrapped = false;
  }

  /** A wide character, whose second column is `at`, is gone as a whole. */
  #uncover(cells: string[], at: number): void {
    if (cells[at] !== COVERED) return;
    cells[at] = BLANK;
    cells[at - 1] = BLANK;
  }
}

function blanks(count: number): string[] {
  return BLANK.repeat(count).split('');
}
