import { lstat, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { EnvironmentError, systemCode } from '../../core/errors.ts';

/** What can be wrong with a disk or its rights, by Node's name of the errno(3) value. */
const refusals: Readonly<Record<string, { readonly code: string; readonly reason: string; readonly hint: string }>> = {
  ENOSPC: {
    code: 'disk-full',
    reason: 'the disk is full',
    hint: 'Free some space (`df -h .` shows how much there is), then run the command again.',
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
    hint: 'Raise the limit (`ulimit -f unlimited`), or let the program print less.',
  },
  EIO: {
    code: 'disk-broken',
    reason: 'the disk reports an error',
    hint: 'Look at the disk (`dmesg | tail`), or copy the folder of lab.yaml to another one.',
  },
  ENOTDIR: {
    code: 'not-a-folder',
    reason: 'a file stands where a folder belongs',
    hint: 'Move that file away, then run the command again.',
  },
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
    throw explainStorageError(what, cause);
  }
}

/** The error that `storing` throws in place of this one: itself, or what the user can mend. */
export function explainStorageError(what: string, cause: unknown): unknown {
  const refusal = refusals[systemCode(cause) ?? ''];
  return refusal === undefined
    ? cause
    : new EnvironmentError(`cannot ${what}: ${refusal.reason}`, { code: refusal.code, hint: refusal.hint, cause });
}

export interface ReplaceOptions {
  /** Permissions of the new file; 0600 unless told otherwise. */
  readonly mode?: number;
  /** Whether it must outlive a power cut (fsync(2)): yes, unless it is made again at each `up`. */
  readonly durable?: boolean;
}

/**
 * Replaces a file: whoever reads it, and whoever looks after a crash or a power cut, sees the whole old or the whole new content. What else has its
 * name goes: a folder is removed, a link is replaced and not followed, and a FIFO is not waited for. The temporary file is `<path>.<random>.tmp`.
 *
 * @throws {EnvironmentError} as `storing` does; the old file is then untouched.
 */
export async function replaceFile(
  path: string,
  content: string,
  { mode = 0o600, durable = true }: ReplaceOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await storing(`write ${path}`, async () => {
    try {
      await writeNew(temporary, content, mode, durable);
      await renameOver(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    if (durable) await syncFolder(dirname(path));
  });
}

/** Gives a file its name; a folder that has it already is removed, links in it are not followed. */
export async function renameOver(from: string, to: string): Promise<void> {
  const renamed = await unless(
    ['EISDIR'],
    rename(from, to).then(() => true),
  );
  if (renamed) return;
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

async function writeNew(path: string, content: string, mode: number, durable: boolean): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what a crash left of files that `replaceFile` was writing in a folder. Call it with the lab's lock held; safe when there is no such folder. */
export async function removeUnfinished(folder: string): Promise<void> {
  // A link of that name leads to files that are not ours.
  const found = await unless(['ENOENT', 'ENOTDIR', 'EACCES'], lstat(folder));
  const names = found?.isDirectory() ? ((await unless(['ENOENT', 'EACCES'], readdir(folder))) ?? []) : [];
  const unfinished = names.filter((name) => /\.[0-9a-f]+\.tmp$/.test(name));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { recursive: true, force: true })));
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
