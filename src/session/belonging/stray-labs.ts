import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inStep } from '../../core/events.ts';
import { processes } from '../../host/processes.ts';
import type { LabelledLab } from '../../providers/provider.ts';
import { readMark } from '../../state/folder-mark.ts';
import { placeOf } from '../../state/place.ts';
import { homeOf } from './home-of.ts';
import type { LockedSession } from '../locked-session.ts';
import type { Session } from '../session.ts';
import { say } from '../../core/language/say.ts';

/** A running lab that its folder does not know. */
export interface StrayLab extends LabelledLab {
  readonly provider: string;
}

/**
 * Labs that run on this host and belong to this folder, but whose identity is not `known` there: the `.lab` folder was
 * deleted, or its state and journal were damaged. Their processes carry the folder in their arguments.
 */
export async function strayLabs({ stateFolder, providers }: Session, known?: string): Promise<StrayLab[]> {
  if (!(await someLabMayBeOf(stateFolder))) return [];
  const found = await Promise.all(
    providers.names.map(async (provider) =>
      (await (await providers.named(provider)).list()).map((lab) => Object.assign({ provider }, lab)),
    ),
  );
  const here = realPath(stateFolder);
  return found.flat().filter((lab) => lab.labId !== known && realPath(homeOf(lab)) === here);
}

/** Ends them, and says so. Returns what was ended, in words of the provider. */
export async function endStrays(
  { context, stateFolder, providers }: LockedSession,
  strays: readonly StrayLab[],
): Promise<string[]> {
  const ended: string[] = [];
  for (const { labId, name, provider } of strays) {
    const message = say`machines of ${name} still ran in this folder, although the .lab folder no longer knew of them: it was deleted or damaged`;
    await context.events.emit({ kind: 'notice', level: 'warning', message, hint: say`They are taken down.` });
    ended.push(
      ...(await inStep(context.events, say`take the old ${name} down`, async () =>
        (await providers.named(provider)).down({ labId, stateFolder }),
      )),
    );
  }
  return ended;
}

/**
 * Providers are loaded only when it is likely that they find something: the first `up` of a lab must stay fast. Labels
 * end with the folder in which the lab was brought up; in the label of a virtual machine commas are doubled. A folder
 * that was moved has another name by now.
 */
async function someLabMayBeOf(stateFolder: string): Promise<boolean> {
  const isMoved = (await readMark(stateFolder))?.place.path !== placeOf(stateFolder)?.path;
  const end = isMoved ? '/.lab' : `/${basename(dirname(stateFolder))}/.lab`;
  for (const { args } of processes())
    if (args.some((argument) => argument.replaceAll(',,', ',').endsWith(end.replaceAll(',,', ',')))) return true;
  return false;
}

/** Of the folder in which `.lab` is or was. */
function realPath(stateFolder: string): string {
  try {
    return join(realpathSync(dirname(stateFolder)), basename(stateFolder));
  } catch {
    return stateFolder;
  }
}
