import type { Pattern } from '../../lab/types.ts';
import { Screen, type ScreenSize } from '../../terminal/screen.ts';
import type { ScreenPicture, ScreenPlace } from '../../terminal/screen-grid.ts';
import { VtParser } from '../../terminal/vt-parser.ts';
import { PictureText } from './picture-text.ts';

/** What the screen of a program shows now. */
export interface ShownScreen {
  /** Its rows from top to bottom, without the blanks at their ends. */
  lines(): string[];
  /** Row and column, counted from 0. */
  readonly cursor: ScreenPlace;
}

/**
 * UTF-16 units of output that are kept while a program only prints: when it begins to draw, the screen is made of them.
 */
const KEPT_OUTPUT = 65_536;
/** Of so many matches and typed lines the places are remembered. */
const MOST_PLACES = 256;
/** More than three empty rows between others. */
const MANY_EMPTY = /\n{5,}/g;
/** A pattern is looked for at so many places of a screen. */
const MOST_MATCHES = 4096;

type Row = ScreenPicture['rows'][number];

/** Offsets of a match in a text. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups?: Readonly<Record<string, string | undefined>>;
}

/** Finds the first match that starts at `from` or later. */
type Find = (pattern: Pattern, text: string, from: number) => Match | undefined;

/** Text at a place of a screen. Rows that scroll take it with them. */
interface PlacedText {
  readonly row: Row;
  readonly column: number;
  readonly text: string;
}

/** What an `expect` has found. */
export interface UsedText extends PlacedText {
  /** Something was typed since. */
  readonly isOld: boolean;
}

/**
 * The screen of a program that draws, as `expect` and prompts see it: what stands there now counts, once at each place
 * until something is typed. After that, what was found before counts again as soon as the terminal is quiet.
 *
 * As long as a program only prints, no screen is kept.
 */
export class ScreenReader {
  #size: ScreenSize;
  readonly #find: Find;
  #screen: Screen | undefined;
  #parser: VtParser | undefined;
  #startsDrawing = false;
  /** What the alternate screen showed when the program left it, until something is typed. */
  #left: ScreenPicture | undefined;
  #lastLeft: ScreenPicture | undefined;
  #kept: string[] = [];
  #keptLength = 0;
  /** What was found before; a list that is never changed, only replaced. */
  used: readonly UsedText[] = [];
  /** The named groups of what was found last. */
  groups: Readonly<Record<string, string | undefined>> | undefined;
  /** Lines that were typed, at the place where the cursor was then. */
  #echoes: PlacedText[] = [];
  /** Nothing was printed since the prompt was answered. */
  #isAnswered = false;

  /** @param find How a pattern is found in a text. */
  constructor(size: ScreenSize, find: Find) {
    this.#size = size;
    this.#find = find;
  }

  /** Called when the output that is written next, or was written last, makes the screen more than lines of text. */
  startDrawing(): void {
    this.#startsDrawing = true;
  }

  /** Takes the next decoded output; it may be cut anywhere. */
  write(data: string): void {
    this.#isAnswered = false;
    if (this.#parser) this.#parser.write(data);
    else this.#keep(data);
    if (this.#startsDrawing && !this.#screen) {
      this.#screen = new Screen(this.#size);
      this.#parser = new VtParser(this.#screen);
      for (const kept of this.#kept) this.#parser.write(kept);
      this.#forget();
    }
    this.#startsDrawing = false;
    const left = this.#screen?.left;
    if (left !== undefined && left !== this.#lastLeft) this.#left = left;
    this.#lastLeft = left;
    // From here on it only prints.
    if (this.shown === undefined && this.#parser?.isWhole) this.#screen = this.#parser = undefined;
  }

  resize(size: ScreenSize): void {
    this.#size = size;
    this.#screen?.resize(size);
  }

  /** Called when lines are about to be typed, or keys pressed (no line). */
  typed(lines: readonly string[]): void {
    this.#left = undefined;
    this.used = this.used.map((used) => ({ ...used, isOld: true }));
    if (!this.#screen || lines.length === 0) return;
    const { rows, cursor } = this.#screen.picture;
    this.#echoes.push({ row: rows[cursor.row]!, column: cursor.column, text: lines[0]! });
    this.#echoes = this.#echoes.slice(-MOST_PLACES);
  }

  get shown(): ShownScreen | undefined {
    return this.#screen?.isAlternate || this.#screen?.isAddressed ? this.#screen : undefined;
  }

  /** Whether the program has the whole screen for itself: it draws, and prints no lines. */
  get isAlternate(): boolean {
    return this.#screen?.isAlternate ?? false;
  }

  /** Whether there is a screen on which something may be found. */
  get isDrawn(): boolean {
    return this.#screen !== undefined || this.#left !== undefined;
  }

  /** Looks for a match that is not used up, and uses it up. A regular expression is taken only when `settled`. */
  takeMatch(pattern: Pattern, settled: boolean): 'found' | 'unsettled' | undefined {
    for (const text of this.#texts()) {
      for (const match of this.#matches(pattern, text.text)) {
        const place = { ...text.placeOf(match.start), text: text.text.slice(match.start, match.end) };
        if (this.#isEcho(text, match)) continue;
        const before = this.used.find((used) => isSame(used, place) || holds(text, used, match));
        if (before && !(before.isOld && settled)) continue;
        if ('regex' in pattern && !settled) return 'unsettled';
        this.used = [...this.used.filter((used) => used !== before), { ...place, isOld: false }].slice(-MOST_PLACES);
        this.groups = match.groups;
        return 'found';
      }
    }
    return undefined;
  }

  /** Counts what another reading has found as found. */
  use(found: readonly UsedText[]): void {
    const others = found.filter((each) => !this.used.includes(each));
    const kept = this.used.filter((used) => !others.some((other) => isSame(used, other)));
    this.used = [...kept, ...others].slice(-MOST_PLACES);
  }

  /** Whether the prompt stands before the cursor, and something was printed since it was answered. */
  seesPrompt(prompt: Pattern): boolean {
    if (this.#isAnswered || !this.shown) return false;
    const before = this.textBeforeCursor();
    return [before, before.trimEnd()].some((text) => this.#endsWith(text, prompt));
  }

  /** A line is typed at the prompt. */
  answerPrompt(): void {
    this.#isAnswered = true;
  }

  /** The line above the cursor, and the line of the cursor up to it; blanks that stand there are part of it. */
  textBeforeCursor(): string {
    return this.#screen ? new PictureText(this.#screen.picture, 'padded').beforeCursor : '';
  }

  /** Whether the pattern stands there, used up or typed. */
  shows(pattern: Pattern): boolean {
    return this.#texts().some(({ text }) => this.#find(pattern, text, 0) !== undefined);
  }

  /** What it shows, or showed when the program left it, without empty rows above and below; `⋮` stands for many between. */
  pictureLines(): string[] {
    const picture = this.#screen?.picture ?? this.#left;
    const lines = picture?.rows.map(({ cells }) => cells.join('').trimEnd()) ?? [];
    const first = lines.findIndex((line) => line !== '');
    if (first < 0) return [];
    const shown = lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
    return shown.join('\n').replaceAll(MANY_EMPTY, '\n\n⋮\n\n').split('\n');
  }

  /**
   * The text of all screens, without and with the blanks at the ends of rows: those that a program wrote and those that
   * nobody wrote look the same.
   */
  #texts(): PictureText[] {
    const pictures = [this.#left, this.shown && this.#screen?.picture].filter((picture) => picture !== undefined);
    return pictures.flatMap((picture) => [new PictureText(picture, 'trimmed'), new PictureText(picture, 'padded')]);
  }

  #isEcho(picture: PictureText, { start, end }: Match): boolean {
    return this.#echoes.some(({ row, column, text }) => {
      const from = picture.indexOf(row, column);
      return from !== undefined && from <= start && text.startsWith(picture.text.slice(from, end));
    });
  }

  #endsWith(text: string, pattern: Pattern): boolean {
    if ('text' in pattern) return text.endsWith(pattern.text);
    for (const match of this.#matches(pattern, text)) if (match.end === text.length) return true;
    return false;
  }

  *#matches(pattern: Pattern, text: string): Generator<Match> {
    let from = 0;
    for (let i = 0; i < MOST_MATCHES; i++) {
      const match = this.#find(pattern, text, from);
      if (!match) return;
      yield match;
      from = Math.max(match.start + 1, 'text' in pattern ? 0 : match.end);
    }
  }

  #keep(data: string): void {
    this.#kept.push(data);
    this.#keptLength += data.length;
    while (this.#kept.length > 1 && this.#keptLength - this.#kept[0]!.length >= KEPT_OUTPUT)
      this.#keptLength -= this.#kept.shift()!.length;
  }

  #forget(): void {
    this.#kept = [];
    this.#keptLength = 0;
  }
}

function isSame(a: PlacedText, b: PlacedText): boolean {
  return a.row === b.row && a.column === b.column && a.text === b.text;
}

/** Whether a match lies within a text that still stands at its place. */
function holds(picture: PictureText, { row, column, text }: PlacedText, { start, end }: Match): boolean {
  const from = picture.indexOf(row, column);
  return from !== undefined && from <= start && end <= from + text.length && picture.text.startsWith(text, from);
}
