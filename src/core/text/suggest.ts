import { say } from '../language/say.ts';

/** More names than this are of no use in one line. */
const MOST_LISTED = 12;
/**
 * Longer words are compared with nothing: a name of this length is pasted, not mistyped, and the comparison costs the
 * product of both lengths.
 */
const LONGEST_COMPARED = 80;
/**
 * Steps of all comparisons that one list of known words may cost, a fifth of a second. After that, words are answered
 * without a guess.
 */
const MOST_STEPS = 4_000_000;

/**
 * Words that the user may have meant, for one question or for many: all answers together take bounded time, however
 * many words there are.
 */
export class KnownWords {
  readonly #words: string[];
  #stepsLeft = MOST_STEPS;

  constructor(words: Iterable<string>) {
    this.#words = [...words];
  }

  add(word: string): void {
    this.#words.push(word);
  }

  /** The word that was most likely meant, by edit distance (Levenshtein 1966), or undefined when none is near. */
  nearest(word: string): string | undefined {
    if (word.length > LONGEST_COMPARED) return undefined;
    const meant = word.toLowerCase();
    let best: string | undefined;
    let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
    for (const candidate of this.#words) {
      if (this.#stepsLeft <= 0) return best;
      this.#stepsLeft -= 1;
      // The distance is at least the difference of the lengths.
      if (candidate.length > LONGEST_COMPARED || Math.abs(candidate.length - word.length) >= bestDistance) continue;
      this.#stepsLeft -= word.length * candidate.length;
      const distance = editDistance(meant, candidate.toLowerCase());
      if (distance < bestDistance && distance < Math.max(word.length, candidate.length))
        [best, bestDistance] = [candidate, distance];
    }
    return best;
  }

  /** `did you mean "address"?`, or `known: a, b` when nothing is near, or undefined when nothing is known. */
  suggestion(word: string, label = say`known`): string | undefined {
    const near = this.nearest(word);
    if (near !== undefined) return didYouMean(near);
    return this.#words.length > 0 ? say`${label}: ${listed(this.#words)}` : undefined;
  }
}

/** The one form of this question. */
export function didYouMean(word: string): string {
  return say`did you mean "${word}"?`;
}

/** Names in one line: the first of many, each cut when it is long. */
export function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, MOST_LISTED)
    .map((name) => (name.length > LONGEST_COMPARED ? `${name.slice(0, LONGEST_COMPARED)}…` : name));
  return `${shown.join(', ')}${names.length > MOST_LISTED ? ', …' : ''}`;
}

/** One question; for many about the same words, `KnownWords` bounds them together. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  return new KnownWords(known).nearest(word);
}

/** `did you mean "address"?`, or `known: a, b` when nothing is near, or undefined when nothing is known. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  return new KnownWords(known).suggestion(word);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution);
    }
    previous = current;
  }
  return previous[b.length]!;
}
