import type { PortHolder } from '../../core/lab-description.ts';
import { holderWordsOfUser, listedHolder } from '../../core/port-holder.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';

/** `python3 server.py (PID 4242, user ildvm1, since 14:03:10, 12 s ago, on 0.0.0.0:7999)`. */
export function holderWithStart(holder: PortHolder, nowMs = Date.now()): string {
  const { startedAtMs, address, port } = holder;
  const since =
    startedAtMs === undefined
      ? []
      : [say`since ${clock(startedAtMs)}, ${sayDuration(Math.max(0, nowMs - startedAtMs))} ago`];
  const where = say`on ${address.includes(':') ? `[${address}]` : address}:${port}`;
  return listedHolder(holder, {
    hiddenPid: say`PID hidden from this user`,
    more: [...since, where],
    words: holderWordsOfUser(),
  });
}

/** `14:03:10`, with its day when that is not today's. */
function clock(ms: number): string {
  const moment = new Date(ms);
  const time = moment.toLocaleTimeString('en-GB');
  return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString('en-CA')} ${time}`;
}
