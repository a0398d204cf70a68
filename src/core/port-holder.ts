import type { PortHolder } from './lab-description.ts';
import { sanitizeToLine } from './text/sanitize.ts';
import { say } from './language/say.ts';

/** So much of a command line stands in a sentence. */
const LONGEST_COMMAND = 80;

/** What a record holds of it; what else a look at a machine finds is for that moment only. */
export function recordedHolder({ address, port, pid, command, user, startedAtMs }: PortHolder): PortHolder {
  return { address, port, pid, command, user, startedAtMs };
}

/** For a sentence: `process 12345 (python3 server.py) of user ildvm1`, as much as is known. */
export function describeHolder({ pid, command, user }: PortHolder): string {
  const name = pid === undefined ? say`a process` : say`process ${pid}`;
  const program = command === undefined ? '' : ` (${shortened(command)})`;
  return `${name}${program}${user === undefined ? '' : say` of user ${user}`}`;
}

function shortened(command: string): string {
  return command.length > LONGEST_COMMAND ? `${command.slice(0, LONGEST_COMMAND - 1)}…` : command;
}

export interface HolderFacts {
  /** Stands where the PID is not known; default nothing. */
  readonly hiddenPid?: string;
  /** Further facts. */
  readonly more?: readonly string[];
  /** Default: English, as in records. */
  readonly words?: HolderWords;
}

/** What a list calls a process and its user. */
export interface HolderWords {
  readonly process: string;
  readonly user: (name: string) => string;
}

const englishWords: HolderWords = { process: 'a process', user: (name) => `user ${name}` };

/** The words for what is shown. */
export function holderWordsOfUser(): HolderWords {
  return { process: say`a process`, user: (name) => say`user ${name}` };
}

/**
 * For a list: `python3 server.py (PID 4242, user ildvm1, …)` in one harmless line; what the machine does not tell is
 * left out.
 */
export function listedHolder(
  { command, pid, user }: PortHolder,
  { hiddenPid, more = [], words = englishWords }: HolderFacts = {},
): string {
  const known = [
    pid === undefined ? hiddenPid : `PID ${pid}`,
    user === undefined ? undefined : words.user(user),
    ...more,
  ];
  const facts = known.filter((fact) => fact !== undefined);
  const name = command ?? words.process;
  return sanitizeToLine(facts.length === 0 ? name : `${name} (${facts.join(', ')})`);
}
