import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, realpath, rename, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { decodeFileName, localFileName } from '../core/text/file-name.ts';
import { say } from '../core/language/say.ts';

/** Something that stands in the way here; the message is a reason in a few words. */
export class InTheWay extends Error {}

/** The names of unfinished files: whose they are, so that those of a process that was killed are found again. */
const UNFINISHED = /^\.lab-(\d+)-[0-9a-f]+\.part$/;

/**
 * A place of this host that copies go to: nothing is written outside of it, and no file is there by its name before it
 * is whole.
 */
export class CopyTarget {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<void>>();

  /** The file or folder that the copy becomes; links up to it are followed. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Path on this host. */
  at(path: string): string {
    return path === '' ? this.#root : join(this.#root, path);
  }

  /**
   * Makes a folder with all above it.
   *
   * @throws {InTheWay} for a link or a file there, which is not followed.
   * @throws the system error.
   */
  makeFolder(path: string): Promise<void> {
    const making = this.#folders.get(path) ?? this.#make(path);
    this.#folders.set(path, making);
    return making;
  }

  /**
   * Writes a file: under another name next to it, which it loses when it is whole.
   *
   * @throws as `makeFolder`, and what reading throws.
   */
  async write(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (path === '') await mkdir(dirname(this.#root), { recursive: true });
    else await this.makeFolder(parentOf(path));
    const file = this.at(path);
    // The name that the user gave may be a link to the file that is meant; one below it is replaced, not followed.
    const there = await (path === '' ? stat(file) : lstat(localFileName(file))).catch(() => undefined);
    if (there === undefined || there.isSymbolicLink()) return writeWhole(file, mode, content);
    if (there.isCharacterDevice() && path === '') return writeInto(file, content);
    if (there.isDirectory()) throw new InTheWay(say`a folder of that name is there`);
    if (!there.isFile()) throw new InTheWay(say`what is there by that name is no ordinary file`);
    await writeWhole(path === '' ? await realpath(file) : file, mode, content);
  }

  /** The size of a file that is there already; undefined for all else. */
  async sizeOf(path: string): Promise<number | undefined> {
    const found = await lstat(localFileName(this.at(path))).catch(() => undefined);
    return found?.isFile() ? found.size : undefined;
  }

  /** Free bytes for this user; undefined where the file system does not tell. */
  async freeBytes(): Promise<number | undefined> {
    for (let folder = this.#root; ; folder = dirname(folder)) {
      const found = await statfs(folder).catch(() => undefined);
      if (found !== undefined) return found.blocks === 0 ? undefined : found.bavail * found.bsize;
      if (folder === dirname(folder)) return undefined;
    }
  }

  async #make(path: string): Promise<void> {
    if (path !== '') await this.makeFolder(parentOf(path));
    const folder = localFileName(this.at(path));
    // The folder that was named may be a link; below it, a link would lead out of the copy.
    const there = await (path === '' ? stat(folder) : lstat(folder)).catch(() => undefined);
    if (there?.isSymbolicLink()) throw new InTheWay(say`a link is there, and a copy is not written through it`);
    if (there !== undefined && !there.isDirectory()) throw new InTheWay(say`a file is where a folder should be`);
    if (there === undefined) await mkdir(folder, { recursive: path === '' }).catch(unlessThere);
    else await removeLeftovers(this.at(path));
  }
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function unlessThere(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

async function writeWhole(file: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = localFileName(join(dirname(file), `.lab-${process.pid}-${randomBytes(6).toString('hex')}.part`));
  const handle = await open(temporary, 'wx', mode & 0o777);
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
    await handle.close();
    await rename(temporary, localFileName(file));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** A device takes what comes, under its own name. */
async function writeInto(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(localFileName(file), 'w');
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}

/** Takes away what a `lab` that was killed has left unfinished. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(localFileName(folder), { encoding: 'buffer' }).catch(() => []);
  for (const name of names.map(decodeFileName)) {
    const pid = Number(UNFINISHED.exec(name)?.[1] ?? Number.NaN);
    if (Number.isInteger(pid) && !runs(pid)) await unlink(localFileName(join(folder, name))).catch(() => undefined);
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
