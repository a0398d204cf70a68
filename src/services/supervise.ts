import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { say } from '../core/language/say.ts';
import { toolWords } from '../core/text/tool-words.ts';
import type { Program, ServiceTerms } from '../lab/types.ts';
import { MOST_RESTARTS } from '../lab/defaults.ts';
import type { Shell } from '../ssh/shell.ts';
import { parseFacts, type ServiceFacts } from './service-facts.ts';

const supervisor = scriptFile(new URL('services.pl', import.meta.url));

/** It ends a service within five seconds; an emulated machine needs more. */
const ANSWER_MS = 60_000;

/** The services of one lab on one machine. */
export interface ServicePlace {
  readonly shell: Shell;
  /** Name of the lab. */
  readonly lab: string;
  readonly signal: AbortSignal;
}

/** A program that lies on its machine, ready to be started. */
export interface ProgramThere {
  readonly program: Program;
  /** On the machine, relative to the home folder. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** Tells its files, build, command and variables from all others. */
  readonly version: string;
}

/** What Perl reads from its standard input. */
export function supervisorText(): string {
  return `${supervisor()}\n__END__\n`;
}

/** The words that start it: `words` as services.pl has them. */
export function supervisorCommand(
  { shell, lab }: Pick<ServicePlace, 'shell' | 'lab'>,
  words: readonly string[],
): string[] {
  const [verb = '', ...rest] = words;
  return ['perl', '-', verb, `${lab}@${shell.machine}`, ...rest];
}

/** How the services with these names do, or all; nothing of those that were never started. One round trip. */
export async function lookAtServices(place: ServicePlace, names: readonly string[] = []): Promise<ServiceFacts[]> {
  return parseFacts(await ask(place, ['status', ...names]));
}

/**
 * Starts a program that outlives the connection, under a supervisor that starts it again as `terms` say. One that is
 * kept already is left alone.
 */
export async function startService(
  place: ServicePlace,
  { program, folder, command, env }: ProgramThere,
  { terms, version }: { readonly terms: ServiceTerms; readonly version: string },
): Promise<void> {
  const variables = [...env].map(([name, value]) => `${name}=${value}`);
  const options = [terms.restart, String(MOST_RESTARTS), version, folder, String(variables.length)];
  await ask(place, ['start', program.name, ...options, ...variables, ...command]);
}

/** Ends services: TERM, two seconds, KILL, all processes of each; and returns how they did. Safe when they do not run. */
export async function stopServices(place: ServicePlace, names: readonly string[]): Promise<ServiceFacts[]> {
  return parseFacts(await ask(place, ['stop', ...names]));
}

/** Ends all services of the lab on the machine, and removes what is kept of them there. Safe when there are none. */
export async function removeServices(place: ServicePlace): Promise<void> {
  await ask(place, ['remove']).catch((error: unknown) => {
    // Where there is no Perl, nothing was started.
    if (!(error instanceof EnvironmentError) || error.code !== 'perl-missing') throw error;
  });
}

/** The end of the logs of services, as services.pl answers it. */
export function readLogs(place: ServicePlace, names: readonly string[], maxBytes: number): Promise<string> {
  return ask(place, ['log', String(maxBytes), ...names]);
}

/** @throws {EnvironmentError} `perl-missing`, `service-refused` with the machine's words. */
async function ask(place: ServicePlace, words: readonly string[]): Promise<string> {
  const { shell, signal } = place;
  const { exitCode, stdout, stderr } = await shell.exec(supervisorCommand(place, words), {
    input: supervisorText(),
    signal,
    timeoutMs: ANSWER_MS,
    maxOutputBytes: MOST_ANSWERED,
  });
  if (exitCode === 0) return stdout;
  throw exitCode === 127 ? withoutPerl(shell.machine) : refused(shell.machine, stderr);
}

/** Two logs of a megabyte for each service, with room for names. */
const MOST_ANSWERED = 64 * 1024 * 1024;

export function withoutPerl(machine: string): EnvironmentError {
  return new EnvironmentError(say`${machine} has no perl, with which lab keeps services there`, {
    code: 'perl-missing',
    hint: say`Install it on ${machine}: sudo apt-get install perl-base (or dnf, apk, …)`,
  });
}

function refused(machine: string, stderr: string): EnvironmentError {
  return new EnvironmentError(say`${machine}: its services cannot be looked after`, {
    code: 'service-refused',
    detail: toolWords(stderr) || undefined,
    hint: say`Look there by hand: lab ssh ${machine} ls -la .lab/services`,
  });
}
