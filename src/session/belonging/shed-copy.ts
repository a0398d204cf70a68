import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { removeOwn } from '../../state/files/own-file.ts';
import { keepMark } from '../../state/folder-mark.ts';
import type { LockedSession } from '../locked-session.ts';
import { say } from '../../core/language/say.ts';

/**
 * Makes a copied folder a lab of its own, which is down: what was copied of the original's identity, keys and work
 * goes, its runs and snapshots stay. The user gets a notice. Does nothing to a folder that is no copy, and never
 * anything to the original.
 */
export async function shedCopy(session: LockedSession): Promise<boolean> {
  const { context, stateFolder, providers } = session;
  const original = await session.original();
  if (original === undefined) return false;
  const identity = await session.identity();
  await session.forget();
  // Under a name that nothing carries, this only clears the folders in which the machines of the original work.
  if (identity !== undefined) {
    const provider = await providers.named(identity.provider);
    await provider.down({ labId: randomUUID(), stateFolder });
  }
  removeOwn(join(stateFolder, 'keys'));
  await keepMark(stateFolder, { isNew: true });
  await context.events.emit({
    kind: 'notice',
    level: 'info',
    message: say`this folder is a copy of ${dirname(original)}: it is a lab of its own from now on, and nothing of the original was touched`,
  });
  return true;
}
