import { say } from '../core/language/say.ts';
import { sanitizeToLine } from '../core/text/sanitize.ts';
import { languageOfUser } from '../report/language/languages.ts';
import type { Standstill } from '../scenario/playing/standstill.ts';

/** What a user at a keyboard is told of a standstill; one line, harmless on a terminal. */
export function standstillText({ waitsFor, step, steps }: Standstill): string {
  const what = languageOfUser().failure.expected(waitsFor);
  const text =
    step === undefined
      ? say`all steps of the scenario have been played; it waits for ${what}`
      : say`the scenario waits for ${what} (step ${step + 1} of ${steps})`;
  return sanitizeToLine(text);
}
