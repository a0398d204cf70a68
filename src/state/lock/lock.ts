import { lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { LockedError } from '../../core/errors.ts';
import { silent, type EventSink } from '../../core/events.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { parseHolder, putInPlace, readHolder, type LockHolder, type Wreck } from './lock-file.ts';
import { describeTakeOver, lockedBy } from './lock-words.ts';
import { maySamePlace, placeOf, type Place } from '../place.ts';
import { currentProcess, hasEnded, isRunning, tagOf } from '../../host/process-identity.ts';
import { giveUpSpare, isFull, writeFromSpare } from '../runs/spares.ts';
import { storing } from '../../host/files/storage-error.ts';
import { renameOver } from '../files/storage.ts';
import { say } from '../../core/language/say.ts';

export interface LockOptions {
  /** As the user typed it, for the message to a user who finds the lab locked: `lab up`. */
  readonly command: string;
  /** Gets a notice when a dead process's lock is taken over. */
  readonly events?: EventSink;
}

export interface Lock {
  /** Releases the lock. May be called twice. Also done when the process exits, except after `kill -9`. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a lab, so that one `lab` at a time changes it. A lock that a dead process left is taken over, by
 * exactly one of those who try; and so is one that was copied along with its folder, and what is no lock at all. On a
 * full disk it is made of a file that `keepSpares` set aside.
 *
 * @throws {LockedError} when a process holds it: who, since when, and what to do. @throws {EnvironmentError} when the
 * folder cannot be written.
 */
export async function acquireLock(folder: string, { command, events = silent }: LockOptions): Promise<Lock> {
  const path = join(folder, 'lock');
  const mine: LockHolder = {
    ...currentProcess(),
    token: randomBytes(8).toString('hex'),
    command,
    since: new Date().toISOString(),
    place: placeOf(folder),
  };
  const { leftBy } = await storing(say`cannot lock ${folder}`, () => seize(path, mine));
  const lock = hold(path, mine.token);
  await sweep(path);
  if (leftBy !== undefined) await events.emit({ kind: 'notice', level: 'info', message: describeTakeOver(leftBy) });
  return lock;
}

type Seized = { readonly leftBy: LockHolder | Wreck | undefined };

/**
 * Makes the lock file, complete at the instant at which it appears, or replaces one that a dead process left.
 *
 * Two who want to replace the same dead lock must not both succeed, and the slower one must not replace the lock of the
 * faster one. So the one that replaces the lock with token X first holds the lock file `<path>.X.claim`, and then looks
 * whether X is still in place. Only a holder of that claim replaces X, and X never comes back. The claim is a lock like
 * any other: if its holder dies, it is taken over in the same way.
 */
async function seize(path: string, mine: LockHolder): Promise<Seized> {
  const draft = `${path}.${mine.token}.${tagOf(mine)}.new`;
  await writeDraft(draft, `${JSON.stringify(mine)}\n`);
  try {
    return await retryUntil(() => trySeize(path, draft, mine), {
      what: say`the lock ${path}`,
      timeoutMs: 10_000,
      intervalMs: 5,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(draft: string, content: string): Promise<void> {
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isFull(error)) throw error;
    await rm(draft, { force: true });
    if (!(await writeFromSpare(dirname(draft), draft, content))) throw error;
  }
}

/** A link needs an inode on some file systems (tmpfs(5)). */
async function putInPlaceOnFullDisk(draft: string, path: string): Promise<boolean> {
  for (;;) {
    try {
      return await putInPlace(draft, path);
    } catch (error) {
      if (!isFull(error) || !(await giveUpSpare(dirname(path)))) throw error;
    }
  }
}

async function trySeize(path: string, draft: string, mine: LockHolder): Promise<Attempt<Seized>> {
  if (await putInPlaceOnFullDisk(draft, path)) return { value: { leftBy: undefined } };
  const holder = await readHolder(path);
  if (holder === 'absent') return { seen: say`it was given free a moment ago` };
  if (holder === 'unfinished') return { seen: say`it is being written` };
  if (isHeld(holder, mine.place)) throw lockedBy(holder, path);
  return replaceDead(path, draft, mine, holder);
}

async function replaceDead(
  path: string,
  draft: string,
  mine: LockHolder,
  dead: LockHolder | Wreck,
): Promise<Attempt<Seized>> {
  const claim = `${path}.${dead.token}.claim`;
  try {
    await seize(claim, mine);
  } catch (error) {
    if (error instanceof LockedError) return { seen: say`another lab takes it over right now` };
    throw error;
  }
  try {
    const now = await readHolder(path);
    if (typeof now === 'string' || now.token !== dead.token) return { seen: say`another lab has just taken it over` };
    await renameOver(draft, path);
    return { value: { leftBy: dead } };
  } finally {
    await rm(claim, { force: true });
  }
}

/** Whether a living process holds this lock, and not one in another folder, of which this one is a copy. */
function isHeld(holder: LockHolder | Wreck, here: Place | undefined): holder is LockHolder {
  return (
    'pid' in holder &&
    isRunning(holder) &&
    (holder.place === undefined || here === undefined || maySamePlace(holder.place, here))
  );
}

/** Removes drafts and claims that processes left when they died while they took a lock. Those of living ones stay. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`));
  for (const file of names.map((name) => join(folder, name))) {
    if (isDead(file, await readHolder(file))) await rm(file, { recursive: true, force: true });
  }
}

/** Whose writer is known to be gone; of a draft that is still empty only its name tells who that was. */
function isDead(file: string, holder: Awaited<ReturnType<typeof readHolder>>): boolean {
  if (holder === 'unfinished') return hasEnded(/\.([0-9a-f]*-\d+)\.new$/.exec(file)?.[1] ?? '');
  return typeof holder === 'object' && !('pid' in holder && isRunning(holder));
}

/** What is given back when this process ends: one listener for all, since a program may hold many. */
const held = new Set<() => void>();

function releaseAll(): void {
  for (const release of held) release();
}

function hold(path: string, token: string): Lock {
  const release = (): void => {
    held.delete(release);
    if (held.size === 0) process.off('exit', releaseAll);
    if (readToken(path) === token) unlinkSync(path);
  };
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(release);
  return { release: () => storing(say`cannot give ${path} free`, async () => release()) };
}

function readToken(path: string): string | undefined {
  try {
    return lstatSync(path).isFile() ? parseHolder(readFileSync(path, 'utf8'))?.token : undefined;
  } catch {
    return undefined;
  }
}
