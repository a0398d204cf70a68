import { isPointToPoint } from '../core/ipv4.ts';
import type { ListenPort } from '../core/listen-port.ts';
import { busyPortChoices, DEFAULT_PROVIDER, DEFAULT_USER, hostFolderChoices } from './defaults.ts';
import type {
  Draft,
  DraftFile,
  DraftInterface,
  DraftMachine,
  DraftNetwork,
  DraftProgram,
  DraftScenario,
  Placed,
} from './draft.ts';
import {
  labFields,
  machine,
  machineInterface,
  network,
  program,
  programPort,
  rightFields,
  scenarioOptions,
  type RightFields,
} from './fields/fields.ts';
import { NetworkIndex } from './network-index.ts';
import type { Path } from './problem.ts';
import type { Machine } from './types.ts';
import type { LabTree } from './compose/lab-tree.ts';

const labSettings = labFields.pick({
  name: true,
  provider: true,
  ssh: true,
  capture: true,
  report: true,
  runs: true,
}).shape;
const machineSettings = machine.omit({ address: true, interfaces: true }).shape;
const programSettings = program.pick({ on: true, ports: true, prompt: true, encoding: true }).shape;
const scenarioSettings = scenarioOptions.pick({ default: true }).shape;

/** What can be read of a lab file. */
export function readDraft(source: LabTree): Draft {
  const lab = fieldsOf(source.data);
  const { name, provider = DEFAULT_PROVIDER, ssh, capture, report, runs } = rightFields(labSettings, lab);
  const networks = entriesOf(lab['networks']).map(([name, value]) => draftNetwork(name, value));
  return {
    name,
    provider,
    networks,
    networkIndex: new NetworkIndex(networks),
    machines: entriesOf(lab['machines']).map(([name, value]) => draftMachine(name, value, source)),
    programs: entriesOf(lab['programs']).map(([name, value]) => draftProgram(name, value, source)),
    scenarios: entriesOf(lab['scenarios']).map(([name, value]) => draftScenario(name, value)),
    ssh,
    capture,
    report,
    runs,
  };
}

function draftNetwork(name: string, value: unknown): DraftNetwork {
  const path = ['networks', name];
  const isShort = typeof value === 'string';
  const given = isShort ? { subnet: value } : fieldsOf(value);
  const { nat, ...right } = rightFields(network.shape, given);
  const subnet = placed(right.subnet, isShort ? path : [...path, 'subnet']);
  const isGatewayWritten = given['gateway'] !== undefined;
  const isPair = subnet !== undefined && isPointToPoint(subnet.value);
  // By default the first address of the subnet; a point-to-point subnet has none to spare.
  const byDefault = subnet === undefined || isPair ? undefined : subnet.value.network + 1;
  const gateway = right.gateway === false ? undefined : isGatewayWritten ? right.gateway : byDefault;
  const gatewayOff = right.gateway === false ? 'written' : isPair && !isGatewayWritten ? 'point-to-point' : undefined;
  // Whatever is written in place of `true` is most likely meant as that.
  const hasNat = given['nat'] === undefined ? gatewayOff === undefined : nat !== false;
  return {
    name,
    path,
    subnet,
    gateway:
      gateway === undefined ? undefined : { value: gateway, path: [...path, 'gateway'], isDefault: !isGatewayWritten },
    gatewayOff,
    nat: { value: hasNat, path: [...path, 'nat'] },
    reachesPrivate: typeof nat === 'object' && nat.private,
  };
}

function draftMachine(name: string, value: unknown, source: LabTree): DraftMachine {
  const path = ['machines', name];
  const { address, interfaces } = fieldsOf(value);
  const short = address === undefined ? [] : [draftInterface('eth0', address, [...path, 'address'])];
  const long = entriesOf(interfaces).map(([name, value]) => draftInterface(name, value, [...path, 'interfaces', name]));
  return {
    path,
    machine: {
      ...machineOf(name, rightFields(machineSettings, fieldsOf(value))),
      ...draftSetup(fieldsOf(value)['setup'], [...path, 'setup'], source),
    },
    interfaces: interfaces === undefined ? short : long,
    addressTwice: address !== undefined && interfaces !== undefined,
  };
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
    ...(hostFolders !== undefined &&
      hostFolders.length > 0 && { hostFolders: hostFolderChoices.filter((folder) => hostFolders.includes(folder)) }),
    ...(packages.length > 0 && { packages: [...new Set(packages)].toSorted() }),
  };
}

function draftSetup(value: unknown, path: Path, source: LabTree): Pick<Machine, 'setup'> {
  if (!Array.isArray(value) || value.length === 0) return {};
  return { setup: value.map((command, index) => wordsAt([...path, index], command, source)) };
}

function draftInterface(name: string, value: unknown, path: Path): DraftInterface {
  const isShort = typeof value === 'string';
  const { network, address } = rightFields(machineInterface.shape, isShort ? { address: value } : fieldsOf(value));
  return {
    name,
    path,
    network: placed(network, [...path, 'network']),
    address: placed(address, isShort ? path : [...path, 'address']),
  };
}

function draftProgram(name: string, value: unknown, source: LabTree): DraftProgram {
  const path = ['programs', name];
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

function placed<T>(value: T | undefined, path: Path): Placed<T> | undefined {
  return value === undefined ? undefined : { value, path };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(fieldsOf(value));
}
