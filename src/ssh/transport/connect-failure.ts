import { ConnectionError, messageOf, systemCode, TimeoutError } from '../../core/errors.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { allowHint } from './algorithm-failure.ts';
import { fingerprint, type HostKey } from '../trust/key-pair.ts';
import { addressText, type ShellTarget } from '../target.ts';

/** All that can go wrong before a Shell exists, each told apart and with its next step. */

/** No connection on the level of sockets. */
export function dialFailure(target: ShellTarget, cause: unknown): ConnectionError {
  const where = addressText(target.address);
  const seen = systemCode(cause) ?? '';
  switch (seen) {
    case 'ECONNREFUSED':
      return failure(
        target,
        'ssh-refused',
        `${where} refused the connection: no SSH server listens there`,
        restartHint(target),
        cause,
      );
    case 'ENOENT':
      return failure(
        target,
        'ssh-socket-missing',
        `${where} does not exist: the machine does not run`,
        'Bring it up with `lab up`; `lab status` shows what runs.',
        cause,
      );
    case 'EACCES':
    case 'EPERM':
      return failure(
        target,
        'ssh-not-allowed',
        `this user may not open ${where}`,
        'Run `lab` as the user who brought the lab up.',
        cause,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failure(
        target,
        'ssh-name-unknown',
        `the name in ${where} cannot be resolved (${seen})`,
        `Correct \`host\` of \`${target.machine}\` in lab.yaml, or give an address; \`getent hosts NAME\` shows what this host knows.`,
        cause,
      );
    case 'EADDRNOTAVAIL':
      return failure(
        target,
        'ssh-not-from-here',
        `this host has no address from which ${where} can be reached (${messageOf(cause)})`,
        'Look at the addresses of this host (`ip address`), and at BindAddress in ~/.ssh/config.',
        cause,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return failure(
        target,
        'ssh-unreachable',
        `${where} cannot be reached (${seen})`,
        'Check that the machine is on and that this host has a route to it (`ping`, `ip route get`).',
        cause,
      );
    default:
      return failure(
        target,
        'ssh-connect-failed',
        `no connection to ${where}: ${messageOf(cause)}`,
        restartHint(target),
        cause,
      );
  }
}

/** The time was up; `phase` says how far it came, `heard` is what the other side said until then. */
export function timeoutFailure(
  target: ShellTarget,
  phase: 'dial' | 'greeting' | 'handshake' | 'login',
  timeoutMs: number,
  heard: string,
): ConnectionError {
  const where = addressText(target.address);
  const waited = formatDuration(timeoutMs);
  if (phase === 'dial')
    return failure(
      target,
      'ssh-unreachable',
      `${where} did not answer within ${waited}`,
      'Check that the machine is on and that no firewall drops the packets.',
    );
  if (phase === 'greeting')
    return heard === ''
      ? silence(target, `accepted the connection but said nothing within ${waited}`)
      : notSsh(target, heard);
  const [step, hint] =
    phase === 'handshake'
      ? ['the key exchange', 'The machine may be overloaded or hung; try again.']
      : [
          `the login of ${target.user}`,
          'A slow name look-up or PAM module on the machine is the usual cause (`UseDNS no` in its sshd_config).',
        ];
  return failure(target, 'ssh-timeout', `the SSH server at ${where} did not finish ${step} within ${waited}`, hint);
}

/** The stream ended before the login did. */
export function closedFailure(
  target: ShellTarget,
  phase: 'greeting' | 'handshake' | 'login',
  heard: string,
  cause?: unknown,
): ConnectionError {
  if (phase === 'greeting')
    return heard === '' || BUSY_SERVER.test(heard) ? hungUp(target, heard, cause) : notSsh(target, heard);
  const during = phase === 'handshake' ? 'the key exchange' : `the login of ${target.user}`;
  return failure(
    target,
    'ssh-closed',
    `the SSH server at ${addressText(target.address)} closed the connection during ${during}`,
    LOG_HINT,
    cause,
  );
}

/** The other side greets, but no SSH comes of it: no common algorithm, broken packets. */
export function handshakeFailure(target: ShellTarget, cause: unknown): ConnectionError {
  const message = `the key exchange with ${addressText(target.address)} failed: ${messageOf(cause)}`;
  return failure(
    target,
    'ssh-handshake-failed',
    message,
    'Try again; `ssh -v` to the same address shows whether OpenSSH fares better.',
    cause,
  );
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
  const message = `${addressText(target.address)} did not let user ${target.user} in`;
  const accepts = offered.length === 0 ? '' : ` The server accepts: ${offered.join(', ')}.`;
  const isTired = /too many authentication failures/i.test(messageOf(cause));
  const said = isTired ? ' It would see no more of them.' : '';
  return new ConnectionError(target.machine, `${target.machine}: ${message}`, {
    code: 'ssh-login-refused',
    hint: wantsSha1 ? sha1Hint(target) : isTired && tried.includes('agent') ? TIRED_HINT : WRONG_KEY_HINT,
    cause,
    detail: `Tried: ${tried.join(', ') || 'nothing, since no key is known'}.${accepts}${said}`,
    data: { accepts: offered },
  });
}

const WRONG_KEY_HINT =
  "Check `user` and `key` of the machine, and that the public key is in that user's authorized_keys; `ssh -v` to the same address shows more.";
/** sshd_config(5), MaxAuthTries. */
const TIRED_HINT =
  'It allows only so many attempts (`MaxAuthTries`), and each key of an agent is one: name the right key, as `key` in lab.yaml, or by IdentityFile with IdentitiesOnly in ~/.ssh/config.';

function sha1Hint(target: ShellTarget): string {
  return `It takes RSA keys only with signatures over SHA-1; a key of another kind (ssh-keygen -t ed25519) may do. ${allowHint(target, [['pubkeyacceptedalgorithms', 'ssh-rsa']])}`;
}

/** A server that goes on asking (RFC 4256 sets no limit). */
export function questionsFailure(target: ShellTarget, questions: number): ConnectionError {
  return failure(
    target,
    'ssh-asks-too-much',
    `the SSH server at ${addressText(target.address)} asked ${questions} questions at the login of ${target.user} and was not content`,
    LOG_HINT,
  );
}

/** A private key that cannot be used as it is. */
export function keyFailure(target: ShellTarget, cause: unknown): ConnectionError {
  const encrypted = /encrypted|passphrase/i.test(messageOf(cause));
  const hint = encrypted
    ? 'Load it into an agent with `ssh-add`, and keep SSH_AUTH_SOCK set.'
    : 'Give a private key in OpenSSH or PEM form.';
  return failure(
    target,
    'ssh-key-unusable',
    `the private key for ${target.user} cannot be used: ${messageOf(cause)}`,
    hint,
    cause,
  );
}

export function unknownHostFailure(target: ShellTarget, key: HostKey): ConnectionError {
  const hint =
    'Compare the fingerprint with the one the machine itself shows (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then accept it: answer yes on a terminal, or use `lab up --accept-new-host-keys`.';
  return failure(
    target,
    'host-key-unknown',
    `the host key of ${addressText(target.address)} is not known`,
    hint,
    undefined,
    [shownKey(key), target.hostKeys.note ?? ''].join('\n').trim(),
  );
}

export function changedHostFailure(target: ShellTarget, key: HostKey, expected: readonly HostKey[]): ConnectionError {
  const hint = `Another machine answers at this address, or this one was made anew. Only if you know that it was: remove its old key, and connect again.${removal(target, expected)}`;
  const detail = [
    ...expected.map(
      (known) =>
        `expected ${known.type} ${fingerprint(known.blob)}${known.origin === undefined ? '' : ` (${known.origin})`}`,
    ),
    shownKey(key),
  ].join('\n');
  return failure(
    target,
    'host-key-changed',
    `the host key of ${addressText(target.address)} has changed`,
    hint,
    undefined,
    detail,
  );
}

/** The commands that forget what is known of a host, one for each file. */
function removal({ hostKeys: { knownAs } }: ShellTarget, expected: readonly HostKey[]): string {
  const files = new Set(expected.flatMap(({ origin }) => origin?.replace(/:\d+$/, '') ?? []));
  if (knownAs === undefined) return '';
  return [...files].map((file) => `\n  ${quoteCommand(['ssh-keygen', '-f', file, '-R', knownAs])}`).join('');
}

export function revokedHostFailure(target: ShellTarget, key: HostKey): ConnectionError {
  return failure(
    target,
    'host-key-revoked',
    `the host key of ${addressText(target.address)} is marked @revoked`,
    'Do not use this machine before its owner has given it a new host key.',
    undefined,
    shownKey(key),
  );
}

/** A connection that stood and broke. */
export function lostFailure(machine: string, seen: string, cause?: unknown): ConnectionError {
  return new ConnectionError(machine, `${machine}: the connection was lost: ${seen}`, {
    code: 'connection-lost',
    hint: 'The machine or its SSH server went away. `lab status` shows whether it runs; `lab up` brings it back.',
    cause,
  });
}

/** A server that accepted the login and then does not do its part; `what` is that: `answer the request for a session`. */
export function unansweredFailure(machine: string, what: string, limitMs: number): ConnectionError {
  return new ConnectionError(
    machine,
    `${machine}: its SSH server let us in, but did not ${what} within ${formatDuration(limitMs)}`,
    {
      code: 'ssh-no-answer',
      hint: `The machine may be overloaded or hung, or out of processes: try again, and look with \`ssh -v\` whether OpenSSH fares better.`,
    },
  );
}

/** A session without the right to run commands, or to have a terminal. */
export function refusedCommand(machine: string, cause: Error): ConnectionError {
  return new ConnectionError(
    machine,
    `${machine}: its SSH server let us in, but runs no commands for this account: ${messageOf(cause)}`,
    {
      code: 'ssh-command-refused',
      hint: 'The account, or its key in authorized_keys (`restrict`, `no-pty`), may be for transfers or forwards alone; use one with a shell.',
      cause,
    },
  );
}

/** A transfer that stands still. */
export function stalledFailure(machine: string, limitMs: number): TimeoutError {
  return new TimeoutError(`${machine}: the transfer stood still for ${formatDuration(limitMs)}`, {
    code: 'transfer-stalled',
    hint: 'The machine, its disk or the network hangs; look there, and try again.',
  });
}

/** A server that breaks the rules of the protocol, so that it would fill our memory. */
export function floodFailure(machine: string, what: string): ConnectionError {
  return new ConnectionError(machine, `${machine}: its SSH server ${what}, so the connection was ended`, {
    code: 'ssh-flood',
    hint: 'No ordinary server does so: check what listens at its address and port.',
  });
}

/** So much of what a login shell says instead of what was asked is shown, in characters. */
const SHOWN_NOISE = 500;

/** An account whose login shell never comes to the command. */
export function silentShell(machine: string, limitMs: number, noise: string): ConnectionError {
  return new ConnectionError(
    machine,
    `${machine}: the login shell did not begin the command within ${formatDuration(limitMs)}`,
    {
      code: 'shell-silent',
      hint: 'Start-up files of the account (~/.bashrc, ~/.profile) that wait for something, or a ForceCommand, do so; look with: ssh there, and `bash -x -l`.',
      detail: noise.trim().slice(0, SHOWN_NOISE) || undefined,
    },
  );
}

/** A verb that was called after `close`. */
export function closedShell(machine: string): ConnectionError {
  return new ConnectionError(machine, `${machine}: the connection is closed`, { code: 'connection-closed' });
}

/** What OpenSSH says before its greeting when it has too much to do, or had too much of us. */
const BUSY_SERVER = /MaxStartups|Not allowed at this time/;

const LOG_HINT =
  "The machine's own log says why (`journalctl -u ssh`, or the file sshd -E names); too many connections at once (`MaxStartups`) is a usual cause.";

function restartHint(target: ShellTarget): string {
  return `Check that \`${target.machine}\` is up (\`lab status\`) and that sshd runs on it.`;
}

function shownKey(key: HostKey): string {
  return `shown    ${key.type} ${fingerprint(key.blob)}`;
}

function silence(target: ShellTarget, what: string): ConnectionError {
  return failure(
    target,
    'ssh-silent',
    `${addressText(target.address)} ${what}: nothing speaks SSH there`,
    'Check address and port; a machine that is still starting also answers so.',
  );
}

function hungUp(target: ShellTarget, heard: string, cause: unknown): ConnectionError {
  const said = heard.trim() || (cause === undefined ? '' : messageOf(cause));
  const message = `${addressText(target.address)} closed the connection ${heard === '' ? 'without a word' : 'at once'}`;
  return failure(
    target,
    'ssh-hung-up',
    message,
    'A machine that is still starting, or has too many logins under way (`MaxStartups` in its sshd_config), does so; else check address and port.',
    cause,
    said || undefined,
  );
}

function notSsh(target: ShellTarget, heard: string): ConnectionError {
  const detail = `It said: ${JSON.stringify(heard.slice(0, 200))}`;
  return failure(
    target,
    'ssh-not-ssh',
    `${addressText(target.address)} is not an SSH server`,
    'Check address and port in lab.yaml.',
    undefined,
    detail,
  );
}

function failure(
  target: ShellTarget,
  code: string,
  message: string,
  hint: string,
  cause?: unknown,
  detail?: string,
): ConnectionError {
  return new ConnectionError(target.machine, `${target.machine}: ${message}`, { code, hint, cause, detail });
}
