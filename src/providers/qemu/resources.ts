import { statfsSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { EnvironmentError } from '../../core/errors.ts';
import type { LabPlan } from './plan.ts';

/** What this host can give now. */
export interface HostResources {
  readonly memoryMiB: number;
  readonly processors: number;
  /** On the disk of the `.lab` folder. */
  readonly diskMiB: number;
}

const bytesPerMiB = 2 ** 20;
/** What QEMU itself needs for a machine beside the machine's own memory, mostly translated code. */
const overheadMiB = 192;
/** What a machine writes when it starts and keeps when it is saved, beside its memory. */
const writtenMiB = 256;

/** Of /proc/meminfo, which counts what caches would give back. */
export function hostResources(folder: string): HostResources {
  const { bavail, bsize } = statfsSync(folder);
  return { memoryMiB: availableMemoryMiB(), processors: availableParallelism(), diskMiB: Math.floor((bavail * bsize) / bytesPerMiB) };
}

function availableMemoryMiB(): number {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kib !== undefined) return Math.floor(Number(kib) / 1024);
  } catch {
    // Not Linux.
  }
  return Math.floor(freemem() / bytesPerMiB);
}

/** Makes sure that the machines fit, before any is started. @throws {EnvironmentError} with all that does not. */
export function requireResources(plan: LabPlan, host: HostResources): void {
  const machines = plan.machines.map(({ machine, memoryMiB }) => `${machine.name} ${memoryMiB} MiB`).join(', ');
  const memory = plan.machines.reduce((sum, { memoryMiB }) => sum + memoryMiB + overheadMiB, 0);
  const disk = plan.machines.reduce((sum, { memoryMiB }) => sum + memoryMiB + writtenMiB, 0);
  const tooWide = plan.machines.filter(({ cpus }) => cpus > host.processors).map(({ machine, cpus }) => `${machine.name} wants ${cpus} processors, this host has ${host.processors}`);
  const faults = [
    ...(memory > host.memoryMiB ? [`the machines need ${memory} MiB of memory (${machines}, and ${overheadMiB} MiB each for QEMU), ${host.memoryMiB} MiB are free`] : []),
    ...tooWide,
    ...(disk > host.diskMiB ? [`the machines need ${disk} MiB on the disk of .lab, ${host.diskMiB} MiB are free`] : []),
  ];
  if (faults.length === 0) return;
  throw new EnvironmentError(`this host is too small for the lab: ${faults.join('; ')}`, { code: 'host-too-small', hint: 'Give the machines less (memory, cpus in lab.yaml), end other programs, or use --provider netns, which needs next to nothing.' });
}
