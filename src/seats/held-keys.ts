import { sanitizeToLine } from '../core/text/sanitize.ts';

const ENTER = 0x0d;
/** What was typed before the terminal was ours ends with a line feed. */
const LINE_FEED = 0x0a;
const END_OF_INPUT = 0x04;
const lineEnds: ReadonlySet<number | undefined> = new Set([ENTER, LINE_FEED, END_OF_INPUT]);
/** ^C, ^\ and ^Z act at once (termios(3), ISIG). */
const signalKeys: ReadonlySet<number> = new Set([0x03, 0x1c, 0x1a]);
const erasers: ReadonlyMap<number, (line: number[]) => void> = new Map([
  [0x7f, eraseCharacter],
  [0x08, eraseCharacter],
  [0x15, (line) => void line.splice(0)],
  [0x17, eraseWord],
]);

/** Whether these keys complete a line, or end the input. */
export function endsLine(keys: Uint8Array): boolean {
  return lineEnds.has(keys.at(-1));
}

/** Keys that no program has got yet. They are edited as the line editing of a terminal would do it. */
export class HeldKeys {
  /** Pieces that each complete a line, but for the last. */
  #lines: Uint8Array[] = [];

  /** Takes what was typed; gives the keys that must not be held. */
  add(keys: Uint8Array): Uint8Array[] {
    const rest = keys.filter((key) => !signalKeys.has(key));
    for (let start = 0; start < rest.length;) {
      const end = rest.subarray(start).findIndex((key) => lineEnds.has(key));
      const next = end === -1 ? rest.length : start + end + 1;
      this.#append(rest.subarray(start, next));
      start = next;
    }
    return Array.from(
      keys.filter((key) => signalKeys.has(key)),
      (key) => Uint8Array.of(key),
    );
  }

  /** Takes out the first line, or what there is of it. */
  next(): Uint8Array | undefined {
    return this.#lines.shift();
  }

  /** As a person reads it, in one line. */
  get text(): string {
    const text = Buffer.concat(this.#lines).toString('utf8');
    return sanitizeToLine(
      text
        .replaceAll(/[\r\n]/g, '⏎')
        .replaceAll('\x04', '^D')
        .replaceAll('\t', ' '),
    );
  }

  /** Carries out the keys that change a line, in what is left: they are meant for what is shown as held. */
  edit(): void {
    this.#lines = this.#lines.map(editedLine).filter((line) => line.length > 0);
  }

  #append(piece: Uint8Array): void {
    const last = this.#lines.at(-1);
    if (last === undefined || endsLine(last)) this.#lines.push(piece);
    else this.#lines[this.#lines.length - 1] = Buffer.concat([last, piece]);
  }
}

function editedLine(keys: Uint8Array): Uint8Array {
  const line: number[] = [];
  for (const key of keys) {
    const erase = erasers.get(key);
    if (erase) erase(line);
    else line.push(key);
  }
  return Uint8Array.from(line);
}

/** A character takes several bytes in UTF-8: 10xxxxxx goes on with one. */
function eraseCharacter(line: number[]): void {
  for (let byte = line.pop(); byte !== undefined && (byte & 0xc0) === 0x80; byte = line.pop());
}

function eraseWord(line: number[]): void {
  while (line.at(-1) === 0x20) line.pop();
  while (line.length > 0 && line.at(-1) !== 0x20) line.pop();
}
