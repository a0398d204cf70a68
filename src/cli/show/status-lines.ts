import type { Writable } from 'node:stream';
import { stripVTControlCharacters, styleText } from 'node:util';
import { say } from '../../core/language/say.ts';
import { writeTo } from '../../core/files/drained.ts';
import { columnsOf } from '../../core/text/sanitize.ts';
import { usesColor } from './style.ts';

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface StatusLinesOptions {
  /** For data: what programs printed. */
  readonly stdout: Output;
  /** For talk: progress, warnings. The present is drawn here, if it is a terminal. */
  readonly stderr: Output;
  /** False forbids colours; otherwise each stream and the environment decide. */
  readonly color: boolean;
}

/** A stream that shares the screen. */
export interface Channel {
  readonly paint: Paint;
  /** Writes whole lines, without control sequences but those of `paint`. The promise says when more may come. */
  print(lines: readonly string[]): Promise<void> | undefined;
}

/** Makes text stand out where colours are wanted. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Lines that describe the present; `frame` counts up, for what moves. */
export type StatusSource = (frame: number) => readonly string[];

const FRAME_MS = 100;
const MOST_STATUS_LINES = 8;
const ERASE_BELOW = '\x1b[J';

/**
 * The one place that writes while a command works, so that everything that shares the user's terminal does not write
 * into each other's lines: lines go up into the history, and below them a terminal shows the present, drawn again as it
 * changes. The cursor rests at the start of that status, so whatever else is written (an error, the last words of a
 * process) starts on a line of its own.
 */
export class StatusLines {
  readonly data: Channel;
  readonly talk: Channel;
  /** Whether there is a terminal on which the present can be drawn. */
  readonly isLive: boolean;
  readonly #stderr: Output;
  readonly #sources: StatusSource[] = [];
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #shown: readonly string[] = [];
  #isHushed = false;

  constructor({ stdout, stderr, color }: StatusLinesOptions) {
    this.data = { paint: painter(stdout, color), print: (lines) => this.#print(stdout, lines) };
    this.talk = { paint: painter(stderr, color), print: (lines) => this.#print(stderr, lines) };
    this.isLive = stderr.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#stderr = stderr;
  }

  /** Adds to what the status shows. */
  addStatus(source: StatusSource): void {
    this.#sources.push(source);
  }

  /** Reports that the present has changed. It is drawn a moment later, so that frequent changes cost nothing. */
  changed(): void {
    if (!this.isLive || this.#timer || this.#isHushed) return;
    this.#timer = setInterval(() => this.#tick(), FRAME_MS).unref();
  }

  /** Draws nothing of the present while `work` goes on, which has the terminal for itself. */
  async hush<T>(work: () => Promise<T>): Promise<T> {
    const wasDrawing = this.#timer !== undefined;
    this.close();
    this.#isHushed = true;
    try {
      return await work();
    } finally {
      this.#isHushed = false;
      if (wasDrawing) this.changed();
    }
  }

  /** Takes the status away; may be called twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
  }

  #print(output: Output, lines: readonly string[]): Promise<void> | undefined {
    if (lines.length === 0) return undefined;
    const hadStatus = this.#shown.length > 0;
    this.#erase();
    const wait = writeTo(output, lines.map((line) => `${line}\n`).join(''));
    if (hadStatus) this.#draw();
    return wait;
  }

  #tick(): void {
    this.#frame += 1;
    this.#erase();
    this.#draw();
    if (this.#shown.length === 0) this.close();
  }

  #erase(): void {
    if (this.#shown.length > 0) this.#stderr.write(ERASE_BELOW);
    this.#shown = [];
  }

  #draw(): void {
    const lines = this.#sources.flatMap((source) => source(this.#frame));
    const hidden = lines.length - MOST_STATUS_LINES;
    const shown = hidden > 0 ? [...lines.slice(0, MOST_STATUS_LINES - 1), say`… and ${hidden + 1} more`] : lines;
    this.#shown = shown;
    if (shown.length === 0) return;
    const width = (this.#stderr.columns || 80) - 1;
    const up = shown.length > 1 ? `\x1b[${shown.length - 1}A` : '';
    this.#stderr.write(`${shown.map((line) => clipped(line, width)).join('\n')}\r${up}`);
  }
}

function painter(stream: Output, color: boolean): Paint {
  return usesColor(stream, color)
    ? (format, text) => styleText(format, text, { validateStream: false })
    : (_format, text) => text;
}

/** The start of a line that takes at most `width` columns; a line that is cut loses its colours. */
function clipped(line: string, width: number): string {
  const plain = stripVTControlCharacters(line).replaceAll('\t', ' ');
  let columns = 0;
  let end = 0;
  for (const character of plain) {
    columns += columnsOf(character);
    if (columns > width) return `${plain.slice(0, end)}…`;
    if (columns < width) end += character.length;
  }
  return line.replaceAll('\t', ' ');
}
