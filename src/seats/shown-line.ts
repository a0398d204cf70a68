/** A line longer than this is not shown again, UTF-16 units. */
const LONGEST_LINE = 8192;
/** Control sequences that put the cursor elsewhere than on its line, or erase more than what follows on it. */
const LEAVES_LINE = /\x1b(?:\[[\d;]*[ABEFHLMSTdfr]|\[[12]J|[8DEM])/;

/** The unfinished line of a terminal that a program has, so that lab can say something in between. */
export class ShownLine {
  /** What the terminal got since its last line feed; undefined when that cannot be shown again on another line. */
  #text: string | undefined = '';

  /** Takes what was written to the terminal. */
  take(shown: string): void {
    const start = shown.lastIndexOf('\n') + 1;
    const before = start > 0 ? '' : this.#text;
    const text = before === undefined ? undefined : before + shown.slice(start);
    this.#text = text === undefined || text.length > LONGEST_LINE || LEAVES_LINE.test(text) ? undefined : text;
  }

  /** The cursor is where a line begins. */
  clear(): void {
    this.#text = '';
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  /**
   * What to write so that `words` stand on a line of their own, and the unfinished line goes on below them; undefined
   * when the program draws on its screen, where that would destroy something.
   */
  below(words: string): string | undefined {
    if (this.#text === undefined) return undefined;
    return `${this.isEmpty ? '' : '\r\n'}${words}\r\n${this.#text}`;
  }
}
