import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageCode } from '../lab-description.ts';
import { english, useTongue, type Tongue } from './say.ts';

/** Tables lie next to this module, and in the build next to the compiled one. */
const tongues: Readonly<Record<LanguageCode, () => Tongue>> = {
  en: () => english,
  fr: () => ({ table: tableIn('french.json'), isSingular: (count) => Math.abs(count) < 2 }),
};

let spoken: LanguageCode = 'en';

/** Sets the language of all messages that are made from now on. */
export function speak(language: LanguageCode): void {
  spoken = language;
  useTongue(tongues[language]());
}

/** The language of messages that are made now. */
export function spokenLanguage(): LanguageCode {
  return spoken;
}

function tableIn(file: string): Tongue['table'] {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Tongue['table'];
}
