import { EnvironmentError, messageOf, systemCode } from '../core/errors.ts';
import { say } from '../core/language/say.ts';

interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** What a host can refuse to any program, whatever it asks for, by Node's name of the errno(3) value. */
const refusals: Readonly<Record<string, Refusal>> = {
  EMFILE: {
    code: 'open-files',
    reason: say`this shell lets a program open too few files at once`,
    hint: say`Raise that limit, then run the command again: ulimit -n 1024`,
  },
  ENFILE: {
    code: 'open-files',
    reason: say`this host has no room for more open files`,
    hint: say`End programs that you no longer need; "sysctl fs.file-nr fs.file-max" shows how many are open and how many may be.`,
  },
  EAGAIN: {
    code: 'no-resources',
    reason: say`this host starts no more processes for you`,
    hint: say`End programs that you no longer need; "ulimit -u" shows how many you may have.`,
  },
  ENOMEM: {
    code: 'no-memory',
    reason: say`this host has no memory left`,
    hint: say`End programs that you no longer need; "free -h" shows how much is left.`,
  },
  ENOSPC: {
    code: 'disk-full',
    reason: say`the disk is full`,
    hint: say`Free some space ("df -h" shows how much there is), then run the command again.`,
  },
  EDQUOT: {
    code: 'disk-full',
    reason: say`your disk quota is used up`,
    hint: say`Remove files that you no longer need, then run the command again.`,
  },
  EROFS: {
    code: 'read-only',
    reason: say`the file system is read-only`,
    hint: say`Work in a folder that you may write to.`,
  },
  EACCES: {
    code: 'no-right',
    reason: say`permission denied`,
    hint: say`Work in a folder that is yours, or ask its owner for the right.`,
  },
  EPERM: {
    code: 'no-right',
    reason: say`the system does not permit it`,
    hint: say`Work in a folder that is yours, or ask its owner for the right.`,
  },
  EIO: {
    code: 'io-error',
    reason: say`the device failed`,
    hint: say`Look at the disk or the terminal that it names: "dmesg" shows what the kernel says of it.`,
  },
  ELOOP: { code: 'link-loop', reason: say`links lead in a circle`, hint: say`Remove the link that it names.` },
  ENAMETOOLONG: {
    code: 'name-too-long',
    reason: say`the name is too long for this file system`,
    hint: say`Move the lab to a folder with a shorter path.`,
  },
};

/**
 * What the system refused, as a failure of this host and not of lab: in one sentence, with the next step. Undefined for
 * what is no such refusal. Errors that the caller understands better are explained there; this is for the unexpected
 * ones.
 */
export function explainSystemError(error: unknown): EnvironmentError | undefined {
  const refusal = refusals[codeOf(error)];
  if (refusal === undefined) return undefined;
  const { syscall, path } = error as { readonly syscall?: unknown; readonly path?: unknown };
  const what = [syscall, path].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return new EnvironmentError(`${refusal.reason}${what === '' ? '' : ` (${what})`}`, {
    code: refusal.code,
    hint: refusal.hint,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  const code = systemCode(error) ?? '';
  // rmSync of Node 24 gives no code when it cannot open a folder.
  return code === '' && messageOf(error).includes('Too many open files') ? 'EMFILE' : code;
}
