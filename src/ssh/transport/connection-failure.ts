import { ConnectionError, messageOf } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';

/* What can go wrong with a connection that stood: the login was done. */

/** A connection that broke. */
export function lostFailure(machine: string, seen: string, cause?: unknown): ConnectionError {
  return new ConnectionError(machine, say`${machine}: the connection was lost: ${seen}`, {
    code: 'connection-lost',
    hint: say`The machine or its SSH server went away. "lab status" shows whether it runs; "lab up" brings it back.`,
    cause,
  });
}

/** A server that does not do its part; `what` is that: `answer the request for a session`. */
export function unansweredFailure(machine: string, what: string, limitMs: number): ConnectionError {
  return new ConnectionError(
    machine,
    say`${machine}: its SSH server let us in, but did not ${what} within ${sayDuration(limitMs)}`,
    {
      code: 'ssh-no-answer',
      hint: say`The machine may be overloaded or hung, or out of processes: try again, and look with "ssh -v" whether OpenSSH fares better.`,
    },
  );
}

/** A session without the right to run commands, or to have a terminal. */
export function refusedCommand(machine: string, cause: Error): ConnectionError {
  return new ConnectionError(
    machine,
    say`${machine}: its SSH server let us in, but runs no commands for this account: ${messageOf(cause)}`,
    {
      code: 'ssh-command-refused',
      hint: say`The account, or its key in authorized_keys ("restrict", "no-pty"), may be for transfers or forwards alone; use one with a shell.`,
      cause,
    },
  );
}

/** A server that breaks the rules of the protocol, so that it would fill our memory. */
export function floodFailure(machine: string, what: string): ConnectionError {
  return new ConnectionError(machine, say`${machine}: its SSH server ${what}, so the connection was ended`, {
    code: 'ssh-flood',
    hint: say`No ordinary server does so: check what listens at its address and port.`,
  });
}

/** A verb that was called after `close`. */
export function closedShell(machine: string): ConnectionError {
  return new ConnectionError(machine, say`${machine}: the connection is closed`, { code: 'connection-closed' });
}
