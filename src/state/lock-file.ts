import { link, open, readFile, stat } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { unless } from './storage.ts';

/** Content of a lock file. */
export interface Holder extends ProcessIdentity {
  /** Names this one acquisition; never used again. */
  readonly token: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A lock file whose content makes no sense: something cut it off. Its writer cannot be named, and is not alive. */
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

/** The same where there are no hard links: for a moment the file is there and empty, which readers know as `unfinished`. */
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
const unfinishedMs = 2000;

/** Who holds a lock file; `unfinished` while it is being written. */
export async function readHolder(path: string): Promise<Holder | Wreck | 'absent' | 'unfinished'> {
  const text = await unless(['ENOENT'], readFile(path, 'utf8'));
  if (text === undefined) return 'absent';
  const holder = parseHolder(text);
  if (holder !== undefined) return holder;
  const file = await unless(['ENOENT'], stat(path));
  if (file === undefined) return 'absent';
  return Date.now() - file.mtimeMs < unfinishedMs ? 'unfinished' : { token: `wreck-${file.ino}-${Math.trunc(file.mtimeMs)}` };
}

/** Content of a lock file as a holder, or undefined when it is none. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return typeof value?.pid === 'number' && typeof value.token === 'string' && /^\w+$/.test(value.token) ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}
