import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { EnvironmentError, systemCode } from '../core/errors.ts';

/** What can be wrong with a disk or its rights, by Node's name of the errno(3) value. */
const faults: Readonly<Record<string, { readonly code: string; readonly reason: string; readonly hint: string }>> = {
  ENOSPC: { code: 'disk-full', reason: 'the disk is full', hint: 'Free some space (`df -h .` shows how much there is), then run the command again.' },
  EDQUOT: { code: 'disk-full', reason: 'your disk quota is used up', hint: 'Remove files that you no longer need, then run the command again.' },
  EROFS: { code: 'read-only', reason: 'the file system is read-only', hint: 'Copy the folder of lab.yaml to a place that you may write to.' },
  EACCES: { code: 'no-right', reason: 'permission denied', hint: 'Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.' },
  EPERM: { code: 'no-right', reason: 'the system does not permit it', hint: 'Copy the folder of lab.yaml to a place that you may write to, or ask its owner for the right.' },
  EISDIR: { code: 'not-a-file', reason: 'a folder stands where a file belongs', hint: 'Move that folder away, then run the command again.' },
  EFBIG: { code: 'disk-full', reason: 'the file is larger than is allowed here', hint: 'Raise the limit (`ulimit -f unlimited`), or let the program print less.' },
  EIO: { code: 'disk-broken', reason: 'the disk reports an error', hint: 'Look at the disk (`dmesg | tail`), or copy the folder of lab.yaml to another one.' },
  ENXIO: { code: 'not-a-file', reason: 'it is no ordinary file', hint: 'Move it away, then run the command again.' },
  ELOOP: { code: 'not-a-file', reason: 'a link stands where a file belongs', hint: 'Move that link away, then run the command again.' },
  ENOTDIR: { code: 'not-a-folder', reason: 'a file stands where a folder belongs', hint: 'Move that file away, then run the command again.' },
};

/**
 * Runs work on files of the `.lab` folder; `what` follows "cannot": `write /home/me/tp1/.lab/state.json`.
 *
 * @throws {EnvironmentError} in place of a system error that the user can mend: full or read-only disk, no right. Others pass as they are.
 */
export async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const fault = faults[systemCode(cause) ?? ''];
    if (fault === undefined) throw cause;
    throw new EnvironmentError(`cannot ${what}: ${fault.reason}`, { code: fault.code, hint: fault.hint, cause });
  }
}

/**
 * Replaces a file: whoever reads it, and whoever looks after a crash or a power cut, sees the whole old or the whole new content.
 * The temporary file is `<path>.<random>.tmp`.
 *
 * @throws {EnvironmentError} as `storing` does; the old file is then untouched.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await storing(`write ${path}`, async () => {
    try {
      await writeDurably(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  });
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts names that were made, renamed or removed in a folder on disk; fsync(2) of a file alone does not. Not every file system can. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    // Windows does not even open a folder.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EISDIR'].includes(systemCode(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

/** The value of a promise, or undefined when it fails with one of these system errors. */
export async function unless<T>(codes: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
