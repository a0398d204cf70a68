import { quoteCommand } from '../../core/text/shell-quote.ts';
import type { ConnectionError } from '../../core/errors.ts';
import { serverText, type ShellTarget, targetFailure } from '../target.ts';
import { fingerprint, type HostKey } from '../trust/host-key.ts';
import { say } from '../../core/language/say.ts';

/** A key that cannot be trusted, as the error that shows it. */
export function hostKeyFailure(
  target: ShellTarget,
  verdict: 'unknown' | 'changed' | 'revoked',
  key: HostKey,
): ConnectionError {
  const failures = { unknown: unknownHost, changed: changedHost, revoked: revokedHost };
  return failures[verdict](target, key);
}

function unknownHost(target: ShellTarget, key: HostKey): ConnectionError {
  return targetFailure(target, say`the host key of ${serverText(target.address)} is not known`, {
    code: 'host-key-unknown',
    hint: say`Compare the fingerprint with the one the machine itself shows ("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"), then accept it: answer yes on a terminal, or use "lab up --accept-new-host-keys".`,
    detail: [shownKey(key), target.hostKeys.note ?? ''].join('\n').trim(),
  });
}

function changedHost(target: ShellTarget, key: HostKey): ConnectionError {
  const expected = target.hostKeys.trusted.map(
    ({ type, blob, origin }) => `expected ${type} ${fingerprint(blob)}${origin === undefined ? '' : ` (${origin})`}`,
  );
  return targetFailure(target, say`the host key of ${serverText(target.address)} has changed`, {
    code: 'host-key-changed',
    hint: say`Another machine answers at this address, or this one was rebuilt. Only if you know that it was: remove its old key, and connect again.${removal(target)}`,
    detail: [...expected, shownKey(key)].join('\n'),
  });
}

/** The commands that forget what is known of a host, one for each file. */
function removal({ hostKeys: { knownAs, trusted } }: ShellTarget): string {
  const files = new Set(trusted.flatMap(({ origin }) => origin?.replace(/:\d+$/, '') ?? []));
  if (knownAs === undefined) return '';
  return [...files].map((file) => `\n  ${quoteCommand(['ssh-keygen', '-f', file, '-R', knownAs])}`).join('');
}

function revokedHost(target: ShellTarget, key: HostKey): ConnectionError {
  return targetFailure(target, say`the host key of ${serverText(target.address)} is marked @revoked`, {
    code: 'host-key-revoked',
    hint: say`Do not use this machine before its owner has given it a new host key.`,
    detail: shownKey(key),
  });
}

function shownKey(key: HostKey): string {
  return `shown    ${key.type} ${fingerprint(key.blob)}`;
}
