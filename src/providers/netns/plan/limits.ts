import { DEFAULT_DISK_MIB, DEFAULT_OPEN_FILES, DEFAULT_PROCESSES, MOST_OPEN_FILES } from '../../../lab/defaults.ts';
import type { Lab, Machine } from '../../../lab/types.ts';
import * as op from './operations.ts';
import type { MachineAccount, Operation } from './operations.ts';
import { Resource } from './syscalls.ts';

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

/** Limits that the kernel keeps for each process, whoever it is in the machine (getrlimit(2)). */
export function processLimits({ processes = DEFAULT_PROCESSES, openFiles, fileSizeMiB }: Machine): Operation[] {
  return [
    op.limit(Resource.processes, processes),
    op.limit(Resource.openFiles, openFiles ?? DEFAULT_OPEN_FILES, openFiles ?? MOST_OPEN_FILES),
    ...op.when(fileSizeMiB !== undefined, op.limit(Resource.fileSize, (fileSizeMiB ?? 0) * BYTES_PER_MIB)),
  ];
}

const BYTES_PER_MIB = 1024 * 1024;
/** Mean size of a file that still fits in number. Each takes a kilobyte of the kernel, whatever is in it. */
const BYTES_PER_INODE = 8192;

/** Options of the machine's tmpfs(5), on which all its own files lie, /dev/shm among them. */
export function fileSystemSize(machine: Machine): string {
  const sizeMiB = diskMiB(machine);
  return `size=${sizeMiB}m,nr_inodes=${Math.max(4096, (sizeMiB * BYTES_PER_MIB) / BYTES_PER_INODE)}`;
}

/** Room for the machine's own files. MiB. */
export function diskMiB(machine: Machine): number {
  return machine.diskMiB ?? DEFAULT_DISK_MIB;
}
