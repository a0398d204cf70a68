import { createHash } from 'node:crypto';
import type { Machine } from '../../lab/types.ts';
import type { Acceleration } from './process/acceleration.ts';
import type { Image } from './images/image-store.ts';
import type { LabPlan } from './machine-plan.ts';
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
    ...plan.networks.values(),
    ...plan.machines.map((machine) => ({ ...machine, machine: withoutOrigin(machine.machine) })),
    ...devices,
    ...[...images.values()].map(({ identity, boot }) => [identity, boot]),
    ...keys,
    ...(peers ? ['peers'] : []),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Whether the lab file names the user or leaves it to the default makes no other machine. */
function withoutOrigin({ isUserWritten: _ignored, ...machine }: Machine): Machine {
  return machine;
}
