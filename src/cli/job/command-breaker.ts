const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const HASH = 0x23;
const COLON = 0x3a;
const BRACKET = 0x5b;
const TAB = 0x09;
const BLANK = 0x20;
const TILDE = 0x7e;
const SPACE = Buffer.from(' ');

type Colons = readonly [none: boolean, one: boolean, two: boolean];

/**
 * Takes from a text what the runner of a job would obey: `::error …` at the beginning of a line, `##[error]` anywhere
 * (and `##vso[`, `##teamcity[` of other services) get a space behind their mark, `:: error …`, and are text. `::1` stays.
 *
 * A pipe of a job is read as lines of .NET, which looks for the marks by the rules of a language: characters that it
 * counts as nothing may stand before or in them, so here all that is not visible ASCII does. What comes in two pieces is
 * recognized; and as another process may have ended the line meanwhile, each piece may begin one.
 */
export class CommandBreaker {
  /**
   * How many colons may stand alone on this line until now, none to two: more than one answer, as it may have begun with
   * any piece.
   */
  #colons: Colons = [true, false, false];
  #hashes = 0;
  /** Whether the last byte ended a line. */
  atLineStart = true;

  /** The bytes as they may be written; the same object where nothing had to be broken. */
  take(bytes: Uint8Array): Uint8Array {
    this.#colons = [true, this.#colons[1], this.#colons[2]];
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      if (!this.#completes(bytes[index]!)) continue;
      parts.push(bytes.subarray(from, index), SPACE);
      from = index;
    }
    const last = bytes.at(-1);
    if (last !== undefined) this.atLineStart = last === LINE_FEED || last === CARRIAGE_RETURN;
    return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
  }

  /** Whether the byte would make a command of the mark before it. */
  #completes(byte: number): boolean {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      this.#colons = [true, false, false];
      this.#hashes = 0;
      return false;
    }
    if (byte === BLANK || byte === TAB) {
      // Blanks may stand before the mark, not in it.
      this.#colons = [this.#colons[0], false, false];
      this.#hashes = 0;
      return false;
    }
    if (byte < BLANK || byte > TILDE) return false;
    const completes =
      (this.#colons[2] && !isDigit(byte)) || (this.#hashes >= 2 && (byte === BRACKET || isLetter(byte)));
    this.#colons = byte === COLON ? [false, this.#colons[0], this.#colons[1]] : [false, false, false];
    this.#hashes = byte === HASH ? this.#hashes + 1 : 0;
    return completes;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
