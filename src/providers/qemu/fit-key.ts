import { createHash } from 'node:crypto';
import type { Machine } from '../../lab/types.ts';
import type { Acceleration } from './process/acceleration.ts';
import type { Image } from './images/image-store.ts';
import type { LabPlan, MachinePlan, NetworkPlan } from './machine-plan.ts';
import { machineArguments } from './process/qemu-arguments.ts';

/** Of how machines are run, that which a saved state brings along itself. */
const anyAcceleration: Acceleration = { name: 'tcg', arguments: [], obstacle: undefined };

export interface Surroundings {
  /** Path and version of QEMU. */
  readonly emulator: string;
  /** Public halves of the keys that are inside of the machines, as far as they are known. */
  readonly keys: readonly string[];
  /** Whether the machines hold keys that open each other. */
  readonly peers: boolean;
}

/**
 * The same for two labs whose machines can resume each other's state: same images, sizes, cards, addresses, users, same
 * QEMU, same devices, same keys.
 */
export function fitKey(
  plan: LabPlan,
  images: ReadonlyMap<string, Image>,
  { emulator, keys, peers }: Surroundings,
): string {
  const given = { label: '', acceleration: anyAcceleration, stateFile: undefined };
  const devices = plan.machines.map((machine) =>
    machineArguments({ ...given, plan: machine, boot: images.get(machine.machine.name)?.boot }),
  );
  const facts = [
    emulator,
    ...[...plan.networks.values()].map(networkFacts),
    ...plan.machines.map((machine) => machineFacts(machine, plan)),
    ...devices,
    ...[...images.values()].map(({ identity, boot }) => [identity, boot]),
    ...keys,
    ...(peers ? ['peers'] : []),
  ];
  return createHash('sha256').update(JSON.stringify(facts, plainly)).digest('hex');
}

/** What older labs knew of a network comes first, and nothing else where it has no more: their saved states still fit. */
function networkFacts({ name, subnet, nat, reachesPrivate, slirp, ...more }: NetworkPlan): object {
  return { name, subnet, nat, reachesPrivate, ...slirp, ...more };
}

/** The way out is a route that older labs set without a word. */
function machineFacts({ routes, machine, ...plan }: MachinePlan, { networks }: LabPlan): object {
  const waysOut = new Set([...networks.values()].map(({ nat, slirp }) => (nat ? slirp?.gateway : undefined)));
  const more = routes.filter(({ to, via }) => to !== 'default' || !waysOut.has(via));
  return { machine: withoutOrigin(machine), ...plan, ...(more.length > 0 && { routes: more }) };
}

/** Whether the lab file names the user or leaves it to the default makes no other machine. */
function withoutOrigin({ isUserWritten: _ignored, ...machine }: Machine): Machine {
  return machine;
}

/** What JSON does not hold. */
function plainly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value;
}
