import type { PortHolder } from '../../core/events.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import { sanitize } from '../../core/text/sanitize.ts';

/** `python3 server.py (PID 4242, user ildvm1, since 14:03:10, 12 s ago, on 0.0.0.0:7999)`; what the machine would not tell is left out. */
export function describeHolder(
  { command, pid, user, startedAtMs, address, port }: PortHolder,
  nowMs = Date.now(),
): string {
  const facts = [
    pid === undefined ? 'PID hidden from this user' : `PID ${pid}`,
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(startedAtMs === undefined
      ? []
      : [`since ${clock(startedAtMs)}, ${formatDuration(Math.max(0, nowMs - startedAtMs))} ago`]),
    `on ${address.includes(':') ? `[${address}]` : address}:${port}`,
  ];
  return sanitize(`${command ?? 'a process'} (${facts.join(', ')})`);
}

/** `14:03:10`, with its day when that is not today's. */
function clock(ms: number): string {
  const moment = new Date(ms);
  const time = moment.toLocaleTimeString('en-GB');
  return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString('en-CA')} ${time}`;
}
