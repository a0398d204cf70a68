import type { CleanupStack } from '../core/cleanup.ts';
import { say } from '../core/language/say.ts';
import type { Program } from '../lab/types.ts';
import { observe } from '../observe/observe.ts';
import type { Observer } from '../observe/observer.ts';
import type { Shell } from '../ssh/shell.ts';

/** With more programs than this, a machine has no session left for a process that answers questions about them. */
const MOST_BESIDE_RESIDENT = 5;

/** What tells what these programs do, by name of their machines. */
export function observePrograms(
  shells: ReadonlyMap<string, Shell>,
  programs: readonly Program[],
  cleanup: CleanupStack,
): ReadonlyMap<string, Observer> {
  const byMachine = Map.groupBy(programs, ({ on }) => on);
  return new Map(
    [...byMachine].map(([machine, there]) => {
      const observer = observe(shells.get(machine)!, { resident: there.length <= MOST_BESIDE_RESIDENT });
      cleanup.add(say`stop watching programs on ${machine}`, () => observer[Symbol.asyncDispose]());
      return [machine, observer] as const;
    }),
  );
}
