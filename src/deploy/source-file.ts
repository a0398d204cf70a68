import { readlinkSync } from 'node:fs';
import { realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { isInside } from '../core/files/inside.ts';
import { openOrdinary } from '../core/files/ordinary-file.ts';
import { Slots } from '../core/slots.ts';
import { hashOf, type ContentHash } from '../core/files/sha256.ts';
import { say } from '../core/language/say.ts';

/** A file of the host that is read for a program. */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  /** The folder that it must lie in, a path without links; undefined where the lab file allows any. */
  readonly within: string | undefined;
}

/**
 * Opens a file that is sent or kept for a program. Where the file lies is asked of what was opened, not of its name:
 * a link that someone puts in the way, of the file or of a folder above it, leads out at no instant.
 *
 * @throws {UsageError} `program-file-outside` when it lies elsewhere.
 * @throws {NoOrdinaryFileError} for pipes and devices.
 * @throws system errors of open(2)
 */
export async function openSource({ path, within }: SourceFile): Promise<FileHandle> {
  const handle = await openOrdinary(path);
  try {
    if (within !== undefined) requireInside(path, within, await placeOf(handle, path));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * @throws {UsageError} `program-file-outside` unless `real`, where a file of a program really lies, is inside the
 * folder and not in its `.lab`.
 */
export function requireInside(path: string, within: string, real: string): void {
  if (isInside(join(within, '.lab'), real))
    throw new UsageError(say`${path} leads into .lab, where lab keeps its keys`, {
      code: 'program-file-outside',
      hint: say`Name another file.`,
    });
  if (isInside(within, real)) return;
  throw new UsageError(say`${path} leads out of the folder of the lab: it is ${real}`, {
    code: 'program-file-outside',
    hint: say`Copy it into the folder. If it is meant to be sent, say so in lab.yaml: files: [{ path: FILE, outside: true }]`,
  });
}

/**
 * The path of an open file: on Linux as the kernel knows it (proc(5), /proc/pid/fd), elsewhere of its name, which must
 * still lead to the same file.
 */
async function placeOf(handle: FileHandle, path: string): Promise<string> {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${handle.fd}`);
  const real = await realpath(path);
  const [opened, named] = await Promise.all([handle.stat(), stat(real)]);
  return opened.ino === named.ino && opened.dev === named.dev ? real : path;
}

/** Files read at the same time; a process may have few descriptors (getrlimit(2), RLIMIT_NOFILE). */
const MOST_OPEN_FILES = 32;

/** Hashes a file of the host. @throws as `openSource` */
export type HashFile = (file: SourceFile) => Promise<ContentHash>;

/** A `HashFile` that reads each file once, however many programs and machines use it, and only some at a time. */
export function hashEachOnce(): HashFile {
  const known = new Map<string, Promise<ContentHash>>();
  const slots = new Slots(MOST_OPEN_FILES);
  return (file) => {
    const key = JSON.stringify([file.path, file.within]);
    const hash = known.get(key) ?? slots.take().then(() => hashFile(file).finally(() => slots.release()));
    known.set(key, hash);
    return hash;
  };
}

async function hashFile(file: SourceFile): Promise<ContentHash> {
  await using handle = await openSource(file);
  return await hashOf(handle.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false }));
}
