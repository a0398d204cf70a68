import type { ListenPort } from '../core/listen-port.ts';
import { busyPortChoices, DEFAULT_PROVIDER, DEFAULT_USER, hostFolderChoices, restartChoices } from './defaults.ts';
import {
  networkOf,
  type Draft,
  type DraftFile,
  type DraftMachine,
  type DraftNetwork,
  type DraftProgram,
  type DraftRoute,
  type DraftScenario,
  type Placed,
} from './draft.ts';
import {
  labFields,
  machine,
  program,
  programPort,
  published,
  rightFields,
  scenarioOptions,
  service,
  type RightFields,
} from './fields/fields.ts';
import { sysctlRule } from './fields/network-rules.ts';
import { NetworkIndex } from './network-index.ts';
import { entriesOf, fieldsOf, listOf, placed, textsAt } from './plain-data.ts';
import type { Path } from './problem.ts';
import { draftInterfaces, withLinks, type KnownNetworks } from './read-interfaces.ts';
import { draftLinks, draftNetwork, withGatewayMachines } from './read-networks.ts';
import type { Machine, WrittenPublication } from './types.ts';
import type { LabTree } from './compose/lab-tree.ts';

const labSettings = labFields.pick({
  name: true,
  provider: true,
  ssh: true,
  capture: true,
  report: true,
  runs: true,
}).shape;
const machineSettings = machine.omit({
  address: true,
  interfaces: true,
  routes: true,
  sysctls: true,
  publish: true,
}).shape;
const programSettings = program.pick({ on: true, ports: true, prompt: true, encoding: true }).shape;
const serviceSettings = service.pick({ restart: true }).shape;
const scenarioSettings = scenarioOptions.pick({ default: true }).shape;

/** What can be read of a lab file. */
export function readDraft(source: LabTree): Draft {
  const lab = fieldsOf(source.data);
  const { name, provider = DEFAULT_PROVIDER, ssh, capture, report, runs } = rightFields(labSettings, lab);
  const { networks, links, networkIndex, machines } = readWiring(lab, source);
  return {
    name,
    provider,
    networks,
    links,
    networkIndex,
    machines,
    programs: [
      ...entriesOf(lab['programs']).map(([name, value]) => draftProgram(['programs', name], value, source)),
      ...entriesOf(lab['services']).map(([name, value]) => draftService(['services', name], value, source)),
    ],
    scenarios: entriesOf(lab['scenarios']).map(([name, value]) => draftScenario(name, value)),
    ssh,
    capture,
    report,
    runs,
  };
}

/** What is joined to what. Which networks there are, says which interfaces there are, and these say who is a gateway. */
function readWiring(
  lab: Readonly<Record<string, unknown>>,
  source: LabTree,
): Pick<Draft, 'networks' | 'links' | 'networkIndex' | 'machines'> {
  const written = entriesOf(lab['networks']).map(([name, value]) => draftNetwork(name, value));
  const { networks: ofLinks, links } = draftLinks(lab['links'], written);
  const all: readonly DraftNetwork[] = [...written, ...ofLinks];
  const networkIndex = new NetworkIndex(all);
  const known: KnownNetworks = { networkIndex, only: written.length === 1 ? written[0]!.name : undefined };
  const alone = entriesOf(lab['machines']).map(([name, value]) => draftMachine(name, value, { source, known }));
  const machines = withLinks(alone, links, { networkIndex });
  const networks = withGatewayMachines(all, machines, (port) => networkOf({ networkIndex }, port));
  return { networks, links, machines, networkIndex: networks === all ? networkIndex : new NetworkIndex(networks) };
}

interface MachineSource {
  readonly source: LabTree;
  readonly known: KnownNetworks;
}

function draftMachine(name: string, value: unknown, { source, known }: MachineSource): DraftMachine {
  const path = ['machines', name];
  const given = fieldsOf(value);
  const right = rightFields(machineSettings, given);
  return {
    path,
    machine: {
      ...machineOf(name, right),
      ...draftSetup(given['setup'], [...path, 'setup'], source),
      ...draftSysctls(given['sysctls'], [...path, 'sysctls'], source),
    },
    interfaces: draftInterfaces(given, path, known),
    addressTwice: given['address'] !== undefined && given['interfaces'] !== undefined,
    routes: given['routes'] === 'auto' ? 'auto' : draftRoutes(given['routes'], [...path, 'routes']),
    gateway: right.gateway === false ? undefined : placed(right.gateway, [...path, 'gateway']),
    published: draftPublished(given['publish'], [...path, 'publish']),
  };
}

function draftRoutes(value: unknown, path: Path): DraftRoute[] {
  return listOf(value).map((item, index) => {
    const at = [...path, index];
    const { to, via } = fieldsOf(item);
    const [[where], [next]] = [textsAt(to, [...at, 'to']), textsAt(via, [...at, 'via'])];
    return { path: at, to: where, via: next };
  });
}

/** With dots, and the values as they stand in the file: `1.0` is not `1`. */
function draftSysctls(value: unknown, path: Path, source: LabTree): Pick<Machine, 'sysctls'> {
  const names = entriesOf(value)
    .map(([name]) => name)
    .filter((name) => sysctlRule(name) === undefined);
  if (names.length === 0) return {};
  return {
    sysctls: new Map(
      names.map((name) => [name.replaceAll('/', '.'), switchText(source.textAt([...path, name]) ?? '')] as const),
    ),
  };
}

/** The kernel knows numbers where people write `true`. */
function switchText(text: string): string {
  return { true: '1', false: '0' }[text] ?? text;
}

function draftPublished(value: unknown, path: Path): Placed<WrittenPublication>[] {
  const listed = Array.isArray(value)
    ? value.map((item: unknown, index) => ({ item, path: [...path, index] }))
    : [{ item: value, path }];
  return listed.flatMap(({ item, path: at }) => placed(published.safeParse(item).data, at) ?? []);
}

/** A field that has another name here, or a default, has a line; all others are taken as they are. */
function machineOf(
  name: string,
  {
    image,
    user,
    memory,
    disk,
    processes,
    'open-files': openFiles,
    'file-size': fileSize,
    sudo,
    'host-folders': hostFolders,
    packages = [],
    setup: _setup,
    forward,
    gateway,
    ...others
  }: RightFields<typeof machineSettings>,
): Machine {
  return {
    name,
    ...(image !== undefined && { image }),
    user: user ?? DEFAULT_USER,
    ...(user !== undefined && { isUserWritten: true }),
    interfaces: [],
    memoryMiB: memory,
    ...others,
    diskMiB: disk,
    ...(processes !== undefined && { processes }),
    ...(openFiles !== undefined && { openFiles }),
    ...(fileSize !== undefined && { fileSizeMiB: fileSize }),
    ...(sudo === false && { sudo }),
    ...(forward === true && { forward }),
    ...(gateway !== undefined && { gateway }),
    ...(hostFolders !== undefined &&
      hostFolders.length > 0 && { hostFolders: hostFolderChoices.filter((folder) => hostFolders.includes(folder)) }),
    ...(packages.length > 0 && { packages: [...new Set(packages)].toSorted() }),
  };
}

function draftSetup(value: unknown, path: Path, source: LabTree): Pick<Machine, 'setup'> {
  if (!Array.isArray(value) || value.length === 0) return {};
  return { setup: value.map((command, index) => wordsAt([...path, index], command, source)) };
}

/** A service is a program that nobody types to. */
function draftService(path: readonly [string, string], value: unknown, source: LabTree): DraftProgram {
  const { restart = restartChoices[0] } = rightFields(serviceSettings, fieldsOf(value));
  const { program: found, ...draft } = draftProgram(path, value, source);
  return { ...draft, program: { ...found, service: { restart } } };
}

function draftProgram(path: readonly [string, string], value: unknown, source: LabTree): DraftProgram {
  const [, name] = path;
  const given = fieldsOf(value);
  const { on, ports, prompt, encoding } = rightFields(programSettings, given);
  // A list or a pattern that is left was wrong.
  const machineName = typeof on === 'string' ? on : undefined;
  const build = draftBuild(given['build'], [...path, 'build'], source);
  const listens = draftPorts(given['listens'], [...path, 'listens']);
  return {
    path,
    program: {
      name,
      on: machineName ?? '',
      files: [],
      outside: undefined,
      command: wordsAt([...path, 'command'], given['command'], source),
      build: build?.command,
      ...(build?.onMachine && { buildOn: machineName ?? '' }),
      listens: listens.map(({ value: one }) => one),
      busyPort: ports ?? busyPortChoices[0],
      prompt: prompt && 'regex' in prompt ? { ...prompt, line: source.spanOf([...path, 'prompt']).line } : prompt,
      ...(encoding === 'latin1' && { encoding }),
      env: new Map(entriesOf(given['env']).map(([key]) => [key, source.textAt([...path, 'env', key]) ?? ''])),
    },
    on: placed(machineName, [...path, 'on']),
    buildOn: build?.on,
    files: listOf(given['files']).flatMap((file, index) => draftFile(file, [...path, 'files', index])),
    listens,
  };
}

interface DraftBuild {
  readonly command: readonly string[];
  readonly onMachine: boolean;
  /** The machine, where it is named. */
  readonly on: Placed<string> | undefined;
}

/** A list of words is for this host, a map for the machine of the program. */
function draftBuild(value: unknown, path: Path, source: LabTree): DraftBuild | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return { command: wordsAt(path, value, source), onMachine: false, on: undefined };
  const { on, command } = fieldsOf(value);
  return {
    command: wordsAt([...path, 'command'], command, source),
    onMachine: true,
    on: typeof on === 'string' ? { value: on, path: [...path, 'on'] } : undefined,
  };
}

function draftScenario(name: string, value: unknown): DraftScenario {
  const path = ['scenarios', name];
  if (Array.isArray(value)) return { name, path, steps: value, stepsPath: undefined, isDefault: undefined };
  const given = fieldsOf(value);
  const { default: isDefault } = rightFields(scenarioSettings, given);
  return {
    name,
    path,
    steps: listOf(given['steps']),
    stepsPath: [...path, 'steps'],
    isDefault: isDefault === true ? { value: true, path: [...path, 'default'] } : undefined,
  };
}

function draftFile(file: unknown, path: Path): DraftFile[] {
  if (typeof file === 'string') return [{ value: file, path, outside: false }];
  const { path: written, outside } = fieldsOf(file);
  return typeof written === 'string' ? [{ value: written, path: [...path, 'path'], outside: outside === true }] : [];
}

function draftPorts(value: unknown, path: Path): Placed<ListenPort>[] {
  const listed = Array.isArray(value)
    ? value.map((item: unknown, index) => ({ item, path: [...path, index] }))
    : [{ item: value, path }];
  return listed.flatMap(({ item, path: at }) => {
    const { port: written, later } = fieldsOf(item);
    const one = programPort.safeParse(written ?? item).data;
    return one === undefined ? [] : [{ value: { ...one, ...(later === true && { later }) }, path: at }];
  });
}

/** Words as they stand in the file: `7999` and `1.0` are what a program gets, not the numbers that they mean. */
function wordsAt(path: Path, value: unknown, source: LabTree): string[] {
  return listOf(value).map((_, index) => source.textAt([...path, index]) ?? '');
}
