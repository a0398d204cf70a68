import { DEFAULT_DISK_MIB, DEFAULT_OPEN_FILES, DEFAULT_PROCESSES, MOST_OPEN_FILES } from '../../../lab/defaults.ts';
import type { Lab, Machine } from '../../../lab/types.ts';
import * as op from './operations.ts';
import type { MachineAccount, Operation } from './operations.ts';
import { fixedProcessorsFilter } from './seccomp.ts';
import { Resource } from './syscalls.ts';

/** What a machine may take of the host, and how that is kept: decided before the plan is made. */
export interface MachineLimits {
  readonly diskMiB: number;
  readonly memoryMiB: number;
  /** Its files are part of its memory: the lab file bounds the memory and says nothing of the disk. */
  readonly filesAreMemory: boolean;
  /** Folders of the control groups that it is in; empty where this user may make none. */
  readonly groups: readonly string[];
  /** Whether lab itself has to look at the memory of its programs, because no group bounds just that. */
  readonly isWatched: boolean;
  /** Numbers of the processors that it runs on; undefined: all, or a group counts the time. */
  readonly processors: readonly number[] | undefined;
}

/** User IDs from here on are those of no system account and of no machine's user. */
const FIRST_ACCOUNT = 60_000;
/**
 * What a machine has beyond its limit, for lab's own sessions: one account alone stops at the limit, so these are left
 * when a program has taken all that it could.
 */
const RESERVED_PROCESSES = 64;

/** What the machine is for the kernel: of whom its processes are counted, and how many there may be. */
export function accountOf(machine: Machine, { machines }: Lab): MachineAccount {
  return {
    name: machine.name,
    account: FIRST_ACCOUNT + [...machines.keys()].indexOf(machine.name),
    processes: (machine.processes ?? DEFAULT_PROCESSES) + RESERVED_PROCESSES,
  };
}

/** Limits of the lab's side, before the machine is made. */
export function limitsFromOutside(name: string, limits: MachineLimits): Operation[] {
  return [
    ...limits.groups.map((folder) => op.controlGroup(name, folder)),
    ...op.when(limits.isWatched, op.watchMemory(name, limits.memoryMiB * BYTES_PER_MIB, limits.filesAreMemory)),
  ];
}

/** Limits that the kernel keeps for each process, whoever it is in the machine (getrlimit(2), sched_setaffinity(2)). */
export function processLimits(machine: Machine, { processors }: MachineLimits, pipesCores: boolean): Operation[] {
  const { processes = DEFAULT_PROCESSES, openFiles, fileSizeMiB } = machine;
  return [
    op.limit(Resource.processes, processes),
    op.limit(Resource.openFiles, openFiles ?? DEFAULT_OPEN_FILES, openFiles ?? MOST_OPEN_FILES),
    ...op.when(fileSizeMiB !== undefined, op.limit(Resource.fileSize, (fileSizeMiB ?? 0) * BYTES_PER_MIB)),
    ...op.when(pipesCores, op.limit(Resource.core, NO_CORE_IN_PIPE)),
    ...(processors === undefined
      ? []
      : [op.processors(processors), op.filterSystemCalls(fixedProcessorsFilter(process.arch))]),
  ];
}

const BYTES_PER_MIB = 1024 * 1024;
/**
 * A program of the host that takes cores gets them from machines, too, whatever the limit is, but for this one
 * (Documentation/admin-guide/sysctl/kernel.rst and fs/coredump.c). Bytes.
 */
const NO_CORE_IN_PIPE = 1;
/** Mean size of a file that still fits in number. Each takes a kilobyte of the kernel, whatever is in it. */
const BYTES_PER_INODE = 8192;

/** Options of the machine's tmpfs(5), on which all its own files lie, /dev/shm among them. */
export function fileSystemSize({ diskMiB }: MachineLimits): string {
  return `size=${diskMiB}m,nr_inodes=${Math.max(4096, (diskMiB * BYTES_PER_MIB) / BYTES_PER_INODE)}`;
}

/** Segments of shmget(2) belong to no process, and so to none that could be ended for them. Pages. */
export function sharedMemorySegments({ memoryMiB }: MachineLimits): Operation {
  return op.sysctl('kernel.shmall', memoryMiB * (BYTES_PER_MIB / BYTES_PER_PAGE));
}

/** On both architectures; with larger pages, which ARM64 may have, it is more. */
const BYTES_PER_PAGE = 4096;

/** Room for the machine's own files, where they have room of their own. MiB. */
export function diskMiBOf(machine: Machine): number {
  return machine.diskMiB ?? DEFAULT_DISK_MIB;
}
