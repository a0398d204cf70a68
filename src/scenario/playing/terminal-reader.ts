import { SlowPatternError } from '../../core/text/bounded-search.ts';
import { Transcript } from '../../terminal/transcript.ts';
import type { Pattern } from '../../lab/types.ts';
import { findPattern, type Match } from '../../lab/pattern.ts';
import { ScreenReader, type ShownScreen } from './screen-reader.ts';

/**
 * Characters of output that are kept for an `expect` that comes late; bounds memory when a program floods its terminal.
 */
const RETAINED_LENGTH = 262_144;

/**
 * UTF-16 units in which a pattern that may go over several lines is searched for again when more has come: a match may
 * begin there and end in what is new.
 */
const LOOKED_AT_AGAIN = 65_536;

/** A prompt is looked for in so many UTF-16 units at the end of the output. */
const PROMPT_LENGTH = 2048;

/** Absolute offsets in the transcript. */
interface Region {
  readonly start: number;
  readonly end: number;
}

/** A line that was typed and has not come back yet. */
interface PendingEcho {
  readonly text: string;
  /** The echo begins here or later. */
  readonly from: number;
}

/** Up to where an `expect` has read. */
interface Cursor {
  readonly lineStart: number;
  /** What of that line is used up. When a program rewrites the line, only what still reads the same is. */
  readonly used: string;
}

/** A reading of the same output that does not change what others read; see `TerminalReader.fork`. */
export interface ReaderFork {
  cursor: Cursor;
  used: ScreenReader['used'];
}

function isFurther(a: Cursor, b: Cursor): boolean {
  return a.lineStart > b.lineStart || (a.lineStart === b.lineStart && a.used.length > b.used.length);
}

/** The last search that found nothing. */
interface VainLook {
  readonly pattern: Pattern;
  /** From where on it searched. */
  readonly since: number;
  /** Lines before this offset were final, and there is nothing in them. */
  readonly final: number;
  readonly version: number;
}

/** `found`; `unsettled` when more output may still change what matches; undefined when nothing matches. */
export type ExpectLook = 'found' | 'unsettled' | undefined;

/**
 * What one program printed on its terminal, as a person reads it, with three independent readings: what `expect` has
 * used up, which prompt was answered, and what is not output at all but the echo of typed lines.
 *
 * A terminal echoes a line when it is typed, or a line editor (readline) does when the program reads it; in both cases
 * before the program can answer. So the first line that ends with what was typed, after it was typed, holds its echo,
 * whatever the program printed in between. (Known limit: a line that is typed before a line editor runs is echoed
 * twice, and only the first echo is recognized. A program with a `prompt` is never typed at so early.)
 */
export class TerminalReader {
  readonly #transcript: Transcript;
  #cursor: Cursor = { lineStart: 0, used: '' };
  /** Prompts before this offset are answered. */
  #promptCursor = 0;
  #pending: PendingEcho[] = [];
  #echoes: Region[] = [];
  /** Changes whenever there is something else to find. */
  #version = 0;
  #vainMatch: VainLook | undefined;
  /** The output ended with the prompt since a line was typed at one. */
  #hadPrompt = false;
  #groups: Match['groups'];
  readonly #prompt: Pattern | undefined;
  readonly #screens: ScreenReader;

  /** `columns` and `rows` are the size of the terminal; `prompt` is that of its program. */
  constructor({ columns, rows = 30 }: { readonly columns: number; readonly rows?: number }, prompt?: Pattern) {
    this.#prompt = prompt;
    this.#screens = new ScreenReader({ columns, rows }, findPattern);
    this.#transcript = new Transcript({
      columns,
      maxRetained: RETAINED_LENGTH,
      onLine: (line) => this.#noteEcho(line),
      onDrawing: () => this.#screens.startDrawing(),
    });
  }

  /** What the named groups matched of the pattern that was found last; undefined when it has none. */
  get groups(): Match['groups'] {
    return this.#groups ?? this.#screens.groups;
  }

  /** The screen of a program that draws on it; undefined as long as it only prints. */
  get screen(): ShownScreen | undefined {
    return this.#screens.shown;
  }

  /** Whether the program asked for the arrow keys as `ESC O A`, not `ESC [ A`. */
  get hasApplicationKeys(): boolean {
    return this.#transcript.hasApplicationKeys;
  }

  /** Takes the next decoded output; it may be cut anywhere. */
  write(data: string): void {
    this.#version++;
    this.#transcript.write(data);
    this.#screens.write(data);
    this.#notePrompt();
  }

  /** Called when the program has ended: what is printed now is all. */
  finish(): void {
    this.#version++;
    this.#transcript.finish();
    this.#pending = [];
  }

  resize(columns: number, rows: number): void {
    this.#transcript.resize(columns);
    this.#screens.resize({ columns, rows });
  }

  /** Called when these lines are about to be typed: their echo is not the program's. */
  typed(lines: readonly string[]): void {
    this.#version++;
    const echoes = lines.map(echoOf);
    this.#screens.typed(echoes);
    // On the alternate screen the echo is drawn.
    if (this.#screens.isAlternate) return;
    const from = this.#transcript.end;
    for (const text of echoes) if (text !== '') this.#pending.push({ text, from });
  }

  /** Called when keys are about to be pressed that are no line. */
  pressed(): void {
    this.#version++;
    this.#screens.typed([]);
  }

  /** Whether a typed line has not come back yet. */
  get awaitsEcho(): boolean {
    return this.#pending.length > 0;
  }

  /**
   * Looks for the first match in what the program printed since the last one, and uses up all to its end. A regular
   * expression that matches to the end of an unfinished line could match more, or no longer, when the line goes on: it
   * is taken only when `settled`.
   *
   * Of a program that draws on its screen, what stands there now is searched, too; on the alternate screen nothing else
   * is.
   */
  takeMatch(pattern: Pattern, settled: boolean): ExpectLook {
    this.#groups = this.#screens.groups = undefined;
    const look = this.#takePrinted(pattern, settled);
    if (look !== undefined || !this.#screens.isDrawn) return look;
    if (this.#screens.isAlternate || this.#screens.shown === undefined)
      return this.#screens.takeMatch(pattern, settled);
    // What it prints on the main screen is read as it comes; the screen tells what never came in one piece.
    if (!settled || this.#isPrinted(pattern)) return undefined;
    return this.#screens.takeMatch(pattern, settled);
  }

  /** A reading of its own from where the next `expect` would begin; it uses nothing up until it is joined. */
  fork(): ReaderFork {
    return { cursor: this.#cursor, used: this.#screens.used };
  }

  /** The same as `takeMatch`, in a fork. */
  takeMatchIn(fork: ReaderFork, pattern: Pattern, settled: boolean): ExpectLook {
    const own = this.fork();
    this.#goTo(fork);
    try {
      return this.takeMatch(pattern, settled);
    } finally {
      Object.assign(fork, this.fork());
      this.#goTo(own);
    }
  }

  /** What any of these forks has used up is used up: up to the end of the last match. */
  join(forks: readonly ReaderFork[]): void {
    for (const fork of forks) {
      if (isFurther(fork.cursor, this.#cursor)) this.#cursor = fork.cursor;
      this.#screens.use(fork.used);
    }
  }

  #goTo({ cursor, used }: ReaderFork): void {
    this.#cursor = cursor;
    this.#screens.used = used;
  }

  #takePrinted(pattern: Pattern, settled: boolean): ExpectLook {
    const since = this.#cursor.lineStart;
    if (this.#isVain(this.#vainMatch, pattern, since)) return undefined;
    const readable = this.#readable(this.#newSince(this.#vainMatch, pattern, since));
    const match = findPattern(pattern, readable.text, readable.indexOf(this.#usedEnd()));
    this.#vainMatch = match ? undefined : this.#vainLook(pattern, since);
    if (!match) return undefined;
    if ('regex' in pattern && !settled && match.end === readable.text.length && !readable.text.endsWith('\n'))
      return 'unsettled';
    this.#use(readable.offsetOf(match.end));
    this.#groups = match.groups;
    return 'found';
  }

  /**
   * Where the prompt stands to which no line was typed yet: at the end of the output (`shown`), white space and one line
   * end behind it allowed; before what was printed since it stood there (`overrun`); nowhere.
   */
  promptState(prompt: Pattern): 'shown' | 'overrun' | 'missing' {
    if (this.#screens.seesPrompt(prompt) || this.#endsWithPrompt(prompt)) return 'shown';
    return this.#hadPrompt && !this.#screens.isAlternate ? 'overrun' : 'missing';
  }

  /** Whether a prompt was answered before. */
  get hasAnswered(): boolean {
    return this.#promptCursor > 0;
  }

  /** Uses up the prompt that shows: the next one must come later than all that is printed now. */
  answerPrompt(): void {
    this.#promptCursor = this.#transcript.end;
    this.#hadPrompt = false;
    this.#screens.answerPrompt();
  }

  #endsWithPrompt(prompt: Pattern): boolean {
    if (this.#screens.isAlternate) return false;
    const since = Math.max(this.#promptCursor, this.#transcript.lineStartNear(this.#transcript.end - PROMPT_LENGTH));
    const { text } = this.#readable(since);
    for (let from = 0; from <= text.length;) {
      const match = findPattern(prompt, text, from);
      if (match === undefined) return false;
      if (/^[^\S\n]*\n?[^\S\n]*$/.test(text.slice(match.end))) return true;
      from = match.start + 1;
    }
    return false;
  }

  /** A prompt that stood at the end between two pieces of output was one, whatever another thread prints behind it. */
  #notePrompt(): void {
    if (this.#prompt === undefined || this.#hadPrompt) return;
    try {
      this.#hadPrompt = this.#endsWithPrompt(this.#prompt);
    } catch (error) {
      // Whoever waits for the prompt is told.
      if (!(error instanceof SlowPatternError)) throw error;
    }
  }

  /** Whether the pattern stands anywhere on the terminal, used up or typed: why an `expect` did not find it. */
  shows(pattern: Pattern): boolean {
    try {
      return this.#isPrinted(pattern) || this.#screens.shows(pattern);
    } catch (error) {
      if (error instanceof SlowPatternError) return false;
      throw error;
    }
  }

  #isPrinted(pattern: Pattern): boolean {
    return findPattern(pattern, this.#transcript.text, 0) !== undefined;
  }

  /** The last lines, the unfinished one included; of a program that draws on its screen, that screen. */
  tail(count: number): string[] {
    if (this.#screens.shown) return this.#screens.pictureLines();
    const lines = this.#transcript.text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.length > 0 ? lines.slice(-count) : this.#screens.pictureLines();
  }

  /** What stands on the line of the cursor; undefined when that is empty. */
  get unfinishedLine(): string | undefined {
    const line = this.#transcript.currentLine;
    return line.trim() === '' ? undefined : line;
  }

  /** Lines that came too long ago to be kept. */
  get droppedLines(): number {
    return this.#transcript.droppedLines;
  }

  #vainLook(pattern: Pattern, since: number): VainLook {
    return { pattern, since, final: this.#transcript.lineStart, version: this.#version };
  }

  /** Whether the same search found nothing, and nothing happened since. */
  #isVain(vain: VainLook | undefined, pattern: Pattern, since: number): boolean {
    return vain?.pattern === pattern && vain.since === since && vain.version === this.#version;
  }

  /**
   * Where a search begins after one that found nothing, so that a flood, or a program that prints letter by letter, is
   * not read again and again.
   */
  #newSince(vain: VainLook | undefined, pattern: Pattern, since: number): number {
    if (vain?.pattern !== pattern || vain.since !== since) return since;
    const withinLine = 'text' in pattern && !pattern.text.includes('\n');
    return Math.max(since, this.#transcript.lineStartNear(vain.final - (withinLine ? 0 : LOOKED_AT_AGAIN)));
  }

  /**
   * Called for each completed line, in order. An echo that never came, because the program had turned echo off, is
   * dropped when a later one comes.
   */
  #noteEcho(line: string): void {
    const end = this.#transcript.lineStart - 1;
    const found = this.#pending.findIndex(({ text, from }) => line.endsWith(text) && end - text.length >= from);
    if (found < 0) return;
    this.#echoes.push({ start: end - this.#pending[found]!.text.length, end });
    this.#pending.splice(0, found + 1);
    const oldest = Math.max(this.#transcript.start, Math.min(this.#cursor.lineStart, this.#promptCursor));
    this.#echoes = this.#echoes.filter((echo) => echo.end > oldest);
  }

  /** What the program printed from an offset on, without echoes and without an end that may turn out to be one. */
  #readable(from: number): Readable {
    const start = Math.max(from, this.#transcript.start);
    const text = this.#transcript.slice(start);
    const end = start + text.length - this.#possibleEcho(start);
    const readable = new Readable();
    let at = start;
    for (const echo of this.#echoes) {
      if (echo.end <= at) continue;
      readable.add(at, text.slice(at - start, Math.max(at, echo.start) - start));
      at = echo.end;
    }
    readable.add(at, text.slice(at - start, end - start));
    return readable;
  }

  /** Length of the longest end of the current line, from `start` on, with which an awaited echo may begin. */
  #possibleEcho(start: number): number {
    const line = this.#transcript.currentLine;
    let longest = 0;
    for (const { text, from } of this.#pending) {
      const room = this.#transcript.end - Math.max(from, start, this.#transcript.lineStart);
      for (let length = Math.min(text.length, room); length > longest; length--) {
        if (line.endsWith(text.slice(0, length))) longest = length;
      }
    }
    return longest;
  }

  /** Offset up to which output is used up; earlier than it was when the program has changed that line since. */
  #usedEnd(): number {
    const { lineStart, used } = this.#cursor;
    if (lineStart < this.#transcript.start) return this.#transcript.start;
    const now = this.#transcript.slice(lineStart);
    let same = 0;
    while (same < used.length && now[same] === used[same]) same++;
    return lineStart + same;
  }

  #use(offset: number): void {
    const start = Math.max(this.#cursor.lineStart, this.#transcript.start);
    const before = this.#transcript.slice(start).slice(0, offset - start);
    const lineBegin = before.lastIndexOf('\n') + 1;
    this.#cursor = { lineStart: start + lineBegin, used: before.slice(lineBegin) };
  }
}

/** Pieces of the transcript put together, which know where in the transcript each index of their text is. */
class Readable {
  text = '';
  readonly #pieces: { readonly index: number; readonly offset: number; readonly length: number }[] = [];

  add(offset: number, text: string): void {
    this.#pieces.push({ index: this.text.length, offset, length: text.length });
    this.text += text;
  }

  /** The index of what stands at `offset`, or of what follows it when that is left out. */
  indexOf(offset: number): number {
    const piece = this.#pieces.find((candidate) => offset <= candidate.offset + candidate.length);
    return piece ? piece.index + Math.max(0, offset - piece.offset) : this.text.length;
  }

  /** The offset behind the character before `index`. */
  offsetOf(index: number): number {
    const piece = this.#pieces.find((candidate) => index <= candidate.index + candidate.length) ?? {
      index: 0,
      offset: 0,
    };
    return piece.offset + index - piece.index;
  }
}

/**
 * A typed line as a terminal shows it: control characters in caret notation (termios(3), ECHOCTL), the rest as it
 * reads.
 */
function echoOf(line: string): string {
  const shown = line.replaceAll(
    /[\0-\x08\x0b-\x1f\x7f]/g,
    (control) => `^${String.fromCharCode(control.charCodeAt(0) ^ 0x40)}`,
  );
  const transcript = new Transcript();
  transcript.write(shown);
  return transcript.currentLine;
}
