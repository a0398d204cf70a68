import { EnvironmentError } from '../core/errors.ts';
import { sudoCaller } from '../host/other-users.ts';
import { callerOf, foreignUnlessReadable, handBack } from '../state/folder-owner.ts';
import { stateFolderFor } from '../state/state-folder.ts';

/*
 * Whose the lab's folder is, around a command.
 */

/** What root makes in `.lab` for the caller of sudo becomes theirs when this process ends, however it ends. */
export function keepFolderOfCaller(labFile: string): void {
  if (sudoCaller() === undefined) return;
  const stateFolder = stateFolderFor({ labFile });
  const caller = callerOf(stateFolder);
  if (caller !== undefined) process.once('exit', () => handBack(stateFolder, caller));
}

/** The cause of a failure: when `.lab` is another user's, that explains it. */
export function causeOf(error: unknown, labFile: string): unknown {
  if (!(error instanceof EnvironmentError)) return error;
  return foreignUnlessReadable(stateFolderFor({ labFile })) ?? error;
}
