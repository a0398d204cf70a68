/*
 * Messages for people, in the language of the person. English is written where a message is made and is its key in the
 * tables of other languages, as with gettext; a test holds the tables against the source. Data for programs (`--json`,
 * codes, names of files) does not depend on it.
 */

/** What a language says for each English message; the variable parts of both are `{0}`, `{1}`, …. */
export interface Tongue {
  readonly table: Readonly<Record<string, string>>;
  /** Whether so many take the singular. */
  readonly isSingular: (count: number) => boolean;
}

export const english: Tongue = { table: {}, isSingular: (count) => count === 1 };

let tongue = english;

/** Sets what all messages are made in from now on. It is English until then. */
export function useTongue(chosen: Tongue): void {
  tongue = chosen;
}

/** A message in the language of the user: `` say`cannot read ${path}` ``. */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  // Hundreds of messages are made while modules load, most of them in English and without values.
  if (tongue === english) return parts.reduce((text, part, index) => `${text}${values[index - 1]!}${part}`);
  return translated(messageKey(parts), values);
}

/** A number of things: `1 problem`, `3 problems`. `noun` is English, and has its plural with an s. */
export function counted(count: number, noun: string): string {
  return translated(`{0} ${noun}${tongue.isSingular(count) ? '' : 's'}`, [count]);
}

/** The key of a message in the tables: its fixed parts, with `{0}`, `{1}`, … between them. */
export function messageKey(parts: readonly string[]): string {
  return parts.reduce((key, part, index) => `${key}{${index - 1}}${part}`);
}

function translated(key: string, values: readonly (string | number)[]): string {
  const pattern = tongue.table[key] ?? key;
  if (values.length === 0) return pattern;
  return pattern.replaceAll(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
