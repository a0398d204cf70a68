import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { unless } from '../files/storage.ts';

/**
 * Files that `up` lays by, so that the lab can be locked, and so taken down, when the disk has no block or no inode
 * left: each can become another file (rename(2) needs neither), or be given up for what needs an inode of its own
 * (link(2) on tmpfs).
 */
const PREFIX = 'spare.';
/**
 * A lock that a dead process left is replaced with a claim of its own: a draft and a link for each of the two; one more
 * for a command that is killed then.
 */
const WANTED = 5;
/** More than a lock file ever holds, in one block of the usual size. */
const SPARE_BYTES = 4096;

/** Whether a system error says that there is no room. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
}

/** Lays by what is missing. A disk that is full already gives none, which is no failure yet. */
export async function keepSpares(folder: string): Promise<void> {
  const there = new Set(await sparesOf(folder));
  const missing = Array.from({ length: WANTED }, (_, index) => `${PREFIX}${index}`).filter((name) => !there.has(name));
  await Promise.all(missing.map((name) => layBy(join(folder, name))));
}

/** Removes them; for when nothing is there that would have to be taken down. */
export async function removeSpares(folder: string): Promise<void> {
  await Promise.all((await sparesOf(folder)).map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Makes a new file with that content out of a spare one. False when none is left. */
export async function writeFromSpare(folder: string, path: string, content: string): Promise<boolean> {
  for (const name of await sparesOf(folder)) {
    // Only one of several commands gets it.
    if (
      await unless(
        ['ENOENT'],
        rename(join(folder, name), path).then(() => true),
      )
    )
      return overwrite(path, content);
  }
  return false;
}

/** Gives one of them up, for its inode. False when none is left. */
export async function giveUpSpare(folder: string): Promise<boolean> {
  for (const name of await sparesOf(folder)) {
    if (
      await unless(
        ['ENOENT'],
        rm(join(folder, name)).then(() => true),
      )
    )
      return true;
  }
  return false;
}

async function sparesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith(PREFIX));
}

/** Blanks up to the end, which JSON allows: truncated, it would need its block again on some file systems. */
async function overwrite(path: string, content: string): Promise<boolean> {
  const found = await lstat(path);
  const isWhole = found.isFile() && found.size >= Buffer.byteLength(content);
  if (!isWhole) {
    await rm(path, { recursive: true, force: true });
    return false;
  }
  const file = await open(path, 'r+');
  try {
    await file.write(
      Buffer.from(content.padEnd(content.length + found.size - Buffer.byteLength(content))),
      0,
      found.size,
      0,
    );
  } finally {
    await file.close();
  }
  return true;
}

async function layBy(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.alloc(SPARE_BYTES, ' '));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isFull(error)) await rm(path, { force: true });
    else if (systemCode(error) !== 'EEXIST') throw error;
  }
}
