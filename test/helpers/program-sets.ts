import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { describeFailure } from '../../src/cli/show/show-failure.ts';
import { plain } from '../../src/cli/show/style.ts';
import { formatRun } from '../../src/cli/commands/runs/run.ts';
import { up } from '../../src/commands/lab/up.ts';
import { report } from '../../src/commands/runs/report.ts';
import { run } from '../../src/commands/runs/run.ts';
import type { EventBody } from '../../src/core/events.ts';
import { LabError } from '../../src/core/errors.ts';
import type { RunOptions, RunResult } from '../../src/commands/runs/run.ts';
import { testContext, type TestContext } from './command-context.ts';
import { cannotMakeMachines, labFolder } from './machines/machines.ts';
import { without } from './tools.ts';

const PROGRAMS = join(import.meta.dirname, '../programs');

/** Programs with their lab files, as students and teachers write them: a folder below `test/programs`. */
export interface ProgramSet {
  /** `sets/NAME`, or `variants/NAME`. */
  readonly folder: string;
  /** Default: `lab.yaml`. */
  readonly file?: string;
  /** Text that is put in place of another in the lab file, in order. */
  readonly replace?: readonly (readonly [string | RegExp, string])[];
  /** Files of the set that are too large to be kept, by name: their size in bytes. */
  readonly large?: Readonly<Record<string, number>>;
}

/** What came of one play. */
export interface PlayedSet {
  /** Undefined when it was not even played: see `shown`. */
  readonly result: RunResult['result'] | undefined;
  /** All that the user reads: warnings and hints on the way, the verdict or the error. */
  readonly shown: string;
  /** The warnings among it. */
  readonly warnings: string;
  /** The step that failed, as `lab.yaml` has it: `start: server`. */
  readonly failedStep: string | undefined;
  /** How long the step that failed was waited for; 0 when none failed. Milliseconds. */
  readonly failedAfterMs: number;
  readonly events: readonly EventBody[];
  /** All that a program printed. */
  readonly outputOf: (role: string) => string;
  /** Folder of the run. */
  readonly folder: string;
  /** The report in a format, of the whole run. */
  readonly report: (format: 'md' | 'html' | 'json' | 'junit', language?: 'en' | 'fr') => Promise<string>;
}

/** Lays a copy of the set in a folder that is there; its lab file is called `lab.yaml`, and its network has no NAT. */
export function laySet(set: ProgramSet, folder: string): void {
  cpSync(join(PROGRAMS, set.folder), folder, { recursive: true });
  // Bytes that are no UTF-8 have to stay as they are.
  const written = readFileSync(join(folder, set.file ?? 'lab.yaml'));
  const encoding = written[0] === 0xff ? 'utf16le' : 'latin1';
  const changes = [
    ['natnet: 192.168.100.0/24', 'natnet: { subnet: 192.168.100.0/24, nat: false }'],
    ...(set.replace ?? []),
  ] as const;
  const text = changes.reduce((now, [from, to]) => now.replaceAll(from, to), written.toString(encoding));
  for (const [name, bytes] of Object.entries(set.large ?? {}))
    writeFileSync(join(folder, name), Buffer.alloc(bytes, 7));
  writeFileSync(join(folder, 'lab.yaml'), Buffer.from(text, encoding));
}

/** A copy of the set in a folder of its own, whose lab is up. What `up` says stands before what the play says. */
export async function bringUp(set: ProgramSet): Promise<OpenSet> {
  const folder = labFolder({});
  laySet(set, folder.path);
  const opened = testContext(folder.path);
  const failure = await up(opened.context, { recreate: false }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return new OpenSet(folder, opened, failure);
}

/** A set whose lab is up; or that could not be brought up. */
export class OpenSet implements AsyncDisposable {
  readonly #folder: ReturnType<typeof labFolder>;
  readonly #opened: TestContext;
  /** Why it is not up. */
  readonly failure: unknown;

  constructor(folder: ReturnType<typeof labFolder>, opened: TestContext, failure: unknown) {
    this.#folder = folder;
    this.#opened = opened;
    this.failure = failure;
  }

  get path(): string {
    return this.#folder.path;
  }

  /** All that happened so far. */
  get events(): readonly EventBody[] {
    return this.#opened.events;
  }

  get context(): TestContext['context'] {
    return this.#opened.context;
  }

  /** Plays a scenario; without a name, the only one. */
  async play(scenario?: string, options: Partial<RunOptions> = {}): Promise<PlayedSet> {
    const before = this.failure === undefined ? this.#opened.events.length : 0;
    const { context, events } = this.#opened;
    const outcome =
      this.failure ?? (await run(context, { scenario, times: 1, ...options }).catch((error: unknown) => error));
    return playedSet(context, events.slice(before), outcome);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

function playedSet(context: TestContext['context'], events: readonly EventBody[], outcome: unknown): PlayedSet {
  // Our own bugs are no outcome.
  if (outcome instanceof Error && !(outcome instanceof LabError)) throw outcome;
  const result = outcome instanceof Error ? undefined : (outcome as RunResult);
  const source = readFileSync(context.labFile, 'utf8');
  const last =
    result === undefined
      ? describeFailure(outcome, { style: plain, verbose: false }).text
      : formatRun(result, { style: plain, cwd: context.cwd, file: 'lab.yaml', source });
  const notices = events.filter((event) => event.kind === 'notice');
  const failed = events.findLast((event) => event.kind === 'scenario-step-failed');
  const stored = result?.firstFailure ?? result?.runs.at(-1);
  return {
    result: result?.result,
    shown: [...notices.map(({ message, hint = '' }) => `${message}\n${hint}`), last].join('\n'),
    warnings: notices
      .filter(({ level }) => level === 'warning')
      .map(({ message, hint = '' }) => `${message}\n${hint}`)
      .join('\n'),
    failedStep: failed?.text,
    failedAfterMs: failed?.durationMs ?? 0,
    events,
    outputOf: (role) =>
      events.flatMap((event) => (event.kind === 'terminal-output' && event.role === role ? [event.data] : [])).join(''),
    folder: stored?.folder ?? '',
    async report(format, language) {
      const file = join(context.cwd, `report.${format}`);
      await report(context, { run: stored?.run, language, format, output: file });
      return readFileSync(file, 'utf8');
    },
  };
}

/** Fails with all that was seen, unless the play passed. */
export function assertPassed({ result, shown }: PlayedSet): void {
  assert.equal(result, 'passed', shown);
}

/** What must come of a play that fails. */
export interface ExpectedFailure {
  /** The step at which it ends, as it is called: `expect: { serveur: "salut" }`. */
  readonly step: string | RegExp;
  /** What the user reads, each of these. */
  readonly says: readonly RegExp[];
  /** What must not be said, because it is false. */
  readonly silent?: readonly RegExp[];
  /** The step must have failed after this time at most; default 5 s, of the 10 or 15 s that it had. Milliseconds. */
  readonly withinMs?: number;
}

/** Holds a play against what must come of it. */
export function assertFailed(played: PlayedSet, { step, says, silent = [], withinMs = 5000 }: ExpectedFailure): void {
  const { result, shown, failedStep, failedAfterMs } = played;
  assert.equal(result, 'failed', shown);
  if (typeof step === 'string') assert.equal(failedStep, step, shown);
  else assert.match(failedStep ?? '', step, shown);
  for (const sentence of says) assert.match(shown, sentence);
  for (const sentence of silent) assert.doesNotMatch(shown, sentence);
  assert.ok(failedAfterMs <= withinMs, `the step ended after ${failedAfterMs} ms, not ${withinMs}:\n${shown}`);
}

/** The check of a set that fails as it must. */
export function fails(expected: ExpectedFailure): (played: PlayedSet) => void {
  return (played) => assertFailed(played, expected);
}

/** The check of a set whose lab file or build is refused, before anything is played. */
export function isRefused(...sentences: readonly RegExp[]): (played: PlayedSet) => void {
  return ({ result, shown }) => {
    assert.equal(result, undefined, shown);
    for (const sentence of sentences) assert.match(shown, sentence);
  };
}

/** One row of a table of sets: the title is a sentence about what must come. */
export interface SetTest extends ProgramSet {
  readonly title: string;
  /** Scenarios, played one after the other; default: the only one. */
  readonly scenarios?: readonly string[];
  /** Tools of this host and its machines that the programs need. */
  readonly needs?: readonly string[];
  /** Default: it passes. */
  readonly check?: (played: PlayedSet, set: OpenSet) => void | Promise<void>;
}

/** How many labs of one file run at a time: a play mostly waits. */
const AT_ONCE = 4;

/** Plays each set of the table on machines of its own. */
export async function testSets(title: string, table: readonly SetTest[]): Promise<void> {
  const skip = await cannotMakeMachines();
  void describe(title, { skip, concurrency: AT_ONCE }, () => {
    for (const row of table) {
      const missing = (row.needs ?? []).map((tool) => without(tool)).find((reason) => reason !== false);
      void test(
        `${row.title} (${[row.folder, row.file].filter(Boolean).join('/')})`,
        { skip: missing ?? false },
        async () => {
          await using set = await bringUp(row);
          for (const scenario of row.scenarios ?? [undefined])
            await (row.check ?? assertPassed)(await set.play(scenario), set);
        },
      );
    }
  });
}

/** Files of a folder in which these bytes occur, whatever their encoding. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(text));
}
