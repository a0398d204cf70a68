import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { quoteWord } from '../../core/text/shell-quote.ts';
import type { Misfit, Unknown } from '../../report/record/misfit.ts';
import { record as words } from '../../report/language/record-en.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { findRecords } from '../../evidence/verify/find-records.ts';
import { verifyRecord } from '../../evidence/verify/verify-record.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import type { CommandContext } from '../../session/context.ts';

export interface VerifyOptions {
  /** Name of a run or its start, or a path: the folder of a run or one that holds such. Undefined: the newest run. */
  readonly what: string | undefined;
}

/** A sentence for people, and the same as data. */
export type Told<T> = T & { readonly message: string };

/** What came of one record. */
export interface VerifiedRun {
  readonly run: string;
  /** Absolute path. */
  readonly folder: string;
  readonly scenario: string;
  /** As it follows from the events. */
  readonly result: RunDocument['result'];
  readonly fits: boolean;
  readonly misfits: readonly Told<Misfit>[];
  /** Contradictions that are not listed. */
  readonly more: number;
  /** What could not be compared. */
  readonly unknown: readonly Told<Unknown>[];
}

export interface VerifyResult {
  /** Whether all of them do. */
  readonly fits: boolean;
  readonly records: readonly VerifiedRun[];
}

/**
 * Compares the parts of stored runs with each other.
 *
 * @throws {UsageError} when there is no such run, or none there. @throws {CheckError} `run-not-over` for a run that is
 * still played.
 */
export async function verify(context: CommandContext, { what }: VerifyOptions): Promise<VerifyResult> {
  const folders = await foldersOf(context, what);
  const records: VerifiedRun[] = [];
  for (const folder of folders) {
    context.signal.throwIfAborted();
    records.push(await verifyFolder(folder));
  }
  return { fits: records.every(({ fits }) => fits), records };
}

async function verifyFolder(folder: string): Promise<VerifiedRun> {
  const { result, misfits, more, unknown } = await verifyRecord(folder);
  if (misfits.length === 0 && result.result === 'running') throw stillPlayed(folder);
  return {
    run: result.run || basename(folder),
    folder,
    scenario: result.scenario,
    result: result.result,
    fits: misfits.length === 0,
    misfits: misfits.map((misfit) => Object.assign({ message: words.misfit(misfit) }, misfit)),
    more,
    unknown: unknown.map((each) => Object.assign({ message: words.unknown(each) }, each)),
  };
}

function stillPlayed(folder: string): UsageError {
  return new UsageError(`the run ${basename(folder)} is still played`, {
    code: 'run-not-over',
    hint: 'Wait for its end; its record is bound together then.',
  });
}

async function foldersOf({ cwd, labFile }: CommandContext, what: string | undefined): Promise<string[]> {
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
