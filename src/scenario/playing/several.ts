import { patternText } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { awakeNow } from '../../core/time/awake-clock.ts';
import { TimeoutError } from '../../core/errors.ts';
import type { Advice, Expectation } from '../../core/step-problem.ts';
import { VainWatch } from '../waiting/in-vain.ts';
import type { RoleEntry } from '../reading/roles.ts';
import type { Deadline, PlayContext } from './play-context.ts';
import type { ProgramTerminal } from './program-terminal.ts';
import { StepFailure } from './step-failure.ts';
import type { ReaderFork } from './terminal-reader.ts';

/** A regular expression that could match more is taken when the terminal was quiet for so long. */
const SETTLED_MS = 25;
const LOOK_INTERVAL_MS = 25;

/** A text that is looked for on a terminal in a reading of its own. */
export interface Search {
  readonly role: string;
  readonly terminal: ProgramTerminal;
  readonly pattern: Pattern;
  readonly fork: ReaderFork;
  /** How often it still has to be found: the same text twice has to show twice. */
  left: number;
  /** What its named groups took. */
  groups: Readonly<Record<string, string | undefined>> | undefined;
}

/** A search for each different text of each program. */
export function searchesFor(entries: readonly RoleEntry<Pattern>[], play: PlayContext): Search[] {
  const searches = new Map<string, Search>();
  for (const [role, pattern] of entries) {
    const key = `${role} ${patternText(pattern)}`;
    const same = searches.get(key);
    if (same) same.left++;
    else {
      const terminal = play.terminal(role);
      searches.set(key, { role, terminal, pattern, fork: terminal.reader.fork(), left: 1, groups: undefined });
    }
  }
  return [...searches.values()];
}

/** Looks once more; whether all of it has been found. `isLast`: nothing more will come. */
export function look(search: Search, isLast = false): boolean {
  const { terminal, pattern, fork } = search;
  while (search.left > 0) {
    const isSettled = isLast || terminal.quietMs >= SETTLED_MS;
    if (terminal.reader.takeMatchIn(fork, pattern, isSettled) !== 'found') return false;
    search.left--;
    search.groups = terminal.reader.groups;
  }
  return true;
}

/** Uses up what these searches have found, and keeps the values that they took. */
export function join(searches: readonly Search[], play: PlayContext): void {
  for (const [terminal, ours] of Map.groupBy(searches, ({ terminal: reading }) => reading))
    terminal.reader.join(ours.map(({ fork }) => fork));
  for (const { groups, role } of searches) play.values.take(groups, role);
}

/**
 * Looks again and again, at once after each output of one of the terminals, until `look` gives something.
 *
 * @throws {StepFailure} at the deadline, when all of the programs have ended, or when it can no longer come.
 */
export async function waitForSeveral<T>(
  play: PlayContext,
  terminals: readonly ProgramTerminal[],
  {
    deadline,
    expected,
    look: lookOnce,
    hint,
  }: {
    readonly deadline: Deadline;
    readonly expected: Expectation;
    readonly look: () => T | undefined;
    readonly hint: () => Advice | undefined;
  },
): Promise<T> {
  const vain = new VainWatch(play);
  const attempt = async (): Promise<Attempt<T>> => {
    const ended = terminals.every(({ status }) => status !== undefined) ? terminals[0] : undefined;
    const value = lookOnce();
    if (value !== undefined) return { value };
    if (ended?.status)
      throw new StepFailure({
        expected,
        seen: { kind: 'ended-first', role: ended.role, end: ended.status },
        role: ended.role,
        hint: hint(),
      });
    if (await vain.isInVain()) throw new StepFailure({ expected, seen: { kind: 'in-vain' }, hint: hint() });
    return { seen: 'nothing' };
  };
  const wait = retryUntil(attempt, {
    what: expected.kind,
    timeoutMs: Math.max(0, deadline.at - awakeNow()),
    intervalMs: LOOK_INTERVAL_MS,
    wake: () => anyChange(terminals),
    signal: play.signal,
  });
  try {
    return await play.whileWaiting(expected, wait);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new StepFailure({ expected, seen: { kind: 'nothing-in-time' }, limitMs: deadline.timeoutMs, hint: hint() });
  }
}

/** Resolves when something happens at one of the terminals. */
export async function anyChange(terminals: readonly ProgramTerminal[]): Promise<void> {
  await Promise.race(terminals.map(({ changes }) => changes.next()));
}
