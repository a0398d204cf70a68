import { createHash } from 'node:crypto';
import { sayBytes } from '../core/language/amounts.ts';
import { counted } from '../core/language/say.ts';
import { EnvironmentError, LabError, messageOf } from '../core/errors.ts';
import { inStep, type EventBody, type EventSink } from '../core/events.ts';
import { say } from '../core/language/say.ts';
import type { Lab, Program } from '../lab/types.ts';
import type { Shell } from '../ssh/shell.ts';
import { buildOnMachine, buildStamp } from './build/build-on-machine.ts';
import { buildNotice } from './build/build-words.ts';
import { buildPrograms } from './build/build-programs.ts';
import { hashEachOnce } from './source-file.ts';
import { deployToMachine, type MachineOptions, type MachineProgram, type WantedProgram } from './deploy-to-machine.ts';
import { programFolder } from './remote-paths.ts';
import { programEntries } from './program-files.ts';
import { hostRuntime, type RuntimeSource } from './runtime.ts';

/** A program that lies on its machine, ready to be started. */
export interface DeployedProgram {
  readonly program: Program;
  /** On the machine, relative to the home folder. */
  readonly folder: string;
  readonly command: readonly string[];
  /** Of `lab.yaml`, and PATH when our Node is used. */
  readonly env: ReadonlyMap<string, string>;
  /** Files that were written on the machine. */
  readonly sent: number;
  /** Files that were in place already. */
  readonly skipped: number;
  /** Content that went over the wire. */
  readonly bytes: number;
  /** Tells its files, build, command and variables from all others: hex SHA-256. */
  readonly version: string;
  /** What the last build said besides, warnings mostly; undefined when it said nothing, or there is none. */
  readonly buildSaid: string | undefined;
}

export interface DeployOptions {
  readonly events: EventSink;
  readonly signal: AbortSignal;
  /** Our Node for machines that have none; default: the one that runs this process, where machines could run it. */
  readonly runtime?: RuntimeSource | undefined;
  /** Names of the programs; default: all. */
  readonly only?: readonly string[] | undefined;
}

/**
 * Builds the programs of a lab on this host, puts them on their machines, all machines at once, and builds there those
 * that are built there. What is there
 * already is not sent again: with nothing to do it costs one round trip a machine. May be called at any time; a call
 * that was broken off is completed by the next.
 *
 * @throws {CheckError} when a build fails.
 * @throws {UsageError} when a file is missing or two have one name.
 * @throws {ConnectionError} when a machine is lost.
 * @throws {EnvironmentError} when a machine cannot take them: disk full, no right, a name taken, our Node does not run
 * there. Each file there is then the whole old or the whole new one.
 */
export async function deployPrograms(
  lab: Lab,
  shells: ReadonlyMap<string, Shell>,
  options: DeployOptions,
): Promise<ReadonlyMap<string, DeployedProgram>> {
  const programs = [...lab.programs.values()].filter(({ name }) => options.only?.includes(name) ?? true);
  const said = new Map(await buildPrograms(lab, programs, options));
  options.signal.throwIfAborted();
  if (programs.length === 0) return new Map();
  const hashFile = hashEachOnce();
  const wanted = await Promise.all(
    programs.map(async (program): Promise<WantedProgram> => {
      return {
        program,
        id: `${lab.name}/${program.name}`,
        entries: await programEntries(program, lab.folder, hashFile),
      };
    }),
  );
  const runtime = options.runtime ?? hostRuntime();
  const done = await inStep(
    options.events,
    say`put the programs there`,
    (progress) => deployAll(wanted, shells, { ...options, runtime, hashFile, machines: lab.machines, progress }),
    describe,
  );
  await buildAll(done, shells, said, options);
  const byName = new Map(done.map((result) => [result.wanted.program.name, result]));
  return new Map(programs.map((program) => [program.name, deployed(lab, byName.get(program.name)!, said)]));
}

async function deployAll(
  wanted: readonly WantedProgram[],
  shells: ReadonlyMap<string, Shell>,
  options: MachineOptions,
): Promise<MachineProgram[]> {
  const machines = Map.groupBy(wanted, ({ program }) => program.on);
  const results = await Promise.allSettled(
    [...machines].map(async ([machine, programs]) => deployToMachine(shellOf(machine, shells), programs, options)),
  );
  options.signal.throwIfAborted();
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0) throw oneError(errors, machines.size);
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

/** Builds what is to be built on its machine and is not yet; all machines at once, each one program after the other. */
async function buildAll(
  done: readonly MachineProgram[],
  shells: ReadonlyMap<string, Shell>,
  said: Map<string, string>,
  options: DeployOptions,
): Promise<void> {
  const machines = Map.groupBy(
    done.filter(({ wanted: { program } }) => program.buildOn !== undefined),
    ({ wanted }) => wanted.program.on,
  );
  const results = await Promise.allSettled(
    [...machines].map(async ([machine, builds]) => {
      for (const { wanted, built, nodeFolder } of builds) {
        const { program, id, entries } = wanted;
        const stamp = buildStamp(program, entries);
        const words =
          built === undefined
            ? await buildOnMachine(shellOf(machine, shells), { program, id, stamp, searchFolder: nodeFolder }, options)
            : built.said;
        if (words !== undefined && words !== '') said.set(program.name, words);
      }
    }),
  );
  options.signal.throwIfAborted();
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0) throw errors.find((error) => !(error instanceof LabError)) ?? errors[0];
}

function shellOf(machine: string, shells: ReadonlyMap<string, Shell>): Shell {
  const shell = shells.get(machine);
  if (shell === undefined) throw new Error(`no connection to ${machine} was given`);
  return shell;
}

/** The error itself when there is one; our own bugs before all others; else one that lists all. */
function oneError(errors: readonly unknown[], machineCount: number): unknown {
  const [first] = errors;
  const bug = errors.find((error) => !(error instanceof LabError));
  if (errors.length === 1 || bug !== undefined) return bug ?? first;
  return new EnvironmentError(say`the programs could not be put on ${errors.length} of ${machineCount} machines`, {
    code: 'deploy-failed',
    detail: errors.map(messageOf).join('\n'),
    hint: first instanceof LabError ? first.hint : undefined,
    cause: first,
  });
}

function describe(done: readonly MachineProgram[]): string {
  const sum = (field: 'sent' | 'skipped' | 'bytes'): number => done.reduce((total, result) => total + result[field], 0);
  if (sum('sent') === 0) return say`nothing changed`;
  const [files, bytes] = [counted(sum('sent'), 'file'), sayBytes(sum('bytes'))];
  return sum('skipped') === 0
    ? say`${files} written (${bytes} sent)`
    : say`${files} written (${bytes} sent), ${sum('skipped')} unchanged`;
}

function deployed(
  lab: Lab,
  { wanted: { program, entries }, sent, skipped, bytes, nodeFolder, searchPath }: MachineProgram,
  said: ReadonlyMap<string, string>,
): DeployedProgram {
  const path =
    nodeFolder === undefined ? [] : [['PATH', [nodeFolder, program.env.get('PATH') ?? searchPath].join(':')] as const];
  const env = new Map([...program.env, ...path]);
  return {
    program,
    folder: programFolder(lab.name, program.name),
    command: program.command,
    env,
    get version() {
      const whole = [buildStamp(program, entries), program.command, [...env]];
      return createHash('sha256').update(JSON.stringify(whole)).digest('hex');
    },
    sent,
    skipped,
    bytes,
    buildSaid: said.get(program.name),
  };
}

/** What the builds of these programs said, warnings mostly, as remarks for the record of a run. */
export function buildRemarks(programs: Iterable<DeployedProgram>): Extract<EventBody, { kind: 'notice' }>[] {
  return [...programs].flatMap(({ program, buildSaid }) =>
    buildSaid === undefined ? [] : [buildNotice([program.name], buildSaid)],
  );
}
