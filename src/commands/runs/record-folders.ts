import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { quoteWord } from '../../core/text/shell-quote.ts';
import { findRecords } from '../../evidence/verify/find-records.ts';
import type { CommandContext } from '../../session/context.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import { stateFolderFor } from '../../state/state-folder.ts';

/**
 * The folders of the runs that a user means: by name (or its start), by a path, or the newest. At least one.
 *
 * @throws {UsageError} `no-record` when there is none at that path; as `findRun`.
 */
export async function recordFolders({ cwd, labFile }: CommandContext, what: string | undefined): Promise<string[]> {
  const path = what === undefined ? undefined : resolve(cwd, what);
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || (found === undefined && !/[/\\]/.test(what!)))
    return [(await findRun(stateFolderFor(labFile), what)).path];
  if (found?.isDirectory() !== true)
    throw new UsageError(`there is no folder ${quoteWord(what!)}`, {
      code: 'no-record',
      hint: 'Name a run ("lab logs --list" shows them), or the folder of one.',
    });
  const folders = await findRecords(path);
  if (folders.length > 0) return folders;
  throw new UsageError(`there is no run in ${quoteWord(what!)}`, {
    code: 'no-record',
    hint: 'The folder of a run holds run.json and events.ndjson.',
  });
}
