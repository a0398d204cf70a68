import { messageOf } from '../core/errors.ts';
import type { Pattern } from './types.ts';

/** The flags that have a meaning for a pattern that is searched for; `g`, `y` and `d` would only change how a match is reported. */
const WRITTEN_REGEX = /^\/(.+)\/([imsuv]*)$/s;

/**
 * Reads a pattern as it is written in `lab.yaml`: `/source/flags` with flags of `i`, `m`, `s`, `u`, `v` is a regular expression, all else is plain
 * text. So `/etc/passwd` is text and `/etc/` is the expression `etc`.
 *
 * Returns `fault`, the reason in the words of the regular expression engine, when the expression does not compile.
 */
export function parsePattern(written: string): Pattern | { readonly fault: string } {
  const match = WRITTEN_REGEX.exec(written);
  if (match === null) return { text: written };
  try {
    return { regex: new RegExp(match[1]!, match[2]) };
  } catch (error) {
    return { fault: messageOf(error).replace(/^Invalid regular expression: .*: (?=[^:]+$)/s, '') };
  }
}
