import {
  count,
  list,
  name,
  object,
  objectOf,
  oneOf,
  optional,
  port,
  text,
  time,
  truth,
  type Shape,
} from '../core/json/shape.ts';
import type { LabState } from './lab-state.ts';
import type { StoredMachine, StoredNetwork } from './stored-lab.ts';

/** A state as it lies in `state.json`. */
export interface StoredState extends Omit<LabState, 'networks' | 'machines'> {
  readonly networks: readonly StoredNetwork[];
  readonly machines: readonly StoredMachine[];
}

const network = object<StoredNetwork>({ name: text, subnet: text, gateway: optional(text), nat: truth });

const machine = object<StoredMachine>({
  name,
  image: text,
  user: text,
  isUserWritten: optional(oneOf(true)),
  interfaces: list(object({ name: text, network: text, address: text })),
  memoryMiB: optional(count),
  cpus: optional(count),
  diskMiB: optional(count),
  sudo: optional(oneOf(false)),
  ssh: optional(object({ host: optional(text), port: optional(port), user: optional(text), key: optional(text) })),
});

/** Parsed JSON as a stored state, every field with its type. */
export const storedState: Shape<StoredState> = object<StoredState>({
  schemaVersion: oneOf(1),
  labId: name,
  uid: optional(count),
  ssh: optional(oneOf('peers')),
  name,
  provider: name,
  createdAt: time,
  fingerprint: text,
  networks: list(network),
  machines: list(machine),
  programs: list(object({ name, on: name, listens: list(port) })),
  providerState: objectOf,
});
