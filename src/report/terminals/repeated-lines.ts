/** Lines that come again and again are known as such up to so many of them. */
const LONGEST_CYCLE = 5;
/** Lines as they are, or how often the `cycle` lines before came once more. */
export type FoldedLine = { readonly line: string } | { readonly cycle: number; readonly times: number };

/**
 * Folds lines that come again and again, one by one or some in turn, while they are read. Every line is given back
 * once, as it is or counted.
 */
export class RepeatFold {
  /** The last lines, whether they were shown or counted. */
  #last: string[] = [];
  /** By length of the cycle: how many lines in a row were the same as the one so long before. */
  readonly #same = Array.from({ length: LONGEST_CYCLE + 1 }, () => 0);
  /** What is counted at this moment. */
  #cycle = 0;
  #counted = 0;
  readonly #shownTimes: number;

  /** @param shownTimes How often they are given back as they are; what follows is counted. */
  constructor(shownTimes: number) {
    this.#shownTimes = shownTimes;
  }

  take(lines: readonly string[]): FoldedLine[] {
    return lines.flatMap((line) => this.#takeOne(line));
  }

  /** What is still to be told when no line follows. */
  finish(): FoldedLine[] {
    if (this.#counted === 0) return [];
    const cycle = this.#cycle;
    const times = Math.floor(this.#counted / cycle);
    const rest = this.#counted % cycle;
    const cut = rest === 0 ? [] : this.#last.slice(-rest).map((line) => ({ line }));
    [this.#cycle, this.#counted] = [0, 0];
    return [...(times === 0 ? [] : [{ cycle, times }]), ...cut];
  }

  #takeOne(line: string): FoldedLine[] {
    for (let cycle = 1; cycle <= LONGEST_CYCLE; cycle++)
      this.#same[cycle] = this.#last.at(-cycle) === line ? this.#same[cycle]! + 1 : 0;
    if (this.#cycle > 0 && this.#same[this.#cycle] === 0) {
      const told = this.finish();
      this.#note(line);
      return [...told, { line }];
    }
    this.#note(line);
    if (this.#cycle > 0) {
      this.#counted++;
      return [];
    }
    this.#cycle = this.#same.findIndex((same, cycle) => cycle > 0 && same >= cycle * (this.#shownTimes - 1));
    if (this.#cycle < 0) this.#cycle = 0;
    return [{ line }];
  }

  #note(line: string): void {
    this.#last.push(line);
    if (this.#last.length > 2 * LONGEST_CYCLE) this.#last = this.#last.slice(-LONGEST_CYCLE);
  }
}

/** The same of lines that are all there. */
export function foldedLines(lines: readonly string[], shownTimes: number): FoldedLine[] {
  const fold = new RepeatFold(shownTimes);
  return [...fold.take(lines), ...fold.finish()];
}
