import { allMachines } from '../core/all-machines.ts';
import type { CleanupStack } from '../core/cleanup.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';
import { say } from '../core/language/say.ts';

/**
 * Opens a Shell to each machine, in parallel. When some fail, those that opened are closed by the clean-up stack.
 *
 * @throws {ConnectionError} with all that failed.
 */
export async function connectAll(
  machines: readonly AttachedMachine[],
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Shell>> {
  const opened: Shell[] = [];
  // All at once: a server that does not take its leave costs half a second.
  cleanup.add(say`close the connections`, () => Promise.all(opened.map((shell) => shell.close())));
  const opening = machines.map(async (attached) => {
    const shell = await attached.connect(signal);
    opened.push(shell);
    return [attached.machine.name, shell] as const;
  });
  return new Map(await allMachines(opening, signal));
}
