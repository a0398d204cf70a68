import type { PortReport } from './report.ts';

/** In words, what the TIME_WAIT rows of a report mean and why nothing is killed for them (RFC 9293, section 3.6.1); undefined when there are none. */
export function explainTimeWait({ port, machine, timeWait }: PortReport): string | undefined {
  if (timeWait.length === 0) return undefined;
  const [one] = timeWait;
  const what = timeWait.length === 1 && one !== undefined ? `One connection (${one.local} with ${one.peer})` : `${timeWait.length} connections`;
  const verb = timeWait.length === 1 ? 'is' : 'are';
  return (
    `${what} on port ${port} of ${machine} ended less than a minute ago and ${verb} in TIME_WAIT: this side closed first, so its kernel remembers the pair of ` +
    `addresses until no late segment can be mistaken for a new connection. No process holds the port, so there is nothing to kill. A server that sets ` +
    `SO_REUSEADDR (ours do) can listen at once; any other has to wait up to 60 s.`
  );
}
