import { statfsSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { Image } from './images/image-store.ts';
import type { LabPlan } from './machine-plan.ts';
import type { DiskFacts } from './process/qemu-tools.ts';

/** What this host can give now. */
export interface HostResources {
  readonly memoryMiB: number;
  readonly processors: number;
  /** On the disk of the `.lab` folder. */
  readonly diskMiB: number;
}

const BYTES_PER_MIB = 2 ** 20;
/** What QEMU itself needs for a machine in addition to the machine's own memory, mostly translated code. */
const OVERHEAD_MIB = 192;
/** What a machine writes when it starts and keeps when it is saved, in addition to its memory. */
const WRITTEN_MIB = 256;

/** Of /proc/meminfo, which counts what caches would give back. */
export function hostResources(folder: string): HostResources {
  const { bavail, bsize } = statfsSync(folder);
  return {
    memoryMiB: availableMemoryMiB(),
    processors: availableParallelism(),
    diskMiB: Math.floor((bavail * bsize) / BYTES_PER_MIB),
  };
}

function availableMemoryMiB(): number {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kib !== undefined) return Math.floor(Number(kib) / 1024);
  } catch {
    // Not Linux.
  }
  return Math.floor(freemem() / BYTES_PER_MIB);
}

/** Makes sure that the machines fit, before any is started. @throws {EnvironmentError} with all that does not. */
export function requireResources(plan: LabPlan, host: HostResources): void {
  const machines = plan.machines.map(({ machine, memoryMiB }) => say`${machine.name} ${memoryMiB} MiB`).join(', ');
  const memory = plan.machines.reduce((sum, { memoryMiB }) => sum + memoryMiB + OVERHEAD_MIB, 0);
  const disk = plan.machines.reduce((sum, { memoryMiB }) => sum + memoryMiB + WRITTEN_MIB, 0);
  const tooWide = plan.machines
    .filter(({ cpus }) => cpus > host.processors)
    .map(({ machine, cpus }) => say`${machine.name} wants ${cpus} processors, this host has ${host.processors}`);
  const faults = [
    ...(memory > host.memoryMiB
      ? [
          say`the machines need ${memory} MiB of memory (${machines}, and ${OVERHEAD_MIB} MiB each for QEMU), ${host.memoryMiB} MiB are free`,
        ]
      : []),
    ...tooWide,
    ...(disk > host.diskMiB
      ? [say`the machines need ${disk} MiB on the disk of .lab, ${host.diskMiB} MiB are free`]
      : []),
  ];
  if (faults.length === 0) return;
  throw new EnvironmentError(say`this host is too small for the lab: ${inOneLine(faults)}`, {
    code: 'host-too-small',
    hint: say`Give the machines less (memory, cpus in lab.yaml), end other programs, or use --provider netns, which needs next to nothing.`,
  });
}

/**
 * A disk that is cut below its image would lose the end of its file systems.
 *
 * @throws {UsageError} with all that are.
 */
export function requireRoom(
  { machines }: LabPlan,
  images: ReadonlyMap<string, Image>,
  disks: ReadonlyMap<string, DiskFacts>,
): void {
  const faults = machines.flatMap(({ machine: { name, image, diskMiB } }) => {
    const leastMiB = Math.ceil((disks.get(images.get(name)!.disk)?.sizeBytes ?? 0) / BYTES_PER_MIB);
    return diskMiB !== undefined && diskMiB < leastMiB
      ? [say`${name} has a disk of ${diskMiB} MiB, its image ${image ?? ''} one of ${leastMiB} MiB`]
      : [];
  });
  if (faults.length === 0) return;
  const hint = say`Change "disk" in lab.yaml, or leave it out. A disk takes no more room on this host than what is written to it.`;
  throw new UsageError(say`a disk cannot be smaller than that of its image: ${inOneLine(faults)}`, {
    code: 'disk-too-small',
    hint,
  });
}

function inOneLine(faults: readonly string[]): string {
  return faults.reduce((all, fault) => say`${all}; ${fault}`);
}
