import { writtenPort } from '../../core/listen-port.ts';
import type { EventOf } from '../../core/event-listeners.ts';
import { listedHolder } from '../../core/port-holder.ts';
import { sanitize, sanitizeToLine } from '../../core/text/sanitize.ts';
import { Transcript } from '../../terminal/transcript.ts';
import { formatBinarySize } from '../../core/text/amounts.ts';

/** `exit 0`, `ended by signal TERM`: how a program or command ended. */
export function endText({
  exitCode,
  signal,
}: {
  readonly exitCode: number | undefined;
  readonly signal?: string | undefined;
}): string {
  if (exitCode !== undefined) return `exit ${exitCode}`;
  return signal === undefined ? 'ended, its status is unknown' : `ended by signal ${sanitize(signal)}`;
}

/** `port 7999: held by python3 (PID 4242, user ildvm1)`: what a port check found on a machine. */
export function portText({ state, holders, ...checked }: EventOf<'port-checked'>): string {
  const port = writtenPort(checked);
  if (state === 'free') return `port ${port}: free`;
  if (state === 'time-wait') return `port ${port}: free (old connections wait for their end, TIME_WAIT)`;
  if (holders.length === 0) return `port ${port}: in use, though nobody listens`;
  return `port ${port}: held by ${holders.map((holder) => listedHolder(holder)).join(', ')}`;
}

/** `port 7999: ended python3 (PID 4242, user ildvm1) with TERM`. */
export function freedText({ holders, signal, ...freed }: EventOf<'port-freed'>): string {
  return `port ${writtenPort(freed)}: ended ${holders.map((holder) => listedHolder(holder)).join(', ')} with ${signal}`;
}

/** `1.1 GiB of output are not stored`: what stands in a record in place of output. */
export function omittedText({ bytes }: EventOf<'output-omitted'>): string {
  return `${formatBinarySize(bytes)} of output are not stored`;
}

/** Harmless text in one line. */
export function oneLine(text: string): string {
  return sanitizeToLine(text).trim();
}

/** Lines of plain text of what a command printed. */
export function plainLines(output: string): string[] {
  const lines: string[] = [];
  const transcript = new Transcript({ onLine: (line) => lines.push(line) });
  transcript.write(output);
  transcript.finish();
  return lines;
}
