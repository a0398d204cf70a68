import { writtenPort } from '../core/listen-port.ts';
import { basename } from 'node:path';
import { createHash } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import type { EventSink } from '../core/events.ts';
import type { DescribedProgram, LabDescription, MachineFacts, MachineSystem } from '../core/lab-description.ts';
import { readOrdinary } from '../core/files/ordinary-file.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { gatewaysOf, subnetsOf } from '../lab/addresses.ts';
import type { Lab, Program } from '../lab/types.ts';
import type { Stage } from '../scenario/stage.ts';
import { sharesOf } from '../report/run/output-limit.ts';
import type { RunFolder } from '../state/runs/run-folder.ts';
import { keepSources } from './keep-sources.ts';

export interface DescribeOptions {
  readonly folder: RunFolder;
  /** What each machine runs, by its name. */
  readonly systems: ReadonlyMap<string, MachineSystem>;
  /** What may be stored for each program. */
  readonly maxOutputBytes: number;
}

/**
 * Describes what is run, and keeps the sources of its programs in the run folder, so that a report can be made from
 * that folder alone. Never fails for the sake of a report: what cannot be read is left out.
 */
export async function describeLab(
  lab: Lab,
  roles: readonly string[],
  { folder, systems, maxOutputBytes }: DescribeOptions,
): Promise<LabDescription> {
  const {
    provider,
    report = { authors: [], group: undefined, course: undefined, language: undefined },
    networks,
    machines,
  } = lab;
  const programs = await Promise.all(
    roles.map((role) => describeProgram(lab, lab.programs.get(role)!, folder, sharesOf(maxOutputBytes).sources)),
  );
  return {
    version: packageJson.version,
    provider,
    report,
    networks: [...networks.values()].map((network) => ({
      name: network.name,
      subnet: subnetsOf(network).join(', '),
      gateway: gatewaysOf(network).join(', ') || undefined,
      nat: network.nat,
    })),
    machines: [...machines.values()].map(({ name, user, forward, interfaces }) => {
      const { image, system } = systems.get(name) ?? {};
      const ports = interfaces.map(({ name: port, network, address, address6 }) => ({
        name: port,
        network,
        address,
        address6,
      }));
      return { name, image, system, user, forward, interfaces: ports };
    }),
    programs,
    ...(lab.params && { params: valuesOf(lab.params) }),
    labFile: await hashOf(lab.file),
  };
}

function valuesOf(params: NonNullable<Lab['params']>): Readonly<Record<string, string>> {
  return Object.fromEntries([...params].map(([name, { value }]) => [name, value ?? '']));
}

async function describeProgram(
  lab: Lab,
  program: Program,
  folder: RunFolder,
  mostBytes: number,
): Promise<DescribedProgram> {
  const { name, on, command, build, buildOn, listens } = program;
  const sources = await keepSources(lab, program, folder, mostBytes);
  return { name, on, command, build, buildOn, listens: listens.map(writtenPort), ...sources };
}

/** No larger one is read as a lab file. */
const LARGEST_LAB_FILE = 16 * 1024 * 1024;

async function hashOf(file: string): Promise<LabDescription['labFile']> {
  const content = await readOrdinary(file, LARGEST_LAB_FILE).catch(() => undefined);
  return content && { name: basename(file), sha256: createHash('sha256').update(content).digest('hex') };
}

/**
 * Interpreters that print their version at once and do nothing else then; a student's own program might start when it
 * is asked.
 */
const runtimes: ReadonlySet<string> = new Set([
  'node',
  'python3',
  'python',
  'perl',
  'ruby',
  'php',
  'bash',
  'java',
  'lua',
  'deno',
  'bun',
]);

const factsScript = scriptFile(new URL('machine-facts.sh', import.meta.url));
const FACTS_TIMEOUT_MS = 10_000;

/**
 * Asks each machine of the stage what it runs, and reports each answer as it arrives. Nothing is decided by this, so a
 * machine that does not answer is passed over.
 */
export async function describeMachines({ shells, programs, lab, signal }: Stage, events: EventSink): Promise<void> {
  await Promise.all(
    [...shells.values()].map(async (shell) => {
      const asked = [...programs].filter(
        ([role, { command }]) => lab.programs.get(role)?.on === shell.machine && runtimes.has(command[0] ?? ''),
      );
      const args = asked.flatMap(([role, { command, env }]) => [
        role,
        command[0]!,
        env.get('PATH') ?? '/usr/local/bin',
      ]);
      const answer = await shell
        .exec({ script: factsScript(), args }, { timeoutMs: FACTS_TIMEOUT_MS, signal })
        .catch(() => undefined);
      if (answer !== undefined)
        await events.emit({ kind: 'machine-described', machine: shell.machine, facts: parseFacts(answer.stdout) });
    }),
  );
}

function parseFacts(output: string): MachineFacts {
  const words = output
    .split('\n')
    .map((line) => /^(\w+) (.+)$/.exec(line))
    .filter((match) => match !== null);
  const valueOf = (word: string): string | undefined => words.find(([, key]) => key === word)?.[2];
  const runtimes = words
    .filter(([, key]) => key === 'runtime')
    .map(([, , value = '']) => value.split(' ', 1).concat(value.slice(value.indexOf(' ') + 1)) as [string, string]);
  return { system: valueOf('system'), kernel: valueOf('kernel'), runtimes: Object.fromEntries(runtimes) };
}
