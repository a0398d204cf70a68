/** A name in braces: `{port}`, `{client-3.port}`; in two pairs of them it stands for itself: `{{port}}`. */
const NAMED = /\{\{((?:[\w-]+\.)?[A-Za-z_][\w-]*)\}\}|\{((?:[\w-]+\.)?[A-Za-z_][\w-]*)\}/g;

/** Gives what a name stands for; undefined when it is no name, and stays as it is. */
export type Meaning = (name: string) => string | undefined;

/**
 * A text in which each known name in braces is replaced by what it stands for. A known name in two pairs of braces stays
 * as text, in one pair. All other braces are what they were. `isName`: what is known, also without a meaning yet.
 */
export function fillText(text: string, meaning: Meaning, isName = isKnownTo(meaning)): string {
  if (!text.includes('{')) return text;
  return text.replaceAll(NAMED, (written, literal: string | undefined, name: string | undefined) => {
    if (literal !== undefined) return isName(literal) ? `{${literal}}` : written;
    return meaning(name!) ?? written;
  });
}

function isKnownTo(meaning: Meaning): (name: string) => boolean {
  return (name) => meaning(name) !== undefined;
}

/** The same for a pattern as it is written: in a regular expression what a name stands for is literal text. */
export function fillPattern(written: string, meaning: Meaning, isName = isKnownTo(meaning)): string {
  if (!/^\/.+\/[imsuv]*$/s.test(written)) return fillText(written, meaning, isName);
  return fillText(
    written,
    (name) => {
      const value = meaning(name);
      return value === undefined ? undefined : escapeRegex(value);
    },
    isName,
  );
}

/** A text as a regular expression that matches only it, also with the flag `v`; `/` is written so that it ends nothing. */
function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
