import { say } from '../core/language/say.ts';
import type { RemoteProcess } from '../ssh/shell.ts';
import { readLogs, supervisorCommand, supervisorText, withoutPerl, type ServicePlace } from './supervise.ts';

/** One line of the log of a service. */
export interface LogLine {
  readonly service: string;
  readonly machine: string;
  /** By the clock of the machine; milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** What it printed, without its end, as it came. Undefined for what became of it. */
  readonly text: string | undefined;
  /** What became of it; undefined for what it printed. */
  readonly event: ServiceEvent | undefined;
}

/** What became of a service. */
export type ServiceEvent =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'gave-up'; readonly restarts: number }
  | { readonly kind: 'stopped' };

/** The end of the logs of these services: the last lines that fit into so many bytes of each, in the order of time. */
export async function serviceLog(
  place: ServicePlace,
  names: readonly string[],
  maxBytes: number = Infinity,
): Promise<LogLine[]> {
  const most = Math.min(maxBytes, 64 * 1024 * 1024);
  const lines = parseLines(await readLogs(place, names, most), place.shell.machine);
  return names.length > 1 ? lines.toSorted((a, b) => a.atMs - b.atMs) : lines;
}

/**
 * The end of these logs, and then what comes, until `place.signal` aborts or the connection is lost.
 *
 * @throws {EnvironmentError} `perl-missing`. @throws {ConnectionError}
 */
export async function* followLog(
  place: ServicePlace,
  names: readonly string[],
  maxBytes: number,
): AsyncGenerator<LogLine, void, undefined> {
  const { shell, signal } = place;
  const process = await shell.start(supervisorCommand(place, ['follow', String(maxBytes), ...names]), { signal });
  const errors = drain(process);
  // It ends with its input.
  const stop = (): void => process.end();
  signal.addEventListener('abort', stop, { once: true });
  process.exit.catch(() => undefined);
  await process.write(supervisorText());
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of process.output) {
      rest += decoder.decode(chunk, { stream: true });
      const end = rest.lastIndexOf('\n') + 1;
      yield* parseLines(rest.slice(0, end), shell.machine);
      rest = rest.slice(end);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    process.end();
  }
  await errors;
  if ((await process.exit).exitCode === 127) throw withoutPerl(shell.machine);
}

async function drain({ errors }: RemoteProcess): Promise<void> {
  for await (const _chunk of errors);
}

/** Lines `NAME tab MILLISECONDS KIND TEXT`; others are left out. */
function parseLines(text: string, machine: string): LogLine[] {
  return text.split('\n').flatMap((line): LogLine[] => {
    const [, service = '', at = '', kind, words = ''] = /^([^\t]+)\t(\d{1,15}) ([|!]) (.*)$/s.exec(line) ?? [];
    if (kind === undefined) return [];
    const event = kind === '!' ? parseEvent(words) : undefined;
    if (kind === '!' && event === undefined) return [];
    return [{ service, machine, atMs: Number(at), text: event === undefined ? words : undefined, event }];
  });
}

function parseEvent(words: string): ServiceEvent | undefined {
  const [kind, value = ''] = words.split(' ');
  if (kind === 'stopped') return { kind };
  if (kind === 'signal') return { kind: 'killed', signal: value };
  const number = Number(value);
  if (kind === 'start') return { kind: 'started', pid: number };
  if (kind === 'exit') return { kind: 'exited', exitCode: number };
  return kind === 'gave-up' ? { kind, restarts: number } : undefined;
}

/** What became of a service, in words that follow its name. */
export function eventWords(event: ServiceEvent): string {
  if (event.kind === 'started') return say`started (PID ${event.pid})`;
  if (event.kind === 'exited') return say`ended with exit code ${event.exitCode}`;
  if (event.kind === 'killed') return say`ended by signal ${event.signal}`;
  return event.kind === 'gave-up' ? say`lab gave up after ${event.restarts} restarts` : say`stopped`;
}
