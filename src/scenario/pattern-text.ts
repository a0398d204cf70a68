import type { Pattern } from '../lab/types.ts';

/** A pattern as it is written in `lab.yaml`: `"text"` or `/regex/flags`. */
export function patternText(pattern: Pattern): string {
  return 'text' in pattern ? JSON.stringify(pattern.text) : String(pattern.regex);
}
