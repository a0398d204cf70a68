import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { LabError } from '../core/errors.ts';
import type { Provider, ProviderRegistry } from '../providers/provider.ts';
import { keepMark, readMark } from '../state/folder-mark.ts';
import { removeJournal } from '../state/journal.ts';
import { removeOwn } from '../state/files/own-file.ts';
import { placeOf, type Place } from '../state/place.ts';
import { removeSpares } from '../state/runs/spares.ts';
import { readState, removeState, type LabState } from '../state/state.ts';
import { knownIdentity, type LabIdentity } from './lab-identity.ts';
import { providerContext, type ProviderSide } from './provider-context.ts';
import { homeOf } from './stray-labs.ts';

/**
 * The path of the `.lab` folder that this one is a copy of (`cp -r tp1 tp2`); undefined when it is nobody's: it lies where it lay, was moved, or its original is
 * gone. What it says of machines then means those of the original. Costs two system calls unless something is odd.
 */
export async function originalOf(stateFolder: string, providers: ProviderRegistry): Promise<string | undefined> {
  const here = placeOf(stateFolder);
  if (here === undefined) return undefined;
  const mark = await readMark(stateFolder);
  if (mark?.place.inode === here.inode) return undefined;
  if (mark !== undefined && (await isMarkedElsewhere(mark.place, mark.id, here))) return mark.place.path;
  const identity = await knownIdentity(stateFolder, providers).catch(ignoreOurs);
  return identity === undefined ? undefined : homeElsewhere(identity, await providers.named(identity.provider), here);
}

async function isMarkedElsewhere({ path }: Place, id: string, here: Place): Promise<boolean> {
  const there = placeOf(path);
  return there !== undefined && there.inode !== here.inode && (await readMark(path).catch(ignoreOurs))?.id === id;
}

/** The folder that the running machines of a lab belong to, if it is not this one. */
async function homeElsewhere({ labId }: LabIdentity, provider: Provider, here: Place): Promise<string | undefined> {
  const running = (await provider.list()).find((lab) => lab.labId === labId);
  const there = running === undefined ? undefined : placeOf(homeOf(running));
  return there === undefined || there.inode === here.inode ? undefined : there.path;
}

/** The state of the lab in this folder; undefined when it is not up, also when the folder is a copy of one that is. Throws as `readState`. */
export async function readOwnState(stateFolder: string, providers: ProviderRegistry): Promise<LabState | undefined> {
  const state = await readState(stateFolder);
  return state === undefined || (await originalOf(stateFolder, providers)) !== undefined ? undefined : state;
}

/**
 * Makes a copied folder a lab of its own, which is down: what was copied of the original's identity, keys and work goes, its runs and snapshots stay. The user is
 * told. Does nothing to a folder that is no copy, and never anything to the original. Call it with the lock held.
 */
export async function shedCopy(context: ProviderSide, stateFolder: string): Promise<boolean> {
  const original = await originalOf(stateFolder, context.providers);
  if (original === undefined) return false;
  const identity = await knownIdentity(stateFolder, context.providers);
  await removeState(stateFolder);
  await removeJournal(stateFolder);
  // Under a name that nothing carries, this only clears the folders in which the machines of the original work.
  if (identity !== undefined)
    await (
      await context.providers.named(identity.provider)
    ).down(randomUUID(), providerContext(context, { labId: identity.labId, stateFolder }));
  removeOwn(join(stateFolder, 'keys'));
  await removeSpares(stateFolder);
  await keepMark(stateFolder, { isNew: true });
  await context.events.emit({
    kind: 'notice',
    level: 'info',
    message: `this folder is a copy of ${dirname(original)}: it is a lab of its own from now on, and nothing of the original was touched`,
  });
  return true;
}

/** What cannot be read tells nothing; those who need it say why. */
function ignoreOurs(error: unknown): undefined {
  if (!(error instanceof LabError)) throw error;
  return undefined;
}
