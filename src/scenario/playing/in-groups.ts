import { StepFailure } from './step-failure.ts';
import type { RoleEntry } from '../reading/roles.ts';

/** So many programs of one pattern are acted on at once: each may ask its machine something. */
const MOST_AT_ONCE = 32;

/** `before` resolves when what came before in the same group is done, or has failed. */
type PlayOne<T> = (role: string, value: T, before: Promise<void>) => Promise<void>;

/**
 * Plays what a step says of programs, one after the other, and those that one pattern stands for at once.
 *
 * @throws {StepFailure} of the first program, when some fail, with the names of the others; those of a pattern have all
 * been played then.
 */
export async function inGroups<T>(entries: readonly RoleEntry<T>[], playOne: PlayOne<T>): Promise<void> {
  for (const group of groupsOf(entries)) {
    if (group.length === 1) await playOne(group[0]![0], group[0]![1], Promise.resolve());
    else await allAtOnce(group, playOne);
  }
}

function groupsOf<T>(entries: readonly RoleEntry<T>[]): RoleEntry<T>[][] {
  const groups: RoleEntry<T>[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last !== undefined && entry[2] !== undefined && last[0]![2] === entry[2]) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

async function allAtOnce<T>(entries: readonly RoleEntry<T>[], playOne: PlayOne<T>): Promise<void> {
  const errors: { readonly index: number; readonly error: unknown }[] = [];
  const waiting = [...entries.entries()];
  let last = Promise.resolve();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const before = last;
      const done = Promise.withResolvers<void>();
      last = done.promise;
      const [index, [role, value]] = next;
      await playOne(role, value, before).catch((error: unknown) => void errors.push({ index, error }));
      done.resolve();
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, entries.length) }, worker));
  throwTogether(errors.toSorted((a, b) => a.index - b.index).map(({ error }) => error));
}

/**
 * The failures of several programs as one: what is no failure of a program comes first.
 *
 * @throws the error, or a `StepFailure` that names the programs of the others.
 */
export function throwTogether(errors: readonly unknown[]): void {
  if (errors.length === 0) return;
  const failures = errors.filter((error) => error instanceof StepFailure);
  const other = errors.find((error) => !(error instanceof StepFailure));
  if (other !== undefined) throw other as Error;
  const [first, ...others] = failures as [StepFailure, ...StepFailure[]];
  const roles = others.flatMap(({ problem: { role } }) => role ?? []).filter((role) => role !== first.problem.role);
  throw roles.length === 0 ? first : new StepFailure({ ...first.problem, also: [...new Set(roles)] });
}
