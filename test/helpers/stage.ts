import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Event, EventBody, EventSink } from '../../src/core/events.ts';
import { timestamp } from '../../src/core/events.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { playScenario } from '../../src/scenario/play.ts';
import type { PlayResult } from '../../src/scenario/play-result.ts';
import type { Stage } from '../../src/scenario/stage.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import { labOf, TWO_MACHINES } from './scenario-lab.ts';

/** Where the students' programs are. */
export const PROGRAMS_FOLDER = join(import.meta.dirname, '../fixtures/programs');

/** Keeps all events. */
export class Recorder implements EventSink {
  readonly events: Event[] = [];

  emit(body: EventBody): void {
    this.events.push({ at: timestamp(), ...body });
  }

  /** All events of one kind, in order. */
  of<K extends EventBody['kind']>(kind: K): Extract<Event, { kind: K }>[] {
    return this.events.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);
  }

  /** All that a role printed. */
  outputOf(role: string): string {
    return this.of('terminal-output')
      .filter((event) => event.role === role)
      .map(({ data }) => data)
      .join('');
  }
}

export interface Played {
  readonly result: PlayResult;
  readonly events: Recorder;
  /** Text of the lab file. */
  readonly source: string;
}

/** Plays the scenario `s` of `programs:` and `scenarios:` blocks on two machines; the programs lie in the folder of the fixtures. */
export async function play(
  shells: ReadonlyMap<string, Shell>,
  yaml: string,
  changes: Partial<Stage> = {},
  events = new Recorder(),
): Promise<Played> {
  const source = `${TWO_MACHINES}${yaml}`;
  const lab = await labOf(source);
  const { scenarios, problems } = parseScenarios(lab);
  if (problems.length > 0) throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
  const programs = new Map(
    [...lab.programs].map(([name, { command, env }]) => [name, { folder: PROGRAMS_FOLDER, command, env }]),
  );
  const result = await playScenario(scenarios.get('s')!, {
    lab,
    shells,
    programs,
    events,
    signal: new AbortController().signal,
    ...changes,
  });
  return { result, events, source };
}

/** A port of the loopback that nothing listens on now. */
export async function freeLocalPort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
