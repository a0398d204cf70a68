import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const labFileName = 'lab.yaml';

/**
 * The lab file that is meant when the user names none: in this folder or the nearest one above that has a `lab.yaml`, or a `.lab` folder whose
 * `lab.yaml` was lost; else the one that would be here. `init` always means this folder.
 */
export function findLabFile(cwd: string, command: string): string {
  const here = join(cwd, labFileName);
  if (command === 'init') return here;
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, labFileName)) || existsSync(join(folder, '.lab', 'journal.ndjson'))) return join(folder, labFileName);
    if (folder === dirname(folder)) return here;
  }
}
