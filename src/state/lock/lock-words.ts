import { LockedError } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import type { LockHolder, Wreck } from './lock-file.ts';
import { currentProcess } from '../../host/process-identity.ts';
import { say } from '../../core/language/say.ts';

/** The error when the lab is locked. */
export function lockedBy(holder: LockHolder, path: string): LockedError {
  const elsewhere = holder.bootId !== currentProcess().bootId;
  const message = elsewhere
    ? say`another lab works on this lab: ${nameOf(holder)} on host ${holder.host}, since ${sinceOf(holder)}`
    : say`another lab works on this lab: ${nameOf(holder)}, since ${sinceOf(holder)}`;
  return new LockedError(message, {
    code: 'locked',
    hint: elsewhere
      ? say`Wait until it ends. If that host is gone, remove ${path}.`
      : say`Wait until it ends, or end it: kill ${holder.pid}`,
  });
}

/** Reports that a dead process's lock was taken over. */
export function describeTakeOver(dead: LockHolder | Wreck): string {
  return 'pid' in dead
    ? say`took over the lock of ${nameOf(dead)}, which started at ${sinceOf(dead)} and ended without cleaning up`
    : say`took over the lock of a command that ended without cleaning up`;
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
  const at = sameDay ? time : `${date} ${time}`;
  return say`${at} (${sayDuration(Math.max(0, Date.now() - started.getTime()))} ago)`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
