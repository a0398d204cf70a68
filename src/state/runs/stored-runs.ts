import { lstat, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { compactTime } from '../../core/time/clock-time.ts';
import { newestFirst, noteRun } from './run-order.ts';
import { storing } from '../../host/files/storage-error.ts';
import { unless } from '../files/storage.ts';
import { say } from '../../core/language/say.ts';

/** One stored run. */
export interface StoredRun {
  readonly id: string;
  /** Absolute path of its folder. */
  readonly path: string;
}

/** What the name of a run is made of. */
export interface NewRun {
  /** The `.lab` folder. */
  readonly stateFolder: string;
  readonly scenario: string;
  /** When the run begins, milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/** Points to the newest run. */
const LATEST = 'latest';
/** `20261123-143015-tp1`, `20261123-143015-tp1-2`. */
const RUN_ID = /^\d{8}-\d{6}-[\w.-]+$/;

/**
 * Makes the folder of a new run, `runs/20261123-143015-tp1`, with `-2`, `-3`, … behind its name when that is taken. It
 * is the newest from now on; `fill` puts in it what makes it a run, then `runs/latest` points to it.
 *
 * @throws {EnvironmentError} when the disk is full or there is no right to write.
 */
export async function makeRunFolder(
  { stateFolder, scenario, wallMs }: NewRun,
  fill: (run: StoredRun) => Promise<void>,
): Promise<StoredRun> {
  const runs = join(stateFolder, 'runs');
  const base = `${compactTime(wallMs)}-${scenario.replaceAll(/[^\w.-]/g, '_')}`;
  return storing(say`cannot make a folder in ${runs}`, async () => {
    await mkdir(runs, { recursive: true, mode: 0o700 });
    for (let number = 1; ; number++) {
      const id = number === 1 ? base : `${base}-${number}`;
      const run = { id, path: join(runs, id) };
      const made = await unless(
        ['EEXIST'],
        mkdir(run.path, { mode: 0o700 }).then(() => true),
      );
      if (made === undefined) continue;
      await begin(stateFolder, run, fill);
      await pointLatest(stateFolder, runs, id);
      return run;
    }
  });
}

/** Nothing is left of a run that could not begin. */
async function begin(stateFolder: string, run: StoredRun, fill: (run: StoredRun) => Promise<void>): Promise<void> {
  try {
    await noteRun(stateFolder, run.id);
    await fill(run);
  } catch (error) {
    await rm(run.path, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The stored runs, in the order in which they were made, newest first; none when there are no runs. A folder that holds
 * no record of a run is none.
 */
export async function listRuns(stateFolder: string): Promise<StoredRun[]> {
  const runs = (await runFolders(stateFolder)).map((id) => ({ id, path: join(stateFolder, 'runs', id) }));
  const isRun = await Promise.all(runs.map(({ path }) => holdsRun(path)));
  return runs.filter((_run, index) => isRun[index]);
}

/** Names of the folders of runs in that order, without a look into them. */
export async function runFolders(stateFolder: string): Promise<string[]> {
  const runs = join(stateFolder, 'runs');
  const entries =
    (await storing(say`cannot read ${runs}`, () => unless(['ENOENT'], readdir(runs, { withFileTypes: true })))) ?? [];
  return newestFirst(
    stateFolder,
    entries.filter((entry) => RUN_ID.test(entry.name) && !entry.isFile()).map(({ name }) => name),
  );
}

/** `run.json` is written first; runs of an older lab that was killed have only their events. */
async function holdsRun(path: string): Promise<boolean> {
  for (const name of ['run.json', 'events.ndjson'])
    if ((await lstat(join(path, name)).catch(() => undefined)) !== undefined) return true;
  return false;
}

/**
 * The run that a user means: its name, or the start of it when only one run begins so, or without a name the newest.
 *
 * @throws {UsageError} `no-runs`, `run-unknown`, `run-ambiguous`.
 */
export async function findRun(stateFolder: string, name?: string): Promise<StoredRun> {
  const runs = await listRuns(stateFolder);
  const [newest] = runs;
  if (!newest)
    throw new UsageError(say`this lab has no stored run`, {
      code: 'no-runs',
      hint: say`Play a scenario first: lab run`,
    });
  if (name === undefined || name === LATEST) return newest;
  const exact = runs.find(({ id }) => id === name);
  const [first, ...more] = exact ? [exact] : runs.filter(({ id }) => id.startsWith(name));
  if (!first)
    throw new UsageError(say`there is no run "${name}"`, {
      code: 'run-unknown',
      hint: say`The newest is ${newest.id}; "lab runs" shows all.`,
    });
  if (more.length === 0) return first;
  const fitting = [first, ...more].slice(0, 5).map(({ id }) => id);
  throw new UsageError(say`${more.length + 1} runs begin with "${name}"`, {
    code: 'run-ambiguous',
    hint: say`Name one of them: ${fitting.join(', ')}${more.length >= 5 ? ', …' : ''}`,
  });
}

/** A convenience: folders shared with a virtual machine often cannot hold symbolic links, and are used without. */
async function pointLatest(stateFolder: string, runs: string, id: string): Promise<void> {
  const temporary = join(runs, `${LATEST}.${randomBytes(6).toString('hex')}.tmp`);
  const linked = await unless(
    ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EROFS', 'EPROTO', 'EINVAL'],
    symlink(id, temporary).then(() => true),
  );
  if (linked) await unless(['EISDIR', 'EEXIST', 'ENOTEMPTY'], rename(temporary, join(runs, LATEST)));
  await rm(temporary, { force: true });
  const [newest] = await runFolders(stateFolder);
  // Two that begin at once: the link of the older one may have come last.
  if (newest !== undefined && newest !== id && linked) await pointLatest(stateFolder, runs, newest);
}
