import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, EventBody } from '../../src/core/events.ts';
import { eventLine, readEventLine } from '../../src/report/run/event-line.ts';
import { repository } from './lab-command.ts';
import { temporaryFolder } from './cli.ts';

/** A run of the reference practical as `lab run` stored it, packets included. */
const recorded = join(repository, 'test/fixtures/runs/tp1');

/** A lab folder with one stored run in it, made from the recorded one. */
export interface StoredRunFolder extends Disposable {
  /** The folder of the lab. */
  readonly path: string;
  /** The folder of the run. */
  readonly run: string;
}

export interface StoredRunChanges {
  /** Default: those of the recorded run. */
  readonly events?: (recorded: readonly Event[]) => readonly (Event | EventBody)[];
  /** Content of files of the run folder; null removes one. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  readonly labFile?: string;
}

export const storedRunId = '20261123-062637-tp1';

/** Lays a stored run. `run.json` is left out when events are given, so that it is made from them. */
export function storedRun({ events, files = {}, labFile }: StoredRunChanges = {}): StoredRunFolder {
  const folder = temporaryFolder(labFile === undefined ? {} : { 'lab.yaml': labFile });
  const run = join(folder.path, '.lab/runs', storedRunId);
  mkdirSync(join(run, '..'), { recursive: true });
  cpSync(recorded, run, { recursive: true });
  if (events !== undefined) {
    writeFileSync(
      join(run, 'events.ndjson'),
      events(recordedEvents())
        .map((event) => eventLine('at' in event ? event : { at: { monotonicMs: 1, wallMs: 1 }, ...event }))
        .join(''),
    );
    rmSync(join(run, 'run.json'));
  }
  for (const [name, content] of Object.entries(files)) {
    if (content === null) rmSync(join(run, name));
    else writeFileSync(join(run, name), content);
  }
  return { path: folder.path, run, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** The events of the recorded run. */
export function recordedEvents(): Event[] {
  return readFileSync(join(recorded, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => readEventLine(line)!);
}
