import { ConnectionError, EnvironmentError } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import type { ExitStatus } from '../shell.ts';
import { say } from '../../core/language/say.ts';

/** So much of what a login shell says instead of what was asked is shown, in characters. */
const SHOWN_NOISE = 500;

/** An account whose login shell never comes to the command. */
export function silentShell(machine: string, limitMs: number, noise: string): ConnectionError {
  return new ConnectionError(
    machine,
    say`${machine}: the login shell did not begin the command within ${sayDuration(limitMs)}`,
    {
      code: 'shell-silent',
      hint: say`Start-up files of the account (~/.bashrc, ~/.profile) that wait for something, or a ForceCommand, do so; look with: ssh there, and "bash -x -l".`,
      detail: shown(noise),
    },
  );
}

/** An account whose login shell ends without coming to the command. */
export function noShell(machine: string, { exitCode, signal }: ExitStatus, noise: string): EnvironmentError {
  return new EnvironmentError(
    say`${machine}: the login shell did not run /bin/sh (exit status ${exitCode ?? signal ?? '?'})`,
    {
      code: 'no-remote-shell',
      hint: say`The account needs a login shell that runs commands ("getent passwd USER"), and no ForceCommand that replaces them.`,
      detail: shown(noise),
    },
  );
}

function shown(noise: string): string | undefined {
  return noise.trim().slice(0, SHOWN_NOISE) || undefined;
}
