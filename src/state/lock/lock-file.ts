import { link, lstat, open, readFile } from 'node:fs/promises';
import { systemCode } from '../../core/errors.ts';
import { readOwnFile } from '../files/own-file.ts';
import { parsePlace, type Place } from '../place.ts';
import type { ProcessIdentity } from '../../host/process-identity.ts';
import { unless } from '../files/storage.ts';

/** Content of a lock file. */
export interface LockHolder extends ProcessIdentity {
  /** Names this one acquisition; never used again. */
  readonly token: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
  /**
   * The `.lab` folder that it locks; a lock that was copied along with its folder names another one. Undefined in those
   * of an older lab.
   */
  readonly place: Place | undefined;
}

/**
 * What has the name of a lock file and is none: something cut it off, or put something else there. Its writer cannot be
 * named, and is not alive.
 */
export interface Wreck {
  readonly token: string;
}

/** Gives the draft its final name unless a file has that name; false then. link(2) does both in one step. */
export async function putInPlace(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // FAT and shared folders of virtual machines have no hard links.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemCode(error) ?? '')) throw error;
    return copyInPlace(draft, path);
  }
}

/**
 * The same where there are no hard links: for a moment the file is there and empty, which readers know as `unfinished`.
 */
async function copyInPlace(draft: string, path: string): Promise<boolean> {
  const content = await readFile(draft);
  const file = await unless(['EEXIST'], open(path, 'wx', 0o600));
  if (file === undefined) return false;
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  return true;
}

/** How long a lock file may be incomplete before its writer is taken for dead. */
const UNFINISHED_MS = 2000;

/** Who holds a lock file; `unfinished` while it is being written. Never waits, whatever has its name. */
export async function readHolder(path: string): Promise<LockHolder | Wreck | 'absent' | 'unfinished'> {
  const content = readOwnFile(path, { maxBytes: LARGEST_BYTES });
  if (content === 'absent') return 'absent';
  const holder = content === 'damaged' ? undefined : parseHolder(content.text);
  if (holder !== undefined) return holder;
  const file = await unless(['ENOENT'], lstat(path));
  if (file === undefined) return 'absent';
  const ageMs = Date.now() - file.mtimeMs;
  const mayGrow = content !== 'damaged' && ageMs > -UNFINISHED_MS && ageMs < UNFINISHED_MS;
  return mayGrow ? 'unfinished' : { token: `wreck_${file.ino}_${Math.trunc(Math.abs(file.mtimeMs))}` };
}

const LARGEST_BYTES = 65_536;

/** Content of a lock file as a holder, or undefined when it is none. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockHolder> | null;
    return value !== null && isHolder(value) ? { ...value, place: parsePlace(value.place) } : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: Partial<LockHolder>): value is LockHolder {
  const { pid, token, command, since, host, startTime, bootId } = value;
  const isProcess =
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    typeof host === 'string' &&
    [startTime, bootId].every((field) => field === undefined || typeof field === 'string');
  return (
    isProcess &&
    typeof token === 'string' &&
    /^\w{1,64}$/.test(token) &&
    typeof command === 'string' &&
    !Number.isNaN(Date.parse(String(since)))
  );
}
