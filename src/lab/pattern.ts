import { messageOf } from '../core/errors.ts';
import { boundedSearch } from '../core/text/bounded-search.ts';
import type { Pattern } from './written-pattern.ts';

/** The flags that mean something in a search; `g`, `y` and `d` would only change how a match is reported. */
const WRITTEN_REGEX = /^\/(.+)\/([imsuv]*)$/s;

/**
 * Reads a pattern as it is written in `lab.yaml`: `/source/flags` with flags of `i`, `m`, `s`, `u`, `v` is a regular
 * expression, all else is plain text. So `/etc/passwd` is text and `/etc/` is the expression `etc`.
 *
 * Returns `problem`, the reason in the words of the regular expression engine, when the expression does not compile.
 */
export function parsePattern(written: string): Pattern | { readonly problem: string } {
  const match = WRITTEN_REGEX.exec(written);
  if (match === null) return { text: written };
  try {
    return { regex: new RegExp(match[1]!, match[2]) };
  } catch (error) {
    return { problem: messageOf(error).replace(/^Invalid regular expression: .*: (?=[^:]+$)/s, '') };
  }
}

/** A pattern as it is written in `lab.yaml`: `"text"` or `/regex/flags`. */
export function patternText(pattern: Pattern): string {
  return 'text' in pattern ? JSON.stringify(pattern.text) : String(pattern.regex);
}

/** Where a pattern matches in a text, as offsets of its start and its end. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** What its named groups matched; undefined when it has none. */
  readonly groups?: Readonly<Record<string, string | undefined>>;
}

/** Regular expressions as they are searched for; made once, so that the engine compiles them once. */
const searches = new WeakMap<RegExp, RegExp>();

/**
 * Finds the first match that starts at `from` or later. Text is a substring, white space as it is. In a regular
 * expression `^` and `$` mean the borders of lines, as one reads a terminal, and it sees the text before `from` (`\b`,
 * look-behind).
 *
 * @throws {SlowPatternError} when the regular expression would search for ever.
 */
export function findPattern(pattern: Pattern, text: string, from: number): Match | undefined {
  if ('text' in pattern) {
    const start = text.indexOf(pattern.text, from);
    return start < 0 ? undefined : { start, end: start + pattern.text.length };
  }
  const search = searchOf(pattern.regex);
  search.lastIndex = from;
  const found = boundedSearch(search, text, { written: pattern.regex, line: pattern.line });
  if (!found) return undefined;
  const { index, groups } = found;
  return { start: index, end: index + found[0].length, ...(groups && { groups }) };
}

function searchOf(regex: RegExp): RegExp {
  const known = searches.get(regex) ?? new RegExp(regex, `${regex.flags.replaceAll(/[gmy]/g, '')}gm`);
  searches.set(regex, known);
  return known;
}
