import { lstat, readdir, readlink, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../../core/errors.ts';
import { parseCompactTime } from '../../core/time/clock-time.ts';
import { isRunning } from '../../host/process-identity.ts';
import { storing } from '../../host/files/storage-error.ts';
import type { RunsToKeep } from '../../lab/types.ts';
import { unless } from '../files/storage.ts';
import { folderSize } from './folder-size.ts';
import { readRunFile } from './read-run.ts';
import { isFull } from './spares.ts';
import { listRuns, type StoredRun } from './stored-runs.ts';
import { say } from '../../core/language/say.ts';

export interface PruneOptions {
  readonly rule: RunsToKeep;
  /** Names of runs that stay, whatever the rule says. */
  readonly except?: readonly string[];
  /** Remove at most so many, the oldest. Default: all. */
  readonly most?: number;
  /** Say what would go, and remove nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface Pruning {
  /** What is gone (or would be), newest first. */
  readonly removed: readonly RemovedRun[];
  /** What an earlier prune that was killed had left, in bytes: gone as well. */
  readonly leftoverBytes: number;
  /** How many runs are left. */
  readonly kept: number;
  /** How many of these the rule lets go, too: they were more than `most`. */
  readonly waiting: number;
  /** Runs that should be gone and are still there, at least in part. */
  readonly failed: readonly { readonly run: string; readonly reason: string }[];
}

export interface RemovedRun {
  readonly run: string;
  /** On the disk; null when it holds too much to be counted. */
  readonly sizeBytes: number | null;
}

/**
 * Removes the stored runs that the rule lets go: those that are beyond the newest `keep` and older than `olderMs`, as
 * far as they are given. The newest run stays, the one that `latest` points to, each that is being played, and all that
 * is no folder of a run. A run is renamed before its files are removed, so that a prune that is killed leaves no part
 * of a run; the next one removes the rest. Needs no lock, and no room on the disk. Links are not followed.
 *
 * @throws {EnvironmentError} when the runs cannot be read, or their folder is a link. @throws the reason of `signal`.
 */
export async function pruneRuns(
  stateFolder: string,
  { rule, except = [], most = Infinity, dryRun = false, signal }: PruneOptions,
): Promise<Pruning> {
  const folder = join(stateFolder, 'runs');
  await requireNoLink(folder);
  const leftoverBytes = dryRun ? 0 : await removeLeftovers(folder);
  const runs = await ownRuns(stateFolder);
  const doomed = runsToRemove(runs, { rule, kept: [...except, await latestOf(folder)] });
  const removed: RemovedRun[] = [];
  const failed: Pruning['failed'][number][] = [];
  // The oldest first: a prune that is interrupted leaves the newer ones.
  for (const run of doomed.toReversed().slice(0, most)) {
    signal?.throwIfAborted();
    if (await isPlayed(run)) continue;
    const sizeBytes = (await folderSize(run.path)) ?? null;
    try {
      if (dryRun || (await removeRun(folder, run))) removed.unshift({ run: run.id, sizeBytes });
    } catch (error) {
      failed.unshift({ run: run.id, reason: messageOf(error) });
    }
  }
  return {
    removed,
    leftoverBytes,
    kept: runs.length - removed.length,
    waiting: Math.max(0, doomed.length - most),
    failed,
  };
}

/** Runs that came with a folder of someone else may lie anywhere: none is removed through a link. */
async function requireNoLink(folder: string): Promise<void> {
  const found = await storing(say`cannot look at ${folder}`, () => unless(['ENOENT'], lstat(folder)));
  if (found?.isSymbolicLink() !== true) return;
  const target = await readlink(folder).catch(() => '');
  throw new EnvironmentError(say`${folder} is a link to ${target}: no run is removed there`, {
    code: 'runs-elsewhere',
    hint: say`Remove them by hand, or put the folder in the place of the link.`,
  });
}

/** Newest first, without links to runs elsewhere. */
async function ownRuns(stateFolder: string): Promise<StoredRun[]> {
  const runs = await listRuns(stateFolder);
  const found = await Promise.all(runs.map(({ path }) => lstat(path).catch(() => undefined)));
  return runs.filter((_run, index) => found[index]?.isDirectory());
}

async function latestOf(folder: string): Promise<string | undefined> {
  return readlink(join(folder, 'latest')).catch(() => undefined);
}

/** By order and name alone; those that are played are among them. */
function runsToRemove(
  runs: readonly StoredRun[],
  { rule: { keep = 1, olderMs }, kept }: { readonly rule: RunsToKeep; readonly kept: readonly (string | undefined)[] },
): StoredRun[] {
  const nowMs = Date.now();
  return runs.slice(keep).filter(({ id }) => {
    const goes = olderMs === undefined || nowMs - (parseCompactTime(id) ?? nowMs) > olderMs;
    return goes && !kept.includes(id);
  });
}

/** What an older version stored does not say who plays it: it may be going on. */
async function isPlayed(run: StoredRun): Promise<boolean> {
  const document = await readRunFile(run).catch(() => undefined);
  return (
    document?.result === 'running' &&
    (document.process === undefined || isRunning({ startTime: undefined, bootId: undefined, ...document.process }))
  );
}

/** Shorter than any name of a run, so that the folder does not grow when the disk is full. */
const LEFTOVER = /^\.gone-[0-9a-f]{8}$/;

/** False when another prune has removed it. */
async function removeRun(folder: string, { path }: StoredRun): Promise<boolean> {
  const leftover = join(folder, `.gone-${randomBytes(4).toString('hex')}`);
  return storing(say`cannot remove ${path}`, async () => {
    const renamed = await unless(
      ['ENOENT'],
      renameOnFullDisk(path, leftover).then(() => true),
    );
    if (renamed !== true) return false;
    await rm(leftover, { recursive: true, force: true });
    return true;
  });
}

/** Where a new name needs room, what makes a folder a run goes first. */
async function renameOnFullDisk(path: string, to: string): Promise<void> {
  try {
    await rename(path, to);
  } catch (error) {
    if (!isFull(error)) throw error;
    for (const name of ['events.ndjson', 'run.json']) await rm(join(path, name), { force: true });
    await rename(path, to);
  }
}

/** Bytes that they took. What cannot be removed stays for the next time. */
async function removeLeftovers(folder: string): Promise<number> {
  const names = (await unless(['ENOENT', 'ENOTDIR', 'EACCES'], readdir(folder))) ?? [];
  let bytes = 0;
  for (const name of names.filter((found) => LEFTOVER.test(found))) {
    const path = join(folder, name);
    const size = (await folderSize(path)) ?? 0;
    const gone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (gone) bytes += size;
  }
  return bytes;
}
