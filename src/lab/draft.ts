import { isPointToPoint, parseIPv4, parseSubnet, type Subnet } from '../core/ipv4.ts';
import { DEFAULT_IMAGE, DEFAULT_PROVIDER, DEFAULT_USER } from './defaults.ts';
import type { Path } from './problem.ts';
import { NetworkIndex } from './network-index.ts';
import { parsePattern } from './pattern.ts';
import { parseSizeMiB, subnetRule } from './fields/rules.ts';
import type { Pattern, ReportSettings, SshAccess } from './types.ts';
import type { YamlSource } from './yaml/yaml-source.ts';

/**
 * The lab as far as it can be read: short forms expanded, defaults filled in, wrong values left out. The checks that need more than one field run on
 * it, so that they run also when another field is wrong; without a problem it is all that a `Lab` needs.
 */
export interface Draft {
  readonly name: string | undefined;
  readonly provider: string;
  readonly networks: readonly DraftNetwork[];
  readonly networkIndex: NetworkIndex<DraftNetwork>;
  readonly machines: readonly DraftMachine[];
  readonly programs: readonly DraftProgram[];
  readonly scenarios: readonly { readonly name: string; readonly path: Path; readonly steps: readonly unknown[] }[];
  readonly ssh: 'peers' | undefined;
  /** As written. */
  readonly capture: boolean | undefined;
  readonly report: ReportSettings | undefined;
}

/** A value and where it stands in the file; for a default, where it would stand. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

export interface DraftNetwork {
  readonly name: string;
  readonly path: Path;
  readonly subnet: Placed<Subnet> | undefined;
  readonly gateway: (Placed<number> & { readonly isDefault: boolean }) | undefined;
  /** Why there is none: `gateway: false` is written, or none is written and the network has two addresses only. Undefined when there is one. */
  readonly gatewayOff: 'written' | 'point-to-point' | undefined;
  readonly nat: Placed<boolean>;
  readonly reachesPrivate: boolean;
}

export interface DraftMachine {
  readonly name: string;
  readonly path: Path;
  readonly image: string;
  readonly user: string;
  readonly isUserWritten: boolean;
  readonly interfaces: readonly DraftInterface[];
  /** Whether both `address` and `interfaces` are given. */
  readonly addressTwice: boolean;
  readonly memoryMiB: number | undefined;
  readonly cpus: number | undefined;
  readonly diskMiB: number | undefined;
  readonly sudo: boolean;
  readonly ssh: SshAccess | undefined;
}

export interface DraftInterface {
  readonly name: string;
  readonly path: Path;
  /** As written; undefined when it is left to the address. */
  readonly network: Placed<string> | undefined;
  readonly address: Placed<number> | undefined;
}

/** A file as it is written; `path` of the long form is where its text stands. */
export interface DraftFile extends Placed<string> {
  /** Whether it may lead out of the lab's folder. */
  readonly outside: boolean;
}

export interface DraftProgram {
  readonly name: string;
  readonly path: Path;
  readonly on: Placed<string> | undefined;
  readonly files: readonly DraftFile[];
  readonly command: readonly string[];
  readonly build: readonly string[] | undefined;
  readonly listens: readonly Placed<number>[];
  readonly busyPort: 'error' | 'free';
  readonly prompt: Pattern | undefined;
  readonly env: ReadonlyMap<string, string>;
}

export function draftLab(source: YamlSource): Draft {
  const lab = fieldsOf(source.data);
  const provider = lab['provider'];
  const networks = entriesOf(lab['networks']).map(([name, value]) => draftNetwork(name, value));
  return {
    name: textOf(lab['name']),
    provider: textOf(provider) ?? DEFAULT_PROVIDER,
    networks,
    networkIndex: new NetworkIndex(networks),
    machines: entriesOf(lab['machines']).map(([name, value]) => draftMachine(name, value)),
    programs: entriesOf(lab['programs']).map(([name, value]) => draftProgram(name, value, source)),
    scenarios: entriesOf(lab['scenarios']).map(([name, value]) => ({
      name,
      path: ['scenarios', name],
      steps: listOf(value),
    })),
    ssh: lab['ssh'] === 'peers' ? 'peers' : undefined,
    capture: typeof lab['capture'] === 'boolean' ? lab['capture'] : undefined,
    report: lab['report'] === undefined ? undefined : draftReport(fieldsOf(lab['report'])),
  };
}

/** The network of an interface: the one that is written, else the only one whose subnet holds the address. */
export function networkOf({ networkIndex }: Draft, { network, address }: DraftInterface): DraftNetwork | undefined {
  if (network) return networkIndex.named(network.value);
  const holding = address ? networkIndex.holding(address.value) : [];
  return holding.length === 1 ? holding[0] : undefined;
}

function draftNetwork(name: string, value: unknown): DraftNetwork {
  const path = ['networks', name];
  const short = typeof value === 'string';
  const fields = fieldsOf(value);
  const subnetPath = short ? path : [...path, 'subnet'];
  const subnetText = textOf(short ? value : fields['subnet']);
  const subnet =
    subnetText !== undefined && subnetRule(subnetText) === undefined
      ? placed(parseSubnet(subnetText), subnetPath)
      : undefined;
  const gateway = draftGateway(fields['gateway'], subnet, [...path, 'gateway']);
  const gatewayOff = noGateway(fields['gateway'], subnet);
  const written = fields['nat'];
  const nat = typeof written === 'boolean' ? written : written !== undefined || gatewayOff === undefined;
  return {
    name,
    path,
    subnet,
    gateway,
    gatewayOff,
    nat: { value: nat, path: [...path, 'nat'] },
    reachesPrivate: fieldsOf(written)['private'] === true,
  };
}

function noGateway(written: unknown, subnet: Placed<Subnet> | undefined): DraftNetwork['gatewayOff'] {
  if (written === false) return 'written';
  return written === undefined && subnet !== undefined && isPointToPoint(subnet.value) ? 'point-to-point' : undefined;
}

/** Written or, by default, the first address of the subnet; a point-to-point subnet has none to spare. */
function draftGateway(written: unknown, subnet: Placed<Subnet> | undefined, path: Path): DraftNetwork['gateway'] {
  const byDefault = subnet && !isPointToPoint(subnet.value) ? subnet.value.network + 1 : undefined;
  const address = written === undefined ? byDefault : addressOf(written);
  return address === undefined ? undefined : { value: address, path, isDefault: written === undefined };
}

function draftMachine(name: string, value: unknown): DraftMachine {
  const path = ['machines', name];
  const fields = fieldsOf(value);
  const short =
    fields['address'] === undefined ? [] : [draftInterface('eth0', fields['address'], [...path, 'address'])];
  const long = entriesOf(fields['interfaces']).map(([name, value]) =>
    draftInterface(name, value, [...path, 'interfaces', name]),
  );
  return {
    name,
    path,
    image: textOf(fields['image']) ?? DEFAULT_IMAGE,
    user: textOf(fields['user']) ?? DEFAULT_USER,
    isUserWritten: fields['user'] !== undefined,
    interfaces: fields['interfaces'] === undefined ? short : long,
    addressTwice: fields['address'] !== undefined && fields['interfaces'] !== undefined,
    memoryMiB: parseSizeMiB(textOf(fields['memory']) ?? ''),
    cpus: numberOf(fields['cpus']),
    diskMiB: parseSizeMiB(textOf(fields['disk']) ?? ''),
    sudo: fields['sudo'] !== false,
    ssh: fields['ssh'] === undefined ? undefined : draftSsh(fieldsOf(fields['ssh'])),
  };
}

function draftInterface(name: string, value: unknown, path: Path): DraftInterface {
  if (typeof value === 'string') return { name, path, network: undefined, address: placed(addressOf(value), path) };
  const fields = fieldsOf(value);
  const network = placed(textOf(fields['network']), [...path, 'network']);
  return { name, path, network, address: placed(addressOf(fields['address']), [...path, 'address']) };
}

function draftSsh(fields: Readonly<Record<string, unknown>>): SshAccess {
  return {
    host: textOf(fields['host']),
    port: numberOf(fields['port']),
    user: textOf(fields['user']),
    key: textOf(fields['key']),
  };
}

function draftProgram(name: string, value: unknown, source: YamlSource): DraftProgram {
  const path = ['programs', name];
  const fields = fieldsOf(value);
  return {
    name,
    path,
    on: placed(textOf(fields['on']), [...path, 'on']),
    files: listOf(fields['files']).flatMap((file, index) => draftFile(file, [...path, 'files', index])),
    command: wordsAt([...path, 'command'], fields['command'], source),
    build: fields['build'] === undefined ? undefined : wordsAt([...path, 'build'], fields['build'], source),
    listens: draftPorts(fields['listens'], [...path, 'listens']),
    busyPort: fields['ports'] === 'free' ? 'free' : 'error',
    prompt: draftPrompt(fields['prompt'], source.spanOf([...path, 'prompt']).line),
    env: new Map(entriesOf(fields['env']).map(([key]) => [key, source.textAt([...path, 'env', key]) ?? ''])),
  };
}

function draftFile(file: unknown, path: Path): DraftFile[] {
  if (typeof file === 'string') return [{ value: file, path, outside: false }];
  const { path: written, outside } = fieldsOf(file);
  return typeof written === 'string' ? [{ value: written, path: [...path, 'path'], outside: outside === true }] : [];
}

function draftReport({ author, group, course, lang }: Readonly<Record<string, unknown>>): ReportSettings {
  const authors = (Array.isArray(author) ? (author as unknown[]) : [author])
    .map(textOf)
    .filter((name) => name !== undefined);
  return {
    authors,
    group: textOf(group),
    course: textOf(course),
    language: lang === 'en' || lang === 'fr' ? lang : undefined,
  };
}

function draftPorts(value: unknown, path: Path): Placed<number>[] {
  if (isPort(value)) return [{ value, path }];
  return listOf(value).flatMap((port, index) => (isPort(port) ? [{ value: port, path: [...path, index] }] : []));
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

function draftPrompt(value: unknown, line: number): Pattern | undefined {
  const pattern = typeof value === 'string' ? parsePattern(value) : undefined;
  if (pattern === undefined || 'problem' in pattern) return undefined;
  return 'regex' in pattern ? { ...pattern, line } : pattern;
}

/** Words as they stand in the file: `7999` and `1.0` are what a program gets, not the numbers that they mean. */
function wordsAt(path: Path, value: unknown, source: YamlSource): string[] {
  return listOf(value).map((_, index) => source.textAt([...path, index]) ?? '');
}

function placed<T>(value: T | undefined, path: Path): Placed<T> | undefined {
  return value === undefined ? undefined : { value, path };
}

function addressOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseIPv4(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
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
