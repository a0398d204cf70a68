import { escapeCharacter, joinsEmoji } from '../core/text/sanitize.ts';
import { TerminalLine } from './terminal-line.ts';
import { alternateScreenModes, APPLICATION_KEYS_MODE } from './modes.ts';
import type { CsiSequence } from './vt-handler.ts';
import { VtParser } from './vt-parser.ts';

export interface TranscriptOptions {
  /**
   * Width of the terminal. With it, moving back stays within a row of a wrapped line, as readline expects; without, a
   * line is one row.
   */
  readonly columns?: number | undefined;
  /** UTF-16 units of completed lines that are kept at most; older lines are dropped. Default 1 Mi. */
  readonly maxRetained?: number | undefined;
  /**
   * A line that grows beyond this is completed by force, so a program that never ends a line takes bounded memory.
   * Default 64 Ki.
   */
  readonly maxLineLength?: number | undefined;
  /** Called with each line when it is completed, without its line feed. */
  readonly onLine?: ((line: string) => void) | undefined;
  /**
   * Called when the program draws on the screen: it changes to the alternate screen or back, or puts the cursor at a
   * place that is not the first. What is drawn on the alternate screen is then left out of the text; without, it reads as
   * new lines.
   */
  readonly onDrawing?: (() => void) | undefined;
}

/**
 * Lines are gathered into blocks, so that dropping old ones is cheap and no line keeps alive the chunk that it was cut
 * from.
 */
const LINES_A_BLOCK = 64;
const BLOCK_LENGTH = 8192;

interface Block {
  readonly text: string;
  readonly lines: number;
}

/**
 * What a terminal printed, as plain text that a person would have read. Text holds no control characters but line feed
 * and tab, and no invisible or bidirectional format characters (they read `\u{202e}`), so it may be shown on any
 * terminal.
 *
 * Completed lines never change; only the current line, the one that the cursor is on, may. A cursor that leaves the
 * current line upwards, or is put elsewhere on the screen, completes it: what is painted then reads as new lines.
 * Offsets are absolute: UTF-16 units since the first character ever.
 */
export class Transcript {
  readonly #parser: VtParser;
  readonly #line: TerminalLine;
  readonly #maxRetained: number;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #onDrawing: (() => void) | undefined;
  /** On the alternate screen, of which nothing is read. */
  #isLeftOut = false;
  #hasApplicationKeys = false;
  readonly #blocks: Block[] = [];
  /** Completed lines that are in no block yet. */
  #recent: string[] = [];
  #recentLength = 0;
  #start = 0;
  #lineStart = 0;
  #droppedLines = 0;

  constructor(options: TranscriptOptions = {}) {
    this.#maxRetained = options.maxRetained ?? 1_048_576;
    this.#onLine = options.onLine;
    this.#onDrawing = options.onDrawing;
    this.#line = new TerminalLine(options.columns || Infinity, options.maxLineLength ?? 65_536);
    this.#parser = new VtParser({
      print: (text) => (this.#isLeftOut ? undefined : this.#print(text)),
      format: (character) => (this.#isLeftOut ? undefined : this.#format(character)),
      control: (code) => (this.#isLeftOut ? undefined : this.#control(code)),
      csi: (final, parameters) => (this.#isLeftOut ? undefined : this.#csi(final, parameters)),
      otherCsi: (sequence) => this.#otherCsi(sequence),
      escape: (intermediates, final) => this.#escape(intermediates, final),
    });
  }

  /** Takes the next piece of decoded output. It may be cut anywhere: the text is the same for every way to cut. */
  write(data: string): void {
    this.#parser.write(data);
  }

  /** The terminal has another width from now on. */
  resize(columns: number): void {
    this.#line.resize(columns || Infinity);
  }

  /** Completes the current line unless it is empty; for the end of the program. */
  finish(): void {
    if (this.#line.text !== '') this.#completeLine();
  }

  /** All that is kept: completed lines, each with its line feed, and the current line. */
  get text(): string {
    return this.slice(this.#start);
  }

  /** Text from an absolute offset to the end; from `start` if that was dropped. Costs as much as what it returns. */
  slice(from: number): string {
    const offset = Math.max(from, this.#start);
    const parts = [this.#line.text];
    let at = this.#lineStart;
    for (let i = this.#recent.length - 1; i >= 0 && at > offset; i--) {
      parts.push('\n', this.#recent[i]!);
      at -= this.#recent[i]!.length + 1;
    }
    for (let i = this.#blocks.length - 1; i >= 0 && at > offset; i--) {
      parts.push(this.#blocks[i]!.text);
      at -= this.#blocks[i]!.text.length;
    }
    return parts
      .toReversed()
      .join('')
      .slice(offset - at);
  }

  /**
   * Where a line starts, at `offset` or less than two blocks of lines before it; the first one that is kept, if that is
   * later.
   */
  lineStartNear(offset: number): number {
    let at = this.#lineStart;
    for (let i = this.#recent.length - 1; i >= 0 && at > offset; i--) at -= this.#recent[i]!.length + 1;
    for (let i = this.#blocks.length - 1; i >= 0 && at > offset; i--) at -= this.#blocks[i]!.text.length;
    return at;
  }

  /** Offset of the first character that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset of the current line: everything before it is final. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Offset behind the last character. It may go back as long as the current line does. */
  get end(): number {
    return this.#lineStart + this.#line.text.length;
  }

  /** The line that the cursor is on, as it reads now. */
  get currentLine(): string {
    return this.#line.text;
  }

  /** Whether the program asked for the arrow keys as `ESC O A`, not `ESC [ A` (DECCKM). */
  get hasApplicationKeys(): boolean {
    return this.#hasApplicationKeys;
  }

  /** How many completed lines are no longer kept. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  #print(text: string): void {
    for (let rest = text; rest !== '';) {
      const taken = this.#line.print(rest);
      if (taken === rest.length) return;
      this.#completeLine();
      rest = rest.slice(taken);
    }
  }

  #format(character: string): void {
    if (joinsEmoji(this.#line.text, character)) this.#print(character);
    else this.#line.attach(escapeCharacter(character));
  }

  #control(code: number): void {
    switch (code) {
      case 0x08:
        return this.#line.moveBy(-1);
      case 0x0d:
        return this.#line.carriageReturn();
      case 0x0a: // LF, and what terminals treat like it: VT, FF, IND, NEL
      case 0x0b:
      case 0x0c:
      case 0x84:
      case 0x85:
        return this.#completeLine();
      default:
        return undefined;
    }
  }

  /** Control sequences that change what the current line reads (ECMA-48, 8.3); all others have no meaning here. */
  #csi(final: string, parameters: readonly number[]): void {
    const mode = parameters[0] ?? 0;
    const count = mode || 1;
    switch (final) {
      case '@':
        return this.#line.insertBlanks(count);
      case 'P':
        return this.#line.deleteCharacters(count);
      case 'X':
        return this.#line.eraseCharacters(count);
      case 'K':
        return this.#line.eraseInRow(mode);
      case 'J':
        return mode === 0 ? this.#line.eraseBelow() : undefined;
      case 'C':
      case 'a':
        return this.#line.moveBy(count);
      case 'D':
        return this.#line.moveBy(-count);
      case 'G':
      case '`':
        return this.#line.moveToColumn(count - 1);
      case 'A':
        return this.#moveRows(-count);
      case 'B':
      case 'e':
        return this.#moveRows(count);
      case 'H':
      case 'd':
      case 'f':
        if (mode > 1 || (parameters[1] ?? 0) > 1) this.#onDrawing?.();
        return this.finish();
      case 'E':
      case 'F':
        return this.finish();
      default:
        return undefined;
    }
  }

  #otherCsi({ prefix, parameters, intermediates, final }: CsiSequence): void {
    if (prefix === '' && intermediates === '!' && final === 'p') this.#hasApplicationKeys = false;
    if (prefix !== '?' || intermediates !== '' || (final !== 'h' && final !== 'l')) return;
    for (const mode of parameters.split(';')) {
      if (mode === APPLICATION_KEYS_MODE) this.#hasApplicationKeys = final === 'h';
      else if (alternateScreenModes.has(mode)) this.#changeScreen(final === 'h');
    }
  }

  #escape(intermediates: string, final: string): void {
    if (intermediates !== '' || final !== 'c') return;
    this.#hasApplicationKeys = false;
    this.#changeScreen(false);
  }

  #changeScreen(isAlternate: boolean): void {
    if (this.#onDrawing === undefined || this.#isLeftOut === isAlternate) return;
    this.#isLeftOut = isAlternate;
    this.finish();
    this.#onDrawing();
  }

  #moveRows(rows: number): void {
    if (!this.#line.moveByRows(rows)) this.finish();
  }

  #completeLine(): void {
    const line = this.#line.text;
    this.#line.reset();
    this.#lineStart += line.length + 1;
    this.#recent.push(line);
    this.#recentLength += line.length + 1;
    if (this.#recent.length >= LINES_A_BLOCK || this.#recentLength >= Math.min(BLOCK_LENGTH, this.#maxRetained))
      this.#packBlock();
    this.#dropOldest();
    this.#onLine?.(line);
  }

  #packBlock(): void {
    this.#blocks.push({ text: [...this.#recent, ''].join('\n'), lines: this.#recent.length });
    this.#recent = [];
    this.#recentLength = 0;
  }

  #dropOldest(): void {
    while (this.#lineStart - this.#start > this.#maxRetained) {
      if (this.#blocks.length === 0) this.#packBlock();
      const dropped = this.#blocks.shift()!;
      this.#start += dropped.text.length;
      this.#droppedLines += dropped.lines;
    }
  }
}
