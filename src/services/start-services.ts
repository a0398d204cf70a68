import { CheckError, TimeoutError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { sayDuration } from '../core/language/amounts.ts';
import { say } from '../core/language/say.ts';
import { portText, type ListenPort } from '../core/listen-port.ts';
import { describeHolder } from '../core/port-holder.ts';
import { sanitize } from '../core/text/sanitize.ts';
import { retryUntil, type Attempt } from '../core/time/retry.ts';
import type { Program, ServiceTerms } from '../lab/types.ts';
import { freePort } from '../ports/free-port.ts';
import { inspectPort, isListening } from '../ports/inspect-port.ts';
import { isKept, type ServiceFacts } from './service-facts.ts';
import { eventWords, serviceLog } from './service-log.ts';
import { lookAtServices, startService, stopServices, type ProgramThere, type ServicePlace } from './supervise.ts';

/** As long as a step `start` waits. */
const READY_MS = 15_000;
const LOOK_EACH_MS = 60;
/** A service that opens no port is ready when it has run for so long. */
const SETTLED_MS = 300;
/** Lines of its log that a message shows, and bytes that are read for them. */
const LAST_WORDS = 12;
const LAST_BYTES = 4096;

/** A service, or a program that is started like one. */
export interface ServiceToStart {
  readonly deployed: ProgramThere;
  readonly terms: ServiceTerms;
}

export interface StartOptions {
  readonly events: EventSink;
  /** How many times as long as on this host a program takes there. */
  readonly slowness?: number | undefined;
  /** Called before it is started for the first time: what is made is written down before. */
  readonly note: () => Promise<void>;
}

/**
 * What was done: `kept` was running, with the same files and command; `done`: started, and it has ended by itself with
 * exit code 0, as a service without a port may.
 */
export type StartAction = 'started' | 'restarted' | 'kept' | 'done';

/**
 * Starts a service, unless it runs with the same files and command, and waits until it is ready: it listens on its
 * ports, or without one it has begun. Readiness is a row in the socket table, never a connection.
 *
 * @throws {CheckError} `service-not-ready` with its last words, when it ends or its time is over; `port-busy` when
 * another process has its port.
 */
export async function bringServiceUp(
  place: ServicePlace,
  { deployed, terms }: ServiceToStart,
  options: StartOptions,
): Promise<StartAction> {
  const { program } = deployed;
  const version = `${deployed.version} ${terms.restart}`;
  const [found] = await lookAtServices(place, [program.name]);
  const runs = found !== undefined && isKept(found);
  const isSame = runs && found.version === version;
  if (!isSame) {
    if (runs) await stopServices(place, [program.name]);
    await requirePorts(place, program, options.events);
    await options.note();
    await startService(place, deployed, { terms, version });
  }
  // One that runs on has had its time to settle.
  const end = await waitUntilReady(place, { program, terms, settledMs: isSame ? 0 : SETTLED_MS }, options);
  if (end === 'done') return 'done';
  return isSame ? 'kept' : runs ? 'restarted' : 'started';
}

/** @throws {CheckError} `port-busy` when another process has a port of the service, and may keep it. */
async function requirePorts({ shell, signal }: ServicePlace, program: Program, events: EventSink): Promise<void> {
  for (const { port: number, protocol } of program.listens) {
    const report = await inspectPort(shell, number, { signal, depth: 'table', protocol });
    const port = portText({ port: number, protocol });
    if (report.holders.length === 0) continue;
    if (program.busyPort === 'free') await freePort(shell, report, { signal, events });
    else
      throw new CheckError(
        say`port ${port} of ${shell.machine}, which service "${program.name}" needs, is held by ${report.holders.map(describeHolder).join(', ')}`,
        {
          code: 'port-busy',
          hint: say`Free it with "lab check-port ${port} --on ${shell.machine} --kill", or write "ports: free" in services.${program.name}. Then: lab up`,
        },
      );
  }
}

interface Awaited {
  readonly program: Program;
  readonly terms: ServiceTerms;
  readonly settledMs: number;
}

async function waitUntilReady(
  place: ServicePlace,
  awaited: Awaited,
  { slowness = 1 }: Pick<StartOptions, 'slowness'>,
): Promise<'ready' | 'done'> {
  const { program } = awaited;
  const limitMs = READY_MS * slowness;
  let steady: { readonly pid: number | undefined; readonly sinceMs: number } | undefined;
  const ports = program.listens.filter(({ later }) => later !== true);
  const look = async (): Promise<Attempt<'ready' | 'done'>> => {
    const [facts] = await lookAtServices(place, [program.name]);
    if (facts === undefined || !isKept(facts)) {
      if (isDone(facts, awaited, ports)) return { value: 'done' };
      throw await notReady(place, program, endOf(facts));
    }
    const silent = await firstSilent(place, ports);
    if (silent !== undefined) return { seen: silent };
    // One that ends again and again is another process each time.
    if (steady === undefined || steady.pid !== facts.pid) steady = { pid: facts.pid, sinceMs: performance.now() };
    const hasSettled = facts.phase === 'running' && performance.now() - steady.sinceMs >= awaited.settledMs;
    return ports.length > 0 || hasSettled ? { value: 'ready' } : { seen: '' };
  };
  try {
    return await retryUntil(look, {
      what: program.name,
      timeoutMs: limitMs,
      intervalMs: LOOK_EACH_MS,
      signal: place.signal,
    });
  } catch (error) {
    if (!(error instanceof TimeoutError) || error.code !== 'timeout') throw error;
    const [facts] = await lookAtServices(place, [program.name]);
    const silent = await firstSilent(place, ports);
    throw await notReady(place, program, lateWords(silent, facts, limitMs));
  }
}

/** A service that opens no port may have done its work already. */
function isDone(facts: ServiceFacts | undefined, { terms }: Awaited, ports: readonly ListenPort[]): boolean {
  return facts?.phase === 'ended' && ports.length === 0 && terms.restart !== 'always';
}

async function firstSilent({ shell, signal }: ServicePlace, ports: readonly ListenPort[]): Promise<string | undefined> {
  for (const { port, protocol } of ports)
    if (!(await isListening(shell, port, { signal, protocol }))) return portText({ port, protocol });
  return undefined;
}

function endOf(facts: ServiceFacts | undefined): string {
  const { exitCode, signal, gaveUp = false, restarts = 0, phase } = facts ?? {};
  if (phase === 'stopped') return say`it was stopped`;
  if (phase === 'lost' || facts === undefined) return say`its supervisor is gone`;
  const words =
    signal === undefined
      ? eventWords({ kind: 'exited', exitCode: exitCode ?? 0 })
      : eventWords({ kind: 'killed', signal });
  return gaveUp ? say`it ${words}, ${restarts + 1} times in a row` : say`it ${words}`;
}

function lateWords(silent: string | undefined, facts: ServiceFacts | undefined, limitMs: number): string {
  const duration = sayDuration(limitMs);
  if (facts?.phase !== 'running') return say`it ends again and again, for ${duration} now`;
  return silent === undefined
    ? say`it does not answer within ${duration}`
    : say`it runs, but does not listen on port ${silent} after ${duration}`;
}

async function notReady(place: ServicePlace, { name, on }: Program, reason: string): Promise<CheckError> {
  const said = (await serviceLog(place, [name], LAST_BYTES)).flatMap(({ text }) => (text === undefined ? [] : [text]));
  const words = said
    .filter((line) => line.trim() !== '')
    .slice(-LAST_WORDS)
    .map((line) => `  ${sanitize(line)}`);
  return new CheckError(say`service "${name}" on ${on} is not ready: ${reason}`, {
    code: 'service-not-ready',
    detail: words.length === 0 ? say`It printed nothing.` : [say`It printed last:`, ...words].join('\n'),
    hint: say`The machines stay up. Look with "lab logs ${name}" and "lab ssh ${on}"; when it is corrected: lab up`,
    data: { service: name, machine: on },
  });
}
