import { writtenPort } from '../../core/listen-port.ts';
import type { EventOf } from '../../core/event-listeners.ts';
import { say } from '../../core/language/say.ts';
import { holderWordsOfUser, listedHolder } from '../../core/port-holder.ts';
import { sanitize } from '../../core/text/sanitize.ts';

/*
 * What happened, as the terminal shows it. The same stands in the files of a run (`report/run/words.ts`), which are
 * English for everybody, so that they can be made again from the events and compared.
 */

/** `exit 0`, `ended by signal TERM`: how a program or command ended. */
export function shownEnd({
  exitCode,
  signal,
}: {
  readonly exitCode: number | undefined;
  readonly signal?: string | undefined;
}): string {
  if (exitCode !== undefined) return say`exit ${exitCode}`;
  return signal === undefined ? say`ended, its status is unknown` : say`ended by signal ${sanitize(signal)}`;
}

/** `port 7999: held by python3 (PID 4242, user ildvm1)`: what a port check found on a machine. */
export function shownPort({ state, holders, ...checked }: EventOf<'port-checked'>): string {
  const port = writtenPort(checked);
  if (state === 'free') return say`port ${port}: free`;
  if (state === 'time-wait') return say`port ${port}: free (old connections wait for their end, TIME_WAIT)`;
  if (holders.length === 0) return say`port ${port}: in use, though nobody listens`;
  return say`port ${port}: held by ${holders.map((holder) => listedHolder(holder, { words: holderWordsOfUser() })).join(', ')}`;
}

/** `port 7999: ended python3 (PID 4242, user ildvm1) with TERM`. */
export function shownFreed({ holders, signal, ...freed }: EventOf<'port-freed'>): string {
  const port = writtenPort(freed);
  return say`port ${port}: ended ${holders.map((holder) => listedHolder(holder, { words: holderWordsOfUser() })).join(', ')} with ${signal}`;
}
