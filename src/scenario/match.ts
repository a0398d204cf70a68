import type { Pattern } from '../lab/types.ts';

/** Where a pattern matches in a text, as offsets of its start and its end. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the first match that starts at `from` or later. Text is a substring, white space as it is. In a regular expression `^` and `$` mean the
 * borders of lines, as one reads a terminal, and it sees the text before `from` (`\b`, look-behind).
 */
export function findPattern(pattern: Pattern, text: string, from: number): Match | undefined {
  if ('text' in pattern) {
    const start = text.indexOf(pattern.text, from);
    return start < 0 ? undefined : { start, end: start + pattern.text.length };
  }
  const search = new RegExp(pattern.regex, `${pattern.regex.flags.replaceAll(/[gmy]/g, '')}gm`);
  search.lastIndex = from;
  const found = search.exec(text);
  return found ? { start: found.index, end: found.index + found[0].length } : undefined;
}
