import { withCleanup, type CleanupStack } from '../core/cleanup.ts';
import { ensureStateFolder, stateFolderFor } from '../state/state-folder.ts';
import { acquireLock } from '../state/lock/lock.ts';
import type { CommandContext } from './context.ts';

/**
 * Works on the lab with its lock held: no other `lab` changes it meanwhile. The lock is the last thing that is given back.
 *
 * @throws {LockedError} when another `lab` holds it. @throws {EnvironmentError} when `.lab` cannot be written.
 */
export async function withLockedLab<T>(
  context: CommandContext,
  command: string,
  work: (stateFolder: string, cleanup: CleanupStack) => Promise<T>,
): Promise<T> {
  const stateFolder = stateFolderFor(context.labFile);
  await ensureStateFolder(stateFolder, { mayBeFull: true });
  return withCleanup(async (cleanup) => {
    const lock = await acquireLock(stateFolder, { command: `lab ${command}`, events: context.events });
    cleanup.add('give the lock back', () => lock.release());
    return work(stateFolder, cleanup);
  });
}
