import { type ConnectionError, messageOf } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { serverText, type ShellTarget, targetFailure } from '../target.ts';
import { allowHint } from './algorithm-failure.ts';
import { say } from '../../core/language/say.ts';

/* All that can go wrong between a connected stream and a logged-in user, each with its own code and next step. */

/** How far a login has come. */
export type LoginPhase = 'greeting' | 'handshake' | 'login';

const LOG_HINT = say`The machine's own log says why ("journalctl -u ssh", or the file sshd -E names); too many connections at once ("MaxStartups") is a usual cause.`;
const WRONG_KEY_HINT = say`Check "user" and "key" of the machine, and that the public key is in that user's authorized_keys; "ssh -v" to the same address shows more.`;
/** sshd_config(5), MaxAuthTries. */
const TIRED_HINT = say`It allows only so many attempts ("MaxAuthTries"), and each key of an agent is one: name the right key, as "key" in lab.yaml, or by IdentityFile with IdentitiesOnly in ~/.ssh/config.`;
/** What OpenSSH says before its greeting when it has too much to do, or had too much of us. */
const BUSY_SERVER = /MaxStartups|Not allowed at this time/;
/** So much of what is no greeting is shown, in characters. */
const SHOWN_GREETING = 200;

/** The time was up in this phase; `heard` is what the other side said until then. */
export function loginTimeout(
  target: ShellTarget,
  { phase, heard, timeoutMs }: { readonly phase: LoginPhase; readonly heard: string; readonly timeoutMs: number },
): ConnectionError {
  const where = serverText(target.address);
  const waited = sayDuration(timeoutMs);
  if (phase === 'greeting') return heard === '' ? silence(target, waited) : notSsh(target, heard);
  if (phase === 'handshake')
    return targetFailure(target, say`the SSH server at ${where} did not finish the key exchange within ${waited}`, {
      code: 'ssh-timeout',
      hint: say`The machine may be overloaded or hung; try again.`,
    });
  return targetFailure(
    target,
    say`the SSH server at ${where} did not finish the login of ${target.user} within ${waited}`,
    {
      code: 'ssh-timeout',
      hint: say`A slow name look-up or PAM module on the machine is the usual cause ("UseDNS no" in its sshd_config).`,
    },
  );
}

/** The stream ended before the login did. */
export function closedFailure(
  target: ShellTarget,
  { phase, heard, cause }: { readonly phase: LoginPhase; readonly heard: string; readonly cause?: unknown },
): ConnectionError {
  if (phase === 'greeting')
    return heard === '' || BUSY_SERVER.test(heard) ? hungUp(target, heard, cause) : notSsh(target, heard);
  const where = serverText(target.address);
  const message =
    phase === 'handshake'
      ? say`the SSH server at ${where} closed the connection during the key exchange`
      : say`the SSH server at ${where} closed the connection during the login of ${target.user}`;
  return targetFailure(target, message, { code: 'ssh-closed', hint: LOG_HINT, cause });
}

/** The other side greets, but the key exchange fails: broken packets, a signature that is wrong. */
export function handshakeFailure(target: ShellTarget, cause: unknown): ConnectionError {
  return targetFailure(target, say`the key exchange with ${serverText(target.address)} failed: ${messageOf(cause)}`, {
    code: 'ssh-handshake-failed',
    hint: say`Try again; "ssh -v" to the same address shows whether OpenSSH fares better.`,
    cause,
  });
}

/** How a login went that failed. */
export interface LoginCourse {
  /** In words. */
  readonly tried: readonly string[];
  /** Methods that the server accepts. */
  readonly offered: readonly string[];
  /** Whether it would have taken a key only with a signature over SHA-1, which is not allowed to it. */
  readonly wantsSha1: boolean;
}

/** Wrong user, key or password. */
export function loginFailure(
  target: ShellTarget,
  { tried, offered, wantsSha1 }: LoginCourse,
  cause?: unknown,
): ConnectionError {
  const accepts = offered.length === 0 ? '' : say` The server accepts: ${offered.join(', ')}.`;
  const isTired = /too many authentication failures/i.test(messageOf(cause));
  const said = isTired ? say` It would see no more of them.` : '';
  return targetFailure(target, say`${serverText(target.address)} did not let user ${target.user} in`, {
    code: 'ssh-login-refused',
    hint: wantsSha1 ? sha1Hint(target) : isTired && tried.includes('agent') ? TIRED_HINT : WRONG_KEY_HINT,
    cause,
    detail:
      (tried.length === 0 ? say`Tried: nothing, since no key is known.` : say`Tried: ${tried.join(', ')}.`) +
      accepts +
      said,
    data: { accepts: offered },
  });
}

function sha1Hint(target: ShellTarget): string {
  const lines = allowHint(target, [['pubkeyacceptedalgorithms', 'ssh-rsa']]);
  return (
    say`It takes RSA keys only with signatures over SHA-1; a key of another kind (ssh-keygen -t ed25519) may do. ` +
    lines
  );
}

/** A server that goes on asking (RFC 4256 sets no limit). */
export function questionsFailure(target: ShellTarget, questions: number): ConnectionError {
  const where = serverText(target.address);
  return targetFailure(
    target,
    say`the SSH server at ${where} asked ${questions} questions at the login of ${target.user} and was not content`,
    { code: 'ssh-asks-too-much', hint: LOG_HINT },
  );
}

/** A private key that cannot be used as it is. */
export function keyFailure(target: ShellTarget, cause: unknown): ConnectionError {
  const isEncrypted = /encrypted|passphrase/i.test(messageOf(cause));
  return targetFailure(target, say`the private key for ${target.user} cannot be used: ${messageOf(cause)}`, {
    code: 'ssh-key-unusable',
    hint: isEncrypted
      ? say`Load it into an agent with "ssh-add", and keep SSH_AUTH_SOCK set.`
      : say`Give a private key in OpenSSH or PEM form.`,
    cause,
  });
}

function silence(target: ShellTarget, waited: string): ConnectionError {
  const where = serverText(target.address);
  return targetFailure(
    target,
    say`${where} accepted the connection but said nothing within ${waited}: nothing speaks SSH there`,
    { code: 'ssh-silent', hint: say`Check address and port; a machine that is still starting also answers so.` },
  );
}

function hungUp(target: ShellTarget, heard: string, cause: unknown): ConnectionError {
  const said = heard.trim() || (cause === undefined ? '' : messageOf(cause));
  return targetFailure(
    target,
    heard === ''
      ? say`${serverText(target.address)} closed the connection without a word`
      : say`${serverText(target.address)} closed the connection at once`,
    {
      code: 'ssh-hung-up',
      hint: say`A machine that is still starting, or has too many logins under way ("MaxStartups" in its sshd_config), does so; else check address and port.`,
      cause,
      detail: said || undefined,
    },
  );
}

function notSsh(target: ShellTarget, heard: string): ConnectionError {
  return targetFailure(target, say`${serverText(target.address)} is not an SSH server`, {
    code: 'ssh-not-ssh',
    hint: say`Check address and port in lab.yaml.`,
    detail: say`It said: ${JSON.stringify(heard.slice(0, SHOWN_GREETING))}`,
  });
}
