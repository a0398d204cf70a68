import { mkdir, open, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { Event } from '../core/events.ts';
import { compactTime } from '../report/clock-time.ts';
import { readEventLine } from '../report/event-line.ts';
import { RunSummary, type RunDocument } from '../report/run-summary.ts';
import { storing, unless } from './storage.ts';

/** One stored run. */
export interface StoredRun {
  readonly id: string;
  /** Absolute path of its folder. */
  readonly path: string;
}

/** Points to the newest run. */
const LATEST = 'latest';
/** `20261123-143015-tp1`, `20261123-143015-tp1-2`. */
const RUN_ID = /^\d{8}-\d{6}-/;

/**
 * Makes the folder of a new run, `runs/20261123-143015-tp1`, with `-2`, `-3`, … behind its name when that is taken, and lets `runs/latest` point to it.
 *
 * @throws {EnvironmentError} when the disk is full or there is no right to write.
 */
export async function makeRunFolder(stateFolder: string, scenario: string, wallMs: number): Promise<StoredRun> {
  const runs = join(stateFolder, 'runs');
  const base = `${compactTime(wallMs)}-${scenario.replaceAll(/[^\w.-]/g, '_')}`;
  return storing(`make a folder in ${runs}`, async () => {
    await mkdir(runs, { recursive: true, mode: 0o700 });
    for (let number = 1; ; number++) {
      const id = number === 1 ? base : `${base}-${number}`;
      const path = join(runs, id);
      const made = await unless(['EEXIST'], mkdir(path, { mode: 0o700 }).then(() => true));
      if (made === undefined) continue;
      await pointLatest(runs, id);
      return { id, path };
    }
  });
}

/** Ids of the stored runs, newest first; none when there are no runs. */
export async function listRuns(stateFolder: string): Promise<StoredRun[]> {
  const runs = join(stateFolder, 'runs');
  const names = (await storing(`read ${runs}`, () => unless(['ENOENT'], readdir(runs)))) ?? [];
  const ids = names.filter((name) => RUN_ID.test(name)).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return ids.map((id) => ({ id, path: join(runs, id) }));
}

/**
 * The run that a user means: its name, or the start of it when only one run begins so, or without a name the newest.
 *
 * @throws {UsageError} `no-runs`, `run-unknown`, `run-ambiguous`.
 */
export async function findRun(stateFolder: string, name?: string): Promise<StoredRun> {
  const runs = await listRuns(stateFolder);
  const [newest] = runs;
  if (!newest) throw new UsageError('this lab has no stored run', { code: 'no-runs', hint: 'Play a scenario first: lab run' });
  if (name === undefined || name === LATEST) return newest;
  const exact = runs.find(({ id }) => id === name);
  const [first, ...more] = exact ? [exact] : runs.filter(({ id }) => id.startsWith(name));
  if (!first) throw new UsageError(`there is no run "${name}"`, { code: 'run-unknown', hint: `The newest is ${newest.id}; lab logs --list shows all.` });
  if (more.length === 0) return first;
  const fitting = [first, ...more].slice(0, 5).map(({ id }) => id);
  throw new UsageError(`${more.length + 1} runs begin with "${name}"`, { code: 'run-ambiguous', hint: `Name one of them: ${fitting.join(', ')}${more.length >= 5 ? ', …' : ''}` });
}

/** The result of a run. One whose `lab` was killed has no `run.json`: then it is made again from the events, and its `result` is `running`. */
export async function readRun({ path }: StoredRun): Promise<RunDocument> {
  const file = join(path, 'run.json');
  const text = await storing(`read ${file}`, () => unless(['ENOENT'], readFile(file, 'utf8')));
  if (text !== undefined) return JSON.parse(text) as RunDocument;
  const summary = new RunSummary();
  for await (const event of readEvents({ path })) summary.add(event);
  return summary.document();
}

/** The events of a run in order, read as a stream; none when nothing was stored. A last line that was cut by a crash is left out. */
export async function* readEvents({ path }: Pick<StoredRun, 'path'>): AsyncGenerator<Event> {
  const file = join(path, 'events.ndjson');
  const handle = await storing(`read ${file}`, () => unless(['ENOENT'], open(file)));
  if (!handle) return;
  for await (const line of handle.readLines()) {
    const event = readEventLine(line);
    if (event) yield event;
  }
}

/** A convenience: folders shared with a virtual machine often cannot hold symbolic links, and are used without. */
async function pointLatest(runs: string, id: string): Promise<void> {
  const temporary = join(runs, `${LATEST}.${id}.tmp`);
  const linked = await unless(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EROFS', 'EPROTO', 'EINVAL'], symlink(id, temporary).then(() => true));
  if (linked) await unless(['EISDIR', 'EEXIST', 'ENOTEMPTY'], rename(temporary, join(runs, LATEST)));
  await rm(temporary, { force: true });
}
