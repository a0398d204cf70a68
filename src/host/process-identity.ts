import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../core/errors.ts';
import { hasEndedBy, statOf } from './processes.ts';

/** One process of one boot of one host: a PID alone is used again by others. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process; undefined where there is no `/proc`. */
  readonly startTime: string | undefined;
  /** Undefined where there is no `/proc`. */
  readonly bootId: string | undefined;
  readonly host: string;
}

/** The identity of this process. */
export function currentProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: statOf(process.pid)?.startTime,
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    host: hostname(),
  };
}

/**
 * Whether that process still runs. A zombie does not. A process of another host, which we cannot see through a shared
 * folder, is taken to run.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== readText('/proc/sys/kernel/random/boot_id')) return identity.host !== hostname();
  if (!exists(identity.pid)) return false;
  const stat = statOf(identity.pid);
  // Without `/proc`, or when another user's process is hidden (`hidepid` of proc(5)), the PID has to do.
  if (stat === undefined) return true;
  return stat.startTime === identity.startTime && !hasEndedBy(stat);
}

/** Names a process in the name of a file: the boot of its host, and its PID. */
export function tagOf({ bootId = '', pid }: ProcessIdentity): string {
  return `${bootId.slice(0, 8)}-${pid}`;
}

/**
 * Whether the process of a tag is certainly gone: it was of this boot of this host, and no process has its PID, or only
 * what waits to be reaped.
 */
export function hasEnded(tag: string): boolean {
  const pid = Number(tag.split('-')[1]);
  if (tag !== tagOf({ ...currentProcess(), pid })) return false;
  const stat = statOf(pid);
  return !exists(pid) || (stat !== undefined && hasEndedBy(stat));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
