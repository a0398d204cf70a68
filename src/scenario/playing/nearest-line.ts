import type { Pattern } from '../../lab/types.ts';

/** Lines that are looked at, from the end. */
const MOST_LINES = 200;
/** Of each line, and of what is wanted: UTF-16 units. */
const MOST_LENGTH = 400;
/** With less in common, two texts are not alike. */
const LEAST_LIKENESS = 0.5;
/** With fewer pairs of characters, every line is like it. */
const LEAST_PAIRS = 3;

/**
 * Of the last lines the one that is most like what was wanted, the latest of several; undefined when none is. Lines are
 * compared by their pairs of neighbouring characters (S. Dice, 1945), without regard to case and blanks, in time that
 * does not depend on how much was printed.
 */
export function nearestLine(pattern: Pattern, lines: readonly string[]): string | undefined {
  const wanted = pairsOf(literalText(pattern));
  if (wanted.total < LEAST_PAIRS) return undefined;
  let best: string | undefined;
  let bestScore = 0;
  for (const line of lines.slice(-MOST_LINES)) {
    const score = likeness(wanted, pairsOf(line));
    if (score >= bestScore && score > 0) [best, bestScore] = [line, score];
  }
  return best;
}

interface Pairs {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

function pairsOf(text: string): Pairs {
  const plain = text.slice(0, MOST_LENGTH).toLowerCase().replaceAll(/\s+/g, ' ').trim();
  const counts = new Map<string, number>();
  for (let at = 0; at + 1 < plain.length; at++) {
    const pair = plain.slice(at, at + 2);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return { counts, total: Math.max(0, plain.length - 1) };
}

/** From 0, not like it, to 1, the same. A line that holds all that is wanted, and more, is worth nearly as much. */
function likeness(wanted: Pairs, line: Pairs): number {
  let shared = 0;
  for (const [pair, count] of wanted.counts) shared += Math.min(count, line.counts.get(pair) ?? 0);
  const share = shared / wanted.total;
  const dice = (2 * shared) / (wanted.total + line.total);
  return Math.max(share, dice) < LEAST_LIKENESS ? 0 : 0.7 * share + 0.3 * dice;
}

/** What of a pattern stands for itself. */
function literalText(pattern: Pattern): string {
  if ('text' in pattern) return pattern.text;
  return pattern.regex.source
    .slice(0, 10 * MOST_LENGTH)
    .replaceAll(
      /\\(?<character>[^a-zA-Z0-9])|\\[a-zA-Z0-9]|\[(?:\\.|[^\]])*\]|\{[\d,]*\}|\(\?[:=!<]*|[.*+?^$()|]/g,
      '$<character> ',
    );
}
