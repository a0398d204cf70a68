import { EnvironmentError, systemCode } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';

interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** What can be wrong with a disk or its rights, by Node's name of the errno(3) value. */
const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: {
    code: 'disk-full',
    reason: say`the disk is full`,
    hint: say`Free some space ("df -h ." shows how much there is), then run the command again.`,
  },
  EDQUOT: {
    code: 'disk-full',
    reason: say`your disk quota is used up`,
    hint: say`Remove files that you no longer need, then run the command again.`,
  },
  EROFS: {
    code: 'read-only',
    reason: say`the file system is read-only`,
    hint: say`Copy the folder of lab.yaml to a place that you may write to.`,
  },
  EACCES: {
    code: 'no-right',
    reason: say`permission denied`,
    hint: say`Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.`,
  },
  EPERM: {
    code: 'no-right',
    reason: say`the system does not permit it`,
    hint: say`Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.`,
  },
  ELOOP: {
    code: 'not-a-file',
    reason: say`a link stands where a file belongs`,
    hint: say`Remove that link, then run the command again.`,
  },
  ENXIO: {
    code: 'not-a-file',
    reason: say`a FIFO or socket stands where a file belongs`,
    hint: say`Remove it, then run the command again.`,
  },
  EISDIR: {
    code: 'not-a-file',
    reason: say`a folder stands where a file belongs`,
    hint: say`Move that folder away, then run the command again.`,
  },
  EFBIG: {
    code: 'disk-full',
    reason: say`the file is larger than is allowed here`,
    hint: say`Raise the limit ("ulimit -f unlimited"), or let the program print less.`,
  },
  EIO: {
    code: 'disk-broken',
    reason: say`the disk reports an error`,
    hint: say`Look at the disk ("dmesg | tail"), or copy the folder of lab.yaml to another one.`,
  },
  ENOTDIR: {
    code: 'not-a-folder',
    reason: say`a file stands where a folder belongs`,
    hint: say`Move that file away, then run the command again.`,
  },
};

/**
 * Runs work on files; `what` is what could not be done then: `cannot write /home/me/tp1/.lab/state.json`.
 *
 * @throws {EnvironmentError} in place of a system error that the user can fix: full or read-only disk, no right. Others
 * pass as they are.
 */
export async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw explainStorageError(what, cause);
  }
}

/** The error that `storing` throws in place of this one: itself, or what the user can fix. */
export function explainStorageError(what: string, cause: unknown): unknown {
  const refusal = refusals[systemCode(cause) ?? ''];
  return refusal === undefined
    ? cause
    : new EnvironmentError(say`${what}: ${refusal.reason}`, { code: refusal.code, hint: refusal.hint, cause });
}
