import type { Stats } from 'node:fs';
import { lstat, open, readdir, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { storing } from '../../host/files/storage-error.ts';
import { say } from '../../core/language/say.ts';

export interface ReplaceOptions {
  /** Permissions of the new file; default 0600. */
  readonly mode?: number;
  /** Whether it must outlive a power cut (fsync(2)): yes, unless it is made again at each `up`. */
  readonly durable?: boolean;
  /** The file whose rights and owner the new one gets, instead of `mode`. */
  readonly like?: Stats;
}

/**
 * Replaces a file: a reader, also after a crash or a power cut, sees the whole old or the whole new content. What else
 * has its name goes: a folder is removed, a link is replaced and not followed, and a FIFO is not waited for. The
 * temporary file is `<path>.<random>.tmp`.
 *
 * @throws {EnvironmentError} as `storing` does; the old file is then untouched.
 */
export async function replaceFile(
  path: string,
  content: string,
  { mode = 0o600, durable = true, like }: ReplaceOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await storing(say`cannot write ${path}`, async () => {
    try {
      await writeNew(temporary, content, { mode, durable, like });
      await renameOver(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    if (durable) await syncFolder(dirname(path));
  });
}

/**
 * Replaces the text of a file of the user's, whole or not at all. Its rights stay, its owner as far as we may
 * give files away, and a link goes on leading to it.
 *
 * @throws {EnvironmentError} as `replaceFile` does.
 */
export async function rewriteFile(path: string, content: string): Promise<void> {
  const [file, like] = await storing(say`cannot write ${path}`, () => Promise.all([realpath(path), stat(path)]));
  await replaceFile(file, content, { like });
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

async function writeNew(
  path: string,
  content: string,
  { mode, durable, like }: Pick<ReplaceOptions, 'mode' | 'durable'> & { readonly like: Stats | undefined },
): Promise<void> {
  const file = await open(path, 'wx', like === undefined ? mode : 0o600);
  try {
    await file.writeFile(content);
    // By its descriptor and before it has its name: whoever may write in the folder could put a link in its place.
    if (like !== undefined) {
      if (like.uid !== process.getuid?.()) await unless(['EPERM'], file.chown(like.uid, like.gid));
      await file.chmod(like.mode & 0o777);
    }
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Removes what a crash left of files that `replaceFile` was writing in a folder. Call it with the lab's lock held; safe
 * when there is no such folder.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  // A link of that name leads to files that are not ours.
  const found = await unless(['ENOENT', 'ENOTDIR', 'EACCES'], lstat(folder));
  const names = found?.isDirectory() ? ((await unless(['ENOENT', 'EACCES'], readdir(folder))) ?? []) : [];
  const unfinished = names.filter((name) => /\.[0-9a-f]+\.tmp$/.test(name));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/**
 * Puts names that were made, renamed or removed in a folder on disk; fsync(2) of a file alone does not. Not every file
 * system can.
 */
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
