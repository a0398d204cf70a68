import {
  count,
  list,
  name,
  object,
  objectOf,
  oneOf,
  optional,
  port,
  record,
  ShapeError,
  storedPort,
  text,
  time,
  truth,
  type FieldsOf,
  type Shape,
} from '../core/json/shape.ts';
import { formatSubnet, parseSubnet, type Subnet } from '../core/ipv4.ts';
import { listenPort, writtenPort, type ListenPort } from '../core/listen-port.ts';
import { formatSubnet6, parseSubnet6, type Subnet6 } from '../core/ipv6.ts';
import { DEFAULT_USER } from '../lab/defaults.ts';
import type { Interface, Machine, Network, Publication, Route } from '../lab/types.ts';
import type { LabState } from './lab-state.ts';

/**
 * How a lab lies in `state.json`: as it is in memory, but for what `storeNetwork` and `storeMachine` say. A field
 * that has no row here does not compile; one that has is stored, part of the fingerprint, and named when it changes.
 */

const subnet: Shape<Subnet> = (value, where) => {
  const parsed = parseSubnet(text(value, where));
  if (parsed === undefined) throw new ShapeError(where, 'a subnet', value);
  return parsed;
};

const subnet6: Shape<Subnet6> = (value, where) => {
  const parsed = parseSubnet6(text(value, where));
  if (parsed === undefined) throw new ShapeError(where, 'a subnet', value);
  return parsed;
};

/** A map of texts or of lists is an object in JSON. */
function mapOf<T>(item: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return (value, where) => new Map(Object.entries(record(item)(value, where)));
}

const ends: Shape<readonly [string, string]> = (value, where) => {
  const [first, second, ...more] = list(text)(value, where);
  if (first === undefined || second === undefined || more.length > 0) throw new ShapeError(where, 'a pair', value);
  return [first, second];
};

/** The fields of a network, in the order in which they are stored. */
export const networkFields: FieldsOf<Network> = {
  name: text,
  subnet: optional(subnet),
  gateway: optional(text),
  nat: truth,
  reachesPrivate: optional(oneOf(true)),
  subnet6: optional(subnet6),
  gateway6: optional(text),
  nat6: optional(oneOf(true)),
  advertise: optional(oneOf(true)),
  mtu: optional(count),
  dns: optional(mapOf(list(text))),
  between: optional(ends),
};

const gateway: Shape<string | false> = (value, where) => (value === false ? value : text(value, where));

/** The fields of a machine, in the order in which they are stored. */
export const machineFields: FieldsOf<Machine> = {
  name,
  image: optional(text),
  user: text,
  isUserWritten: optional(oneOf(true)),
  interfaces: list(
    object<Interface>({
      name: text,
      network: text,
      address: optional(text),
      address6: optional(text),
      mac: optional(text),
      mtu: optional(count),
    }),
  ),
  memoryMiB: optional(count),
  cpus: optional(count),
  diskMiB: optional(count),
  processes: optional(count),
  openFiles: optional(count),
  fileSizeMiB: optional(count),
  sudo: optional(oneOf(false)),
  hostFolders: optional(list(text)),
  packages: optional(list(text)),
  setup: optional(list(list(text))),
  forward: optional(oneOf(true)),
  routes: optional(list(object<Route>({ to: text, via: text }))),
  gateway: optional(gateway),
  sysctls: optional(mapOf(text)),
  ssh: optional(
    object({
      host: optional(text),
      port: optional(port),
      user: optional(text),
      key: optional(text),
      install: optional(truth),
    }),
  ),
};

const storedMachine = object<Machine>(machineFields);

/** A machine as it was before it was stored. */
const machine: Shape<Machine> = (value, where) => {
  const stored = storedMachine(value, where);
  return stored.user === DEFAULT_USER ? stored : { ...stored, isUserWritten: true };
};

const storedListenPort: Shape<ListenPort> = (value, where) => listenPort(storedPort(value, where));

/** The fields of a state, in the order in which they are stored. */
const stateFields: FieldsOf<LabState> = {
  schemaVersion: oneOf(1),
  labId: name,
  name,
  provider: name,
  uid: optional(count),
  labVersion: optional(text),
  createdAt: time,
  fingerprint: text,
  networks: list(object<Network>(networkFields)),
  machines: list(machine),
  ssh: optional(oneOf('peers')),
  programs: list(object({ name, on: name, listens: list(storedListenPort) })),
  published: optional(
    list(object<Publication>({ machine: name, port, hostPort: port, address: optional(oneOf('127.0.0.1', '::1')) })),
  ),
  providerState: objectOf,
};

/** Parsed JSON as a state, every field with its type. */
export const storedState: Shape<LabState> = object<LabState>(stateFields);

/** Plain JSON of a state; the order of fields is always the same, so equal states have the same text. */
export function storeState(state: LabState): object {
  const [networks, machines] = [state.networks.map(storeNetwork), state.machines.map(storeMachine)];
  const programs = state.programs.map(({ name, on, listens }) => ({ name, on, listens: listens.map(writtenPort) }));
  return inOrder(stateFields, { ...state, networks, machines, programs });
}

/** Plain JSON of a network, its subnet in CIDR notation; the order of fields is always the same. */
export function storeNetwork(network: Network): object {
  const { subnet: own, subnet6: own6, dns } = network;
  return inOrder(networkFields, {
    ...network,
    subnet: own && formatSubnet(own),
    subnet6: own6 && formatSubnet6(own6),
    dns: dns && Object.fromEntries(dns),
  });
}

/** Plain JSON of a machine; the order of fields is always the same. */
export function storeMachine(machine: Machine): object {
  // In all other cases `user` itself shows it; states of an older lab do not have this field.
  return inOrder(machineFields, {
    ...machine,
    sysctls: machine.sysctls && Object.fromEntries(machine.sysctls),
    isUserWritten: machine.user === DEFAULT_USER ? machine.isUserWritten : undefined,
  });
}

function inOrder(fields: object, value: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, value[field]]));
}
