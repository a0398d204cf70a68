import { LockedError } from '../../core/errors.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import type { LockHolder, Wreck } from './lock-file.ts';
import { currentProcess } from '../../host/process-identity.ts';

/** The error when the lab is locked. */
export function lockedBy(holder: LockHolder, path: string): LockedError {
  const elsewhere = holder.bootId !== currentProcess().bootId;
  const where = elsewhere ? ` on host ${holder.host}` : '';
  return new LockedError(`another lab works on this lab: ${nameOf(holder)}${where}, since ${sinceOf(holder)}`, {
    code: 'locked',
    hint: elsewhere
      ? `Wait until it ends. If that host is gone, remove ${path}.`
      : `Wait until it ends, or end it: kill ${holder.pid}`,
  });
}

/** Reports that a dead process's lock was taken over. */
export function describeTakeOver(dead: LockHolder | Wreck): string {
  const who = 'pid' in dead ? `${nameOf(dead)}, which started at ${sinceOf(dead)} and ended` : 'a command that ended';
  return `took over the lock of ${who} without cleaning up`;
}

function nameOf({ command, pid }: LockHolder): string {
  return `"${command}" (PID ${pid})`;
}

/** `14:03:05 (12 s ago)` in local time, with the date when it was not today. */
function sinceOf({ since }: LockHolder): string {
  const started = new Date(since);
  const time = [started.getHours(), started.getMinutes(), started.getSeconds()].map(twoDigits).join(':');
  const date = [started.getFullYear(), started.getMonth() + 1, started.getDate()].map(twoDigits).join('-');
  const sameDay = started.toDateString() === new Date().toDateString();
  return `${sameDay ? time : `${date} ${time}`} (${formatDuration(Math.max(0, Date.now() - started.getTime()))} ago)`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
