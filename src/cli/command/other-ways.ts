import { say } from '../../core/language/say.ts';

/** What to type for things that other tools have a command for, by that command. */
export function otherWays(): ReadonlyMap<string, string> {
  const version = say`The version is shown by "lab --version".`;
  const restart = say`"lab up --recreate" makes the machines again; programs start afresh with each "lab run".`;
  return new Map([
    ['version', version],
    ['reboot', restart],
  ]);
}
