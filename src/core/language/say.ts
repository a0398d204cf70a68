import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageCode } from '../lab-description.ts';

/*
 * Messages for people, in the language of the person. English is written where a message is made and is its key in the
 * tables of other languages, as with gettext; a test holds the tables against the source. Data for programs (`--json`,
 * codes, names of files) does not depend on it.
 */

/** What a language says for each English message; the variable parts of both are `{0}`, `{1}`, …. */
type Table = Readonly<Record<string, string>>;

/** Files next to this module, and in the build next to the compiled one. */
const fileOf: Readonly<Record<Exclude<LanguageCode, 'en'>, string>> = { fr: 'french.json' };

let spoken: LanguageCode = 'en';
let table: Table = {};

/** Sets the language of all messages that are made from now on. It is English until then. */
export function speak(language: LanguageCode): void {
  spoken = language;
  table =
    language === 'en' ? {} : (JSON.parse(readFileSync(join(import.meta.dirname, fileOf[language]), 'utf8')) as Table);
}

/** The language of messages that are made now. */
export function spokenLanguage(): LanguageCode {
  return spoken;
}

/** A message in the language of the user: `` say`cannot read ${path}` ``. */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return translated(messageKey(parts), values);
}

/** A number of things: `1 problem`, `3 problems`. `noun` is English, and has its plural with an s. */
export function counted(count: number, noun: string): string {
  // In French, nought is singular.
  const isOne = spoken === 'fr' ? Math.abs(count) < 2 : count === 1;
  return translated(`{0} ${noun}${isOne ? '' : 's'}`, [count]);
}

/** The key of a message in the tables: its fixed parts, with `{0}`, `{1}`, … between them. */
export function messageKey(parts: readonly string[]): string {
  return parts.reduce((key, part, index) => `${key}{${index - 1}}${part}`);
}

function translated(key: string, values: readonly (string | number)[]): string {
  const pattern = table[key] ?? key;
  return pattern.replaceAll(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
