import { stat } from 'node:fs/promises';
import { UsageError } from '../../core/errors.ts';
import { quoteWord } from '../../core/text/shell-quote.ts';
import { say } from '../../core/language/say.ts';
import { findRecords } from '../../evidence/verify/find-records.ts';
import type { CommandContext } from '../../session/context.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { userPath } from './user-path.ts';

/** Where a record is: a folder, or the page of a report that carries it. */
export interface RecordPlace {
  /** Absolute. */
  readonly path: string;
  readonly isPage: boolean;
}

/**
 * Where the runs are that a user means: by name (or its start), by a path, or the newest. At least one.
 *
 * @throws {UsageError} `no-record` when there is none at that path; as `findRun`.
 */
export async function recordPlaces(context: CommandContext, what: string | undefined): Promise<RecordPlace[]> {
  const path = what === undefined ? undefined : userPath(what, context.cwd);
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || (found === undefined && !/[/\\]|\.html$/.test(what!)))
    return [{ path: (await findRun(stateFolderFor(context), what)).path, isPage: false }];
  if (found === undefined)
    throw new UsageError(say`there is no ${quoteWord(what!)}`, {
      code: 'no-record',
      hint: say`Name a run, the folder of one, or the page of its report.`,
    });
  if (!found.isDirectory()) return [{ path, isPage: true }];
  const folders = await findRecords(path);
  if (folders.length > 0) return folders.map((folder) => ({ path: folder, isPage: false }));
  throw new UsageError(say`there is no run in ${quoteWord(what!)}`, {
    code: 'no-record',
    hint: say`The folder of a run holds run.json and events.ndjson. The page of a report is named itself: report.html`,
  });
}
