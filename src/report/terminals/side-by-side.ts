import { columnsOf, sanitizeToLine } from '../../core/text/sanitize.ts';
import { Transcript } from '../../terminal/transcript.ts';
import type { TerminalEvent } from './terminal-recording.ts';
import { endText } from '../run/words.ts';

/** A picture of text, `columns` wide; with `rows`, at most so high: then the newest lines are in it. */
export interface PictureSize {
  readonly columns: number;
  readonly rows?: number | undefined;
  /** The role whose keyboard is in use: its title is marked, and its cursor shown. */
  readonly focus?: string | undefined;
}

interface Side {
  readonly role: string;
  readonly title: string;
  transcript: Transcript;
  status: string | undefined;
}

/** With less room than this, a terminal is put below the other. */
const NARROWEST = 30;
const SEPARATOR = ' │ ';
const CURSOR = '█';
/** What is kept of a terminal, UTF-16 units: more than any screen shows. */
const RETAINED = 64 * 1024;

/**
 * Several terminals as plain text in one picture, next to each other where there is room. No control character of a
 * program is in it.
 */
export class SideBySide {
  readonly #sides = new Map<string, Side>();

  /** @param roles Those that are shown, in order, also before they start. */
  constructor(roles: readonly { readonly role: string; readonly machine: string }[]) {
    for (const { role, machine } of roles)
      this.#sides.set(role, {
        role,
        title: sanitizeToLine(`${role} · ${machine}`),
        transcript: new Transcript({ maxRetained: RETAINED }),
        status: undefined,
      });
  }

  take(event: TerminalEvent): void {
    const side = this.#sides.get(event.role);
    if (side === undefined) return;
    if (event.kind === 'terminal-opened')
      this.#sides.set(event.role, {
        ...side,
        transcript: new Transcript({ columns: event.columns, maxRetained: RETAINED }),
        status: undefined,
      });
    else if (event.kind === 'terminal-output') side.transcript.write(event.data);
    else if (event.kind === 'terminal-resized') side.transcript.resize(event.columns);
    else if (event.kind === 'program-exited') side.status = endText(event);
  }

  /** What stands on the line that the cursor of a role is on. */
  currentLine(role: string): string {
    return this.#sides.get(role)?.transcript.currentLine ?? '';
  }

  /** Lines of the picture; none is wider than `columns`. */
  picture({ columns, rows, focus }: PictureSize): string[] {
    const sides = [...this.#sides.values()];
    if (sides.length === 0) return [];
    const width = Math.floor((columns - SEPARATOR.length * (sides.length - 1)) / sides.length);
    if (sides.length > 1 && width < NARROWEST) {
      const each = rows === undefined ? undefined : Math.max(2, Math.floor(rows / sides.length));
      return sides.flatMap((side) => linesOf(side, side.role === focus, { columns, rows: each }));
    }
    const parts = sides.map((side) => linesOf(side, side.role === focus, { columns: width, rows }));
    const height = Math.max(...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, row) =>
      parts
        .map((part) => padded(part[row] ?? '', width))
        .join(SEPARATOR)
        .trimEnd(),
    );
  }
}

/** A heading, a rule, and the newest lines of a terminal. */
function linesOf(
  { title, transcript, status }: Side,
  isFocus: boolean,
  { columns: width, rows }: PictureSize,
): string[] {
  const text = `${transcript.text}${isFocus ? CURSOR : ''}`.split('\n').flatMap((line) => wrapped(line, width));
  if (text.at(-1) === '') text.pop();
  const room = rows === undefined ? text.length : Math.max(0, rows - 2);
  const heading = `${isFocus ? '▶ ' : ''}${title}${status === undefined ? '' : `  (${status})`}`;
  return [
    padded(wrapped(heading, width)[0]!, width),
    (isFocus ? '━' : '─').repeat(width),
    ...(room === 0 ? [] : text.slice(-room)),
  ];
}

/** A line cut into rows, as a terminal of that width would show it; tabs go to every eighth column. */
function wrapped(line: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  let taken = 0;
  for (const character of line) {
    const shown = character === '\t' ? ' '.repeat(8 - (taken % 8)) : character;
    const needed = character === '\t' ? shown.length : columnsOf(character);
    if (taken + needed > width) {
      rows.push(row);
      [row, taken] = ['', 0];
    }
    row += shown;
    taken += needed;
  }
  return [...rows, row];
}

function padded(text: string, width: number): string {
  let taken = 0;
  for (const character of text) taken += columnsOf(character);
  return text + ' '.repeat(Math.max(0, width - taken));
}
