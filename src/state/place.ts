import { lstatSync, realpathSync } from 'node:fs';

/**
 * Where a `.lab` folder lies, in two ways: a folder that is moved keeps its inode, one that is copied has neither.
 */
export interface Place {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Device and inode number, as text: `66306-1835021`. */
  readonly inode: string;
}

/** Where that folder lies now; undefined when there is none. */
export function placeOf(folder: string): Place | undefined {
  try {
    const path = realpathSync(folder);
    const { dev, ino } = lstatSync(path, { bigint: true });
    return { path, inode: `${dev}-${ino}` };
  } catch {
    return undefined;
  }
}

/**
 * Whether what was written in the folder at `written` may belong to the folder at `now`: it lies where it lay, or was
 * moved from there. Some file systems have no lasting inode numbers (sshfs, shared folders of virtual machines), so one
 * of the two is enough.
 */
export function maySamePlace(written: Place, now: Place): boolean {
  return written.path === now.path || written.inode === now.inode;
}

/** A place as it was stored; undefined when that is none. */
export function parsePlace(value: unknown): Place | undefined {
  const { path, inode } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Place>;
  return typeof path === 'string' && path.startsWith('/') && typeof inode === 'string' ? { path, inode } : undefined;
}

/** Whether two paths are those of one folder, which must exist. */
export function samePlace(a: string, b: string): boolean {
  const [first, second] = [placeOf(a), placeOf(b)];
  return first !== undefined && first.inode === second?.inode;
}
