import { LabError } from '../../core/errors.ts';
import type { Provider } from '../../providers/provider.ts';
import { readMark } from '../../state/folder-mark.ts';
import { placeOf, type Place } from '../../state/place.ts';
import { homeOf } from './home-of.ts';
import type { LabFolder, LabIdentity } from '../lab-identity.ts';

/**
 * The path of the `.lab` folder that this one is a copy of (`cp -r tp1 tp2`); undefined when it is no copy: it lies
 * where it lay, was moved, or its original is gone. What a copy says of machines means those of the original. Costs two
 * system calls unless something is odd; `identity` is asked for only then.
 */
export async function originalOf(
  { stateFolder, providers }: LabFolder,
  identity: () => Promise<LabIdentity | undefined>,
): Promise<string | undefined> {
  const here = placeOf(stateFolder);
  if (here === undefined) return undefined;
  const mark = await readMark(stateFolder);
  if (mark?.place.inode === here.inode) return undefined;
  if (mark !== undefined && (await isMarkedElsewhere(mark.place, mark.id, here))) return mark.place.path;
  const known = await identity().catch(ignoreOurs);
  return known === undefined ? undefined : homeElsewhere(known, await providers.named(known.provider), here);
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

/** What cannot be read says nothing here; commands that need it report why. */
function ignoreOurs(error: unknown): undefined {
  if (!(error instanceof LabError)) throw error;
  return undefined;
}
