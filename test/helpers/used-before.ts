import { chownSync, cpSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '../../src/host/files/own-folder.ts';

/*
 * What somebody has in the cache who used lab before. Most users of the tests are new, and their first command would make all of it again: to compile the
 * command line takes a quarter of a second, and the base for packages two, with the time to remove it.
 */

/** Copies the compiled code of the newest build into this folder, for `owner`. */
export function layCompiledCode(folder: string, owner: number): void {
  const ours = join(cacheFolder(), 'compiled');
  const builds = (existsSync(ours) ? readdirSync(ours) : []).map((name) => join(ours, name));
  const [newest] = builds.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (newest === undefined) return;
  cpSync(newest, join(folder, basename(newest)), { recursive: true });
  giveTo(owner, folder);
}

/** A folder that a user of an earlier test had as the base for packages (src/providers/netns/install-base.ts), for `owner`; an empty one if all are in use. */
export function borrowInstallBase(pool: string, owner: number): { readonly path: string } & Disposable {
  mkdirSync(pool, { recursive: true });
  const taken = join(pool, `${process.pid}-${process.hrtime.bigint()}`);
  if (
    !readdirSync(pool)
      .filter(isFree)
      .some((name) => tryRename(join(pool, name), taken))
  )
    mkdirSync(taken);
  giveTo(owner, taken);
  return { path: taken, [Symbol.dispose]: () => void tryRename(taken, join(pool, `free-${basename(taken)}`)) };
}

/** Given back, or of a test that was killed. */
function isFree(name: string): boolean {
  return name.startsWith('free-') || !existsSync(`/proc/${name.split('-')[0]}`);
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function giveTo(owner: number, folder: string): void {
  chownSync(folder, owner, owner);
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, path), owner, owner);
}
