import { stripVTControlCharacters } from 'node:util';
import { allMachines } from '../../core/all-machines.ts';
import { withCleanup } from '../../core/cleanup.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { clockTime } from '../../core/time/clock-time.ts';
import { writeOutput } from '../../host/files/output.ts';
import { eventWords, followLog, serviceLog, type LogLine, type ServiceEvent } from '../../services/service-log.ts';
import type { ServiceNote } from '../../services/service-notes.ts';
import { matchesName } from '../../lab/name-pattern.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { servicesNamed, severalHint, startedServices } from './known-services.ts';

export interface ServiceLogsResult {
  readonly services: readonly string[];
  /** In the order of time; undefined when they were written to the output instead. */
  readonly lines: readonly ServiceLogEntry[] | undefined;
}

export interface ServiceLogEntry {
  readonly service: string;
  readonly machine: string;
  /** ISO 8601, by the clock of the machine. */
  readonly at: string;
  /** A line that it printed. */
  readonly text?: string;
  /** What became of it. */
  readonly event?: ServiceEvent;
}

export interface ServiceLogsOptions {
  /** Names of services; none: all of the lab. */
  readonly services: readonly string[];
  /** Keep the lines for the result, instead of writing them to the output. */
  readonly collect: boolean;
}

/** Of what was printed before, `--follow` shows the end. */
const FOLLOWED_BYTES = 4096;

/** Whether all of these names, or patterns of names, are of services that were started here. */
export async function areServices(context: CommandContext, names: readonly string[]): Promise<boolean> {
  const known = (await startedServices(openSession(context))).map(({ name }) => name);
  const isService = (name: string): boolean =>
    known.some((each) => matchesName(name, each)) || severalHint(name, known) !== undefined;
  return names.length > 0 && names.every(isService);
}

/**
 * What services have printed, as far as their machines keep it: one to two megabytes of each.
 *
 * @throws {UsageError} for a name of which nothing was started. @throws {EnvironmentError} when the lab is not up.
 */
export async function serviceLogs(
  context: CommandContext,
  { services: names, collect }: ServiceLogsOptions,
): Promise<ServiceLogsResult> {
  return withServices(context, names, async (services, logOf) => {
    const all = await allMachines(
      logOf.map(([place, its]) => serviceLog(place, its)),
      context.signal,
    );
    const lines = all.flat().toSorted((a, b) => a.atMs - b.atMs);
    if (collect) return { services, lines: lines.map(entryOf) };
    const prefix = prefixesOf(services);
    await writeOutput(context.terminal.stdout, lines.map((line) => lineText(line, prefix)).join(''));
    return { services, lines: undefined };
  });
}

/**
 * Shows what services print, from the end of what they have printed so far, until the user stops it.
 *
 * @throws as `serviceLogs`; `no-services` when none was started.
 */
export async function followServices(context: CommandContext, names: readonly string[]): Promise<ServiceLogsResult> {
  return withServices(context, names, async (services, logOf) => {
    if (services.length === 0)
      throw new EnvironmentError(say`this lab has no services to follow`, {
        code: 'no-services',
        hint: say`"lab up" starts what stands under "services:". "lab run" shows the programs of a scenario while it is played.`,
      });
    const prefix = prefixesOf(services);
    const failed = new AbortController();
    const signal = AbortSignal.any([context.signal, failed.signal]);
    const follow = async ([place, its]: (typeof logOf)[number]): Promise<void> => {
      for await (const line of followLog({ ...place, signal }, its, FOLLOWED_BYTES))
        await writeOutput(context.terminal.stdout, lineText(line, prefix));
    };
    // Where one cannot go on, when nobody reads any more for example, no other would know.
    const following = logOf.map((one) => follow(one).finally(() => failed.abort()));
    await allMachines(following, context.signal);
    return { services, lines: undefined };
  });
}

type Place = Parameters<typeof serviceLog>[0];

async function withServices<T>(
  context: CommandContext,
  names: readonly string[],
  work: (services: readonly string[], logOf: readonly (readonly [Place, readonly string[]])[]) => Promise<T>,
): Promise<T> {
  const session = openSession(context);
  return withCleanup(async (cleanup) => {
    const { state } = await session.machines();
    const started = await startedServices(session);
    const services = names.length === 0 ? started : servicesNamed(started, names);
    const byMachine = Map.groupBy(services, ({ machine }) => machine);
    const { shells } =
      byMachine.size === 0 ? { shells: new Map() } : await session.connect(cleanup, [...byMachine.keys()]);
    return work(
      services.map(({ name }) => name),
      [...byMachine].map(([machine, its]: readonly [string, readonly ServiceNote[]]) => [
        { shell: shells.get(machine)!, lab: state.name, signal: context.signal },
        its.map(({ name }) => name),
      ]),
    );
  });
}

/** Of several each line carries its name. */
function prefixesOf(services: readonly string[]): (service: string) => string {
  const width = Math.max(0, ...services.map((name) => name.length));
  return (service) => (services.length > 1 ? `${service.padEnd(width)} | ` : '');
}

/** Nothing in it drives the terminal of the user. */
function lineText({ service, atMs, text, event }: LogLine, prefix: (service: string) => string): string {
  const words =
    text === undefined
      ? `-- ${event === undefined ? '' : eventWords(event)}`
      : sanitize(stripVTControlCharacters(text));
  return `${prefix(service)}${clockTime(atMs)}  ${words}\n`;
}

function entryOf({ atMs, text, event, ...place }: LogLine): ServiceLogEntry {
  return { ...place, at: new Date(atMs).toISOString(), ...(text !== undefined && { text }), ...(event && { event }) };
}
