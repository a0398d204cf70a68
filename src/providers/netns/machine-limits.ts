import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Lab, Machine } from '../../lab/types.ts';
import { makeGroups, type ControlGroups, type GroupLimits } from './control-groups.ts';
import { diskMiBOf, type MachineLimits } from './plan/limits.ts';

/** What all machines together get of this host's memory where the lab file does not say it. */
const SHARED_PART = 0.75;
/** A share is never smaller: OpenSSH and an interpreter need as much. MiB. */
const LEAST_SHARE_MIB = 256;
const BYTES_PER_MIB = 1024 * 1024;

/** What this host can keep limits with. */
export interface LimitMeans {
  readonly groups: ControlGroups | undefined;
  /** Numbers of the processors that lab itself may use. */
  readonly processors: readonly number[];
  readonly totalMemoryMiB: number;
}

/** Asks this host, without groups: they are given. */
export function limitMeans(groups: ControlGroups | undefined): LimitMeans {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return { groups, processors: listed(allowed), totalMemoryMiB: Math.floor(totalmem() / BYTES_PER_MIB) };
}

/** `0-2,5`, as cpuset(7) writes it. */
function listed(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Memory that a machine may use, with or without its files. */
interface MemoryShare {
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly filesAreMemory: boolean;
}

function memoryShare(machine: Machine, machines: number, totalMiB: number): MemoryShare {
  const diskMiB = diskMiBOf(machine);
  if (machine.memoryMiB === undefined) {
    const memoryMiB = Math.max(LEAST_SHARE_MIB, Math.floor((totalMiB * SHARED_PART) / machines));
    return { memoryMiB, diskMiB, filesAreMemory: false };
  }
  const { memoryMiB } = machine;
  return machine.diskMiB === undefined
    ? { memoryMiB, diskMiB: Math.min(diskMiB, Math.max(1, Math.floor(memoryMiB / 2))), filesAreMemory: true }
    : { memoryMiB, diskMiB, filesAreMemory: false };
}

/**
 * How the limits of each machine are kept on this host. Makes the control groups; `removeGroups` takes them back.
 *
 * A group counts files that lie in memory as memory. Where they have room of their own, it bounds both together, and
 * lab looks at what is the programs'.
 */
export function keepLimits(lab: Lab, labId: string, means: LimitMeans): ReadonlyMap<string, MachineLimits> {
  const machines = [...lab.machines.values()];
  const shares = new Map(
    machines.map((machine) => [machine.name, memoryShare(machine, machines.length, means.totalMemoryMiB)]),
  );
  const groups = groupsOf(machines, shares, labId, means);
  return new Map(
    machines.map((machine, index) => {
      const share = shares.get(machine.name)!;
      const isBounded = means.groups?.memory !== undefined && (share.filesAreMemory || machine.memoryMiB === undefined);
      return [
        machine.name,
        {
          ...share,
          groups: groups.get(machine.name) ?? [],
          isWatched: !isBounded,
          processors: means.groups?.cpu === undefined ? processorsOf(machine, index, means.processors) : undefined,
        },
      ];
    }),
  );
}

function groupsOf(
  machines: readonly Machine[],
  shares: ReadonlyMap<string, MemoryShare>,
  labId: string,
  { groups }: LimitMeans,
): ReadonlyMap<string, readonly string[]> {
  if (!groups) return new Map();
  const limits = new Map<string, GroupLimits>(
    machines.map(({ name, cpus }) => {
      const { memoryMiB, diskMiB, filesAreMemory } = shares.get(name)!;
      return [name, { memoryBytes: (memoryMiB + (filesAreMemory ? 0 : diskMiB)) * BYTES_PER_MIB, cpus }];
    }),
  );
  return new Map(makeGroups(groups, labId, limits).map(({ machine, folders }) => [machine, folders]));
}

/** Neighbours get different ones, as far as there are enough. */
function processorsOf({ cpus }: Machine, index: number, allowed: readonly number[]): number[] | undefined {
  if (cpus === undefined || cpus >= allowed.length) return undefined;
  return Array.from({ length: cpus }, (_, each) => allowed[(index * cpus + each) % allowed.length]!);
}
