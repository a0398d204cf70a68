import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { rootCommand } from './local-user.ts';

/** One process of this host, identified so that a reused PID is never taken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot (field 22 of /proc/PID/stat, proc(5)). */
  readonly startTicks: number;
}

export interface ProcessStat {
  readonly state: string;
  readonly startTime: string;
}

/**
 * Arguments of every process that this user may look at (/proc/PID/cmdline); none on other systems than Linux, where no
 * provider makes machines of processes.
 *
 * @throws {EnvironmentError} when /proc is not mounted: what runs is then unknown, and not nothing.
 */
export function* processes(): Generator<{ readonly pid: number; readonly args: readonly string[] }> {
  if (process.platform !== 'linux') return;
  if (!existsSync('/proc/self/stat'))
    throw new EnvironmentError(say`/proc is not mounted on this host, and lab finds its machines there`, {
      code: 'no-proc',
      hint: say`Mount it: ${rootCommand('mount -t proc proc /proc')}`,
    });
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const args = readOrUndefined(`/proc/${name}/cmdline`)?.split('\0').slice(0, -1);
    if (args && args.length > 0) yield { pid: Number(name), args };
  }
}

/** The process as it is now; undefined when there is none, or only its remains wait to be reaped. */
export function identify(pid: number): ProcessId | undefined {
  const stat = statOf(pid);
  return stat === undefined || hasEndedBy(stat) ? undefined : { pid, startTicks: Number(stat.startTime) };
}

/**
 * Fields 3 (`state`) and 22 (`starttime`, in clock ticks since boot) of /proc/PID/stat, proc(5); undefined when it
 * cannot be read.
 */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readOrUndefined(`/proc/${pid}/stat`)?.trim();
  // Field 2 is a name in parentheses that may itself hold spaces and parentheses.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && { state: fields[0] ?? '', startTime: fields[19] ?? '' };
}

/** Whether only the remains of a process wait to be reaped. */
export function hasEndedBy({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}

export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** Real user ID of a process, from /proc/PID/status. */
export function ownerOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(readOrUndefined(`/proc/${pid}/status`) ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** PIDs of a process in each PID namespace it is in, outermost (ours) first: the NSpid line of /proc/PID/status. */
export function namespacePids(pid: number): number[] {
  const line = /^NSpid:\s+(.*)$/m.exec(readOrUndefined(`/proc/${pid}/status`) ?? '')?.[1];
  return line?.split(/\s+/).map(Number) ?? [];
}

/**
 * Where the file that a process holds open as `link` (`cwd`, `fd/2`) is now, also when it was moved since; undefined
 * when it was deleted, or may not be seen. A deleted file has no name left in any folder (proc(5)).
 */
export function pathNow(pid: number, link: string): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/${link}`);
    const [held, found] = [statSync(`/proc/${pid}/${link}`, { bigint: true }), statSync(path, { bigint: true })];
    return held.dev === found.dev && held.ino === found.ino ? path : undefined;
  } catch {
    return undefined;
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
