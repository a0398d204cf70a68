import { EnvironmentError } from '../core/errors.ts';
import { sudoCaller } from '../host/other-users.ts';

/*
 * Whose the lab's folder is, around a command. What it takes is loaded only by those who need it: most commands are their own user's.
 */

/** What root makes in `.lab` for the caller of sudo becomes theirs when this process ends, however it ends. */
export async function keepFolderOfCaller(labFile: string): Promise<void> {
  if (sudoCaller() === undefined) return;
  const { callerOf, handBack, stateFolderFor } = await folders();
  const stateFolder = stateFolderFor(labFile);
  const caller = callerOf(stateFolder);
  if (caller !== undefined) process.once('exit', () => handBack(stateFolder, caller));
}

/** The cause of a failure: that `.lab` is another user's explains what it led to. */
export async function causeOf(error: unknown, labFile: string): Promise<unknown> {
  if (!(error instanceof EnvironmentError)) return error;
  const { foreignUnlessReadable, stateFolderFor } = await folders();
  return foreignUnlessReadable(stateFolderFor(labFile)) ?? error;
}

async function folders(): Promise<typeof import('../state/folder.ts') & typeof import('../state/folder-owner.ts')> {
  const [folder, owner] = await Promise.all([import('../state/folder.ts'), import('../state/folder-owner.ts')]);
  return { ...folder, ...owner };
}
