import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../src/core/events.ts';
import { RunFolder } from '../../src/state/runs/run-folder.ts';
import { repository } from './lab-command.ts';
import { temporaryFolder } from './cli.ts';
import { recordedEvents, type StoredRunFolder } from './stored-run.ts';

const recorded = join(repository, 'test/fixtures/runs/tp1');
const kept = ['sources/server/server.js', 'sources/client/client.js'];

export interface BoundRunOptions {
  /** Default: those of the recorded run, with the plan of its steps. */
  readonly events?: (recorded: readonly Event[]) => readonly Event[];
  readonly capture?: Uint8Array;
  readonly maxOutputBytes?: number;
}

/** The recorded run of the reference practical, stored again by the `lab` of today: bound together by its hashes. */
export async function boundRun({
  events = (all) => all,
  capture = readFileSync(join(recorded, 'capture.pcap')),
  maxOutputBytes,
}: BoundRunOptions = {}): Promise<StoredRunFolder> {
  const folder = temporaryFolder();
  const run = await RunFolder.create({
    stateFolder: join(folder.path, '.lab'),
    scenario: 'tp1',
    wallMs: 1_795_415_197_188,
    maxOutputBytes,
    onFault: (error) => {
      throw error;
    },
  });
  for (const name of kept) await run.keep(name, readFileSync(join(recorded, name)));
  for (const event of events(plannedEvents())) {
    if (event.kind === 'capture-finished') await run.keep('capture.pcap', capture);
    await run.record(event);
  }
  await run.close();
  return { path: folder.path, run: run.path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** The recorded events, with the plan that newer runs have. */
export function plannedEvents(): Event[] {
  const events = recordedEvents();
  const steps = events
    .filter((event) => event.kind === 'scenario-step-started')
    .map(({ index, line, text }) => ({ index, line, text }));
  return events.map((event) => (event.kind === 'run-started' ? Object.assign(event, { steps }) : event));
}
