import { existsSync } from 'node:fs';
import { withCleanup, type CleanupStack } from '../core/cleanup.ts';
import { openJournal, removeJournal, type Journal } from '../state/journal.ts';
import { acquireLock, type Lock } from '../state/lock/lock.ts';
import { removeSpares } from '../state/runs/spares.ts';
import { ensureStateFolder } from '../state/state-folder.ts';
import { isSameState, removeState, writeState, type LabState } from '../state/state.ts';
import { intactState } from './lab-identity.ts';
import { Session } from './session.ts';
import { say } from '../core/language/say.ts';

/**
 * A session that holds the lab's lock: only it has the journal, and may change what is stored. All but the lab file is
 * read again with the lock held.
 */
class LockedSession extends Session {
  readonly journal: Journal;

  constructor(session: Session) {
    super(session);
    this.journal = openJournal(this.stateFolder);
  }

  /** Writes the state unless the one on disk says the same already. */
  async keepState(state: LabState): Promise<void> {
    const before = await intactState(this.savedState(), this.providers);
    if (before === undefined || !isSameState(before, state)) await writeState(this.stateFolder, state);
    this.changeTo(state);
  }

  /**
   * Removes state and journal. Call it when nothing of the lab is left: if this process dies before, the next `down`
   * still finds the rest.
   */
  async forget(): Promise<void> {
    await removeState(this.stateFolder);
    await removeJournal(this.stateFolder);
    await removeSpares(this.stateFolder);
    this.changeTo(undefined);
  }
}

/** Only the type: a session becomes locked in `withLock` and nowhere else. */
export type { LockedSession };

export interface LockedWork<T> {
  /** As the user typed it: `up`. */
  readonly command: string;
  /**
   * Fails when the command cannot be done anyway, because the lab file has faults for example: then no `.lab` is made,
   * and this failure counts, also when the lab is locked.
   */
  readonly check?: () => Promise<unknown>;
  /** What needs the lock; it is the last thing that the clean-up stack gives back. */
  readonly work: (session: LockedSession, cleanup: CleanupStack) => Promise<T>;
}

/**
 * Works on the lab with its lock held: no other `lab` changes it meanwhile.
 *
 * @throws {LockedError} when another `lab` holds it. @throws {EnvironmentError} when `.lab` cannot be written.
 */
export async function withLock<T>(session: Session, { command, check, work }: LockedWork<T>): Promise<T> {
  // A `.lab` that is there is locked before anything else, so that its state can be read while the lab file is.
  if (!existsSync(session.stateFolder)) await check?.();
  const lock = await take(session, command).catch(async (error: unknown) => {
    await check?.();
    throw error;
  });
  return withCleanup(async (cleanup) => {
    cleanup.add(say`give the lock back`, () => lock.release());
    return work(new LockedSession(session), cleanup);
  });
}

async function take({ stateFolder, context }: Session, command: string): Promise<Lock> {
  await ensureStateFolder(stateFolder, { mayBeFull: true });
  return acquireLock(stateFolder, { command: `lab ${command}`, events: context.events });
}
