import { LabError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';

/** What a program does next where the command line would name a command or an option of its own. */
const hints: Readonly<Record<string, () => string>> = {
  'host-key-unknown': () =>
    say`Compare it with what the machine itself shows; then accept it: openLab(LAB, { acceptNewHostKeys: true })`,
  'lab-down': () => say`Call up() first.`,
  'lab-changed': () =>
    say`up({ recreate: true }) takes them down and makes them again; what is stored on them is lost.`,
  locked: () =>
    say`Wait until it ends. Handles that work at the same time want { isolated: true }, or a state folder each.`,
};

/** The same error, with a hint for programs. */
export function withLibraryHint(error: unknown): unknown {
  const hint = error instanceof LabError ? hints[error.code]?.() : undefined;
  return hint === undefined ? error : Object.assign(error as LabError, { hint });
}
