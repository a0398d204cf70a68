import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { LabelledLab } from '../../providers/provider.ts';

/**
 * The `.lab` folder that a running lab belongs to: where its files are now, or, when they are deleted or were moved
 * away from their lab file, where it was brought up.
 */
export function homeOf({ stateFolder, folderNow }: LabelledLab): string {
  const isHome =
    folderNow !== undefined && basename(folderNow) === basename(stateFolder) && hasLabFile(dirname(folderNow));
  return isHome ? folderNow : stateFolder;
}

/** `-f` allows any name. */
function hasLabFile(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /\.ya?ml$/i.test(name));
  } catch {
    return false;
  }
}
