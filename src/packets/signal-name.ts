import { constants } from 'node:os';

/**
 * `signal KILL`, where a shell's exit status stands for one (POSIX.1-2017, Shell 2.8.2: more than 128); undefined where
 * it does not.
 */
export function signalName(exitCode: number): string | undefined {
  const found = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  return found && `signal ${found[0].slice('SIG'.length)}`;
}
