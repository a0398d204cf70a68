import { lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sudoCaller } from '../../host/other-users.ts';
import { noLabFile } from '../../lab/yaml/read-lab-file.ts';
import { stateFolderFor } from '../../state/state-folder.ts';

export const LAB_FILE_NAME = 'lab.yaml';

/** A lab file above the folder that the user stands in, which another user put there. */
export interface ForeignLabFile {
  readonly path: string;
  readonly owner: number;
}

/**
 * The lab file that is meant when the user names none: in this folder or the nearest one above that has a `lab.yaml`,
 * or a `.lab` folder whose `lab.yaml` was lost; else the one that would be here.
 *
 * A lab file can run commands (`build`), and a folder above, such as /tmp, may be open to everybody: there only files
 * of this user, of who called sudo, and of root count. `onForeign` is called with others.
 */
export function findLabFile(cwd: string, onForeign: (file: ForeignLabFile) => void): string {
  const here = join(cwd, LAB_FILE_NAME);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const marks = [join(folder, LAB_FILE_NAME), join(folder, '.lab', 'journal.ndjson')].filter(isThere);
    const foreign = folder === cwd ? undefined : marks.map(foreignOwner).find((owner) => owner !== undefined);
    if (foreign !== undefined) onForeign({ path: join(folder, LAB_FILE_NAME), owner: foreign });
    else if (marks.length > 0) return join(folder, LAB_FILE_NAME);
    if (folder === dirname(folder)) return here;
  }
}

/** @throws {UsageError} `lab-file-missing` where there is neither a lab file nor what a lab left. */
export function requireLab(labFile: string): void {
  if (![labFile, stateFolderFor({ labFile })].some(isThere)) throw noLabFile(labFile);
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** The other user who made a file, or the link that leads to it. */
function foreignOwner(path: string): number | undefined {
  const ours = new Set([0, process.geteuid?.(), sudoCaller()?.uid]);
  return [lstatSync(path), statSync(path)].map(({ uid }) => uid).find((uid) => !ours.has(uid));
}
