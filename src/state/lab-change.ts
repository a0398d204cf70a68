import { createHash } from 'node:crypto';
import { quoteCommand } from '../core/text/shell-quote.ts';
import { formatSubnet } from '../core/ipv4.ts';
import { formatSubnet6 } from '../core/ipv6.ts';
import { DEFAULT_USER } from '../lab/defaults.ts';
import type { Interface, Lab, Machine, Network } from '../lab/types.ts';
import type { LabState } from './lab-state.ts';
import { machineFields, networkFields, storeMachine, storeNetwork } from './stored-lab.ts';
import { say } from '../core/language/say.ts';

/**
 * Hex SHA-256 of the part of a lab that running machines depend on: provider, networks, machines, keys between them.
 * Their order in the file does not matter.
 */
export function labFingerprint({ provider, networks, machines, ssh }: Lab): string {
  const part = {
    provider,
    ...(ssh && { ssh }),
    networks: byName(networks.values()).map(storeNetwork),
    machines: byName(machines.values()).map(storeMachine),
  };
  return createHash('sha256').update(JSON.stringify(part)).digest('hex');
}

/** Whether the machines that run are those that the file describes now: the fingerprints agree, or nothing differs. */
export function isUnchanged(running: LabState, lab: Lab): boolean {
  return running.fingerprint === labFingerprint(lab) || describeChange(running, lab).length === 0;
}

/**
 * What differs between the lab that runs and the lab as the file describes it now, one sentence each: `vm2: address
 * 192.168.100.5 → 192.168.100.6`. Empty when the fingerprints agree.
 */
export function describeChange(running: LabState, lab: Lab): string[] {
  return [
    ...valueChange(say`provider`, running.provider, lab.provider),
    ...valueChange('ssh', running.ssh, lab.ssh),
    ...listChange(running.networks, byName(lab.networks.values()), say`network`, networkChange),
    ...listChange(running.machines, byName(lab.machines.values()), say`machine`, machineChange),
  ];
}

interface Named {
  readonly name: string;
}

function listChange<T extends Named>(
  old: readonly T[],
  now: readonly T[],
  what: string,
  compare: (old: T, now: T) => string[],
): string[] {
  const oldNames = new Map(old.map((item) => [item.name, item]));
  const nowNames = new Set(now.map((item) => item.name));
  return [
    ...old.filter(({ name }) => !nowNames.has(name)).map(({ name }) => say`${name}: ${what} removed`),
    ...now.flatMap((item) => {
      const before = oldNames.get(item.name);
      return before === undefined
        ? [say`${item.name}: ${what} added`]
        : compare(before, item).map((sentence) => say`${item.name}: ${sentence}`);
    }),
  ];
}

/** How a sentence speaks of a field. */
interface Words {
  /** Default: the name of the field. */
  readonly label?: string;
  readonly unit?: string;
  /** What it means when the field is not there. */
  readonly absent?: boolean;
}

const words: Readonly<Record<string, Words>> = {
  memoryMiB: { label: 'memory', unit: 'MiB' },
  diskMiB: { label: 'disk', unit: 'MiB' },
  openFiles: { label: 'open-files' },
  fileSizeMiB: { label: 'file-size', unit: 'MiB' },
  sudo: { absent: true },
  hostFolders: { label: 'host-folders' },
  reachesPrivate: { label: 'nat private', absent: false },
  nat6: { absent: false },
  advertise: { label: 'router-advertisement', absent: false },
  forward: { absent: false },
};

function networkChange(old: Network, now: Network): string[] {
  return fieldChanges(Object.keys(networkFields), networkAsSaid(old), networkAsSaid(now));
}

function networkAsSaid({ subnet, subnet6, dns, between, ...network }: Network): Values {
  return {
    ...network,
    subnet: subnet && formatSubnet(subnet),
    subnet6: subnet6 && formatSubnet6(subnet6),
    dns: dns && Object.fromEntries([...dns].map(([name, addresses]) => [name, addresses.join(', ')])),
    between: between?.join(', '),
  };
}

function machineChange(old: Machine, now: Machine): string[] {
  return [
    ...interfacesChange(old.interfaces, now.interfaces),
    ...fieldChanges(Object.keys(machineFields), machineAsSaid(old, now), machineAsSaid(now)),
  ];
}

/** Without the interfaces, which have sentences of their own. */
function machineAsSaid({ interfaces: _interfaces, isUserWritten, ...machine }: Machine, now = machine): Values {
  // The default that is written is another account than the default that is not, where accounts exist already.
  const user = machine.user === DEFAULT_USER && !isUserWritten ? say`not written (${DEFAULT_USER})` : machine.user;
  const hostFolders = machine.hostFolders?.join(', ');
  const packages = machine.packages?.join(', ');
  const setup = machine.setup?.map(quoteCommand).join(', ');
  // An older lab wrote down an image for machines that are made from none, too.
  const image = now.image && machine.image;
  const routes = machine.routes?.map(({ to, via }) => say`${to} via ${via}`).join(', ');
  const sysctls = machine.sysctls && Object.fromEntries(machine.sysctls);
  return {
    ...machine,
    image,
    user,
    hostFolders,
    packages,
    setup,
    routes,
    sysctls,
    ssh: machine.ssh && { ...machine.ssh },
  };
}

/** `fields` in the order in which they are named; those of a part such as `ssh` are named with it: `ssh host`. */
function fieldChanges(fields: readonly string[], old: Values, now: Values, part = ''): string[] {
  return fields.flatMap((field) => {
    const { label = field, unit, absent } = words[field] ?? {};
    const [before = absent, after = absent] = [old[field], now[field]];
    if (typeof before !== 'object' && typeof after !== 'object')
      return valueChange(`${part}${label}`, before, after, unit);
    const [inBefore, inAfter] = [before, after].map((value) => (typeof value === 'object' ? value : {}));
    return fieldChanges(Object.keys({ ...inBefore, ...inAfter }), inBefore!, inAfter!, `${label} `);
  });
}

function interfacesChange(old: readonly Interface[], now: readonly Interface[]): string[] {
  const several = old.length > 1 || now.length > 1;
  const changes = listChange(old, now, say`interface`, (before, after) => [
    ...valueChange(say`address`, before.address, after.address),
    ...valueChange('address6', before.address6, after.address6),
    ...valueChange(say`network`, before.network, after.network),
    ...valueChange('mac', before.mac, after.mac),
    ...valueChange('mtu', before.mtu, after.mtu),
  ]);
  // With one interface on both sides its name is of no use: `address … → …`, not `eth0: address … → …`.
  const sameNames = old.every(({ name }) => now.some((other) => other.name === name)) && old.length === now.length;
  if (sameNames && changes.length === 0 && old.some(({ name }, index) => now[index]?.name !== name))
    return [say`order of the interfaces changed`];
  return several || !sameNames ? changes : changes.map((sentence) => sentence.slice(sentence.indexOf(': ') + 2));
}

type Value = string | number | boolean | undefined;
type Values = Readonly<Record<string, Value | Readonly<Record<string, Value>>>>;

function valueChange(what: string, old: Value, now: Value, unit?: string): string[] {
  return old === now ? [] : [`${what} ${show(old, unit)} → ${show(now, unit)}`];
}

function show(value: Value, unit: string | undefined): string {
  if (value === undefined) return say`none`;
  if (typeof value === 'boolean') return value ? say`on` : say`off`;
  return unit === undefined ? String(value) : `${value} ${unit}`;
}

/** By code units, the same on every host; `localeCompare` is not. */
function byName<T extends Named>(items: Iterable<T>): T[] {
  return [...items].toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
