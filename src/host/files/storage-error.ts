import { EnvironmentError, systemCode } from '../../core/errors.ts';

interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** What can be wrong with a disk or its rights, by Node's name of the errno(3) value. */
const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: {
    code: 'disk-full',
    reason: 'the disk is full',
    hint: 'Free some space ("df -h ." shows how much there is), then run the command again.',
  },
  EDQUOT: {
    code: 'disk-full',
    reason: 'your disk quota is used up',
    hint: 'Remove files that you no longer need, then run the command again.',
  },
  EROFS: {
    code: 'read-only',
    reason: 'the file system is read-only',
    hint: 'Copy the folder of lab.yaml to a place that you may write to.',
  },
  EACCES: {
    code: 'no-right',
    reason: 'permission denied',
    hint: 'Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.',
  },
  EPERM: {
    code: 'no-right',
    reason: 'the system does not permit it',
    hint: 'Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.',
  },
  ELOOP: {
    code: 'not-a-file',
    reason: 'a link stands where a file belongs',
    hint: 'Remove that link, then run the command again.',
  },
  ENXIO: {
    code: 'not-a-file',
    reason: 'a FIFO or socket stands where a file belongs',
    hint: 'Remove it, then run the command again.',
  },
  EISDIR: {
    code: 'not-a-file',
    reason: 'a folder stands where a file belongs',
    hint: 'Move that folder away, then run the command again.',
  },
  EFBIG: {
    code: 'disk-full',
    reason: 'the file is larger than is allowed here',
    hint: 'Raise the limit ("ulimit -f unlimited"), or let the program print less.',
  },
  EIO: {
    code: 'disk-broken',
    reason: 'the disk reports an error',
    hint: 'Look at the disk ("dmesg | tail"), or copy the folder of lab.yaml to another one.',
  },
  ENOTDIR: {
    code: 'not-a-folder',
    reason: 'a file stands where a folder belongs',
    hint: 'Move that file away, then run the command again.',
  },
};

/**
 * Runs work on files; `what` follows "cannot": `write /home/me/tp1/.lab/state.json`.
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
    : new EnvironmentError(`cannot ${what}: ${refusal.reason}`, { code: refusal.code, hint: refusal.hint, cause });
}
