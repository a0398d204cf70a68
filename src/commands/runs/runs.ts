import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError, messageOf } from '../../core/errors.ts';
import { Slots } from '../../core/slots.ts';
import { parseCompactTime } from '../../core/time/clock-time.ts';
import { SIGNATURE_FILE } from '../../report/run/run-files.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { folderSize } from '../../state/runs/folder-size.ts';
import { readRun } from '../../state/runs/read-run.ts';
import { listRuns, runFolders, type StoredRun } from '../../state/runs/stored-runs.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import type { CommandContext } from '../../session/context.ts';

export interface RunEntry {
  readonly run: string;
  readonly folder: string;
  /** The one that is meant where none is named: it was made last. */
  readonly latest: boolean;
  /** ISO 8601. */
  readonly startedAt: string | undefined;
  readonly scenario: string | undefined;
  readonly result: RunDocument['result'] | undefined;
  readonly durationMs: number | undefined;
  /** On the disk; undefined when it holds too much to be counted. */
  readonly sizeBytes: number | undefined;
  /** A signature lies next to its record; whether it fits is what `lab verify` tells. */
  readonly signed: boolean;
  /** Why nothing is known of it: its record is damaged. */
  readonly problem?: string;
  /** Another version of lab stored it, in a form that this one does not know. */
  readonly ofOtherLab?: true;
}

export interface RunsResult {
  /** Newest first. */
  readonly runs: readonly RunEntry[];
  /** How many are stored, also those that are not listed. */
  readonly stored: number;
}

/** Runs whose files are read at once: records of runs that were cut off are read whole. */
const AT_ONCE = 8;

/**
 * The newest stored runs, at most `limit`. One whose record is damaged is listed with its problem.
 *
 * @throws {EnvironmentError} when the folder of the runs cannot be read.
 */
export async function storedRuns(context: CommandContext, limit = Infinity): Promise<RunsResult> {
  const runs = await listRuns(stateFolderFor(context));
  const slots = new Slots(AT_ONCE);
  const entry = async (run: StoredRun, index: number): Promise<RunEntry> => {
    await slots.take(context.signal);
    try {
      return await entryOf(run, index === 0);
    } finally {
      slots.release();
    }
  };
  return { runs: await Promise.all(runs.slice(0, limit).map(entry)), stored: runs.length };
}

/** Names of the stored runs, for shell completion. */
export async function runNames(context: CommandContext): Promise<readonly string[]> {
  return runFolders(stateFolderFor(context));
}

async function entryOf(run: StoredRun, latest: boolean): Promise<RunEntry> {
  const [result, sizeBytes, signature] = await Promise.all([
    resultOf(run).catch((error: unknown) => damagedEntry(run, error)),
    folderSize(run.path),
    lstat(join(run.path, SIGNATURE_FILE)).catch(() => undefined),
  ]);
  return { ...result, latest, sizeBytes, signed: signature?.isFile() === true };
}

type Result = Omit<RunEntry, 'latest' | 'sizeBytes' | 'signed'>;

/** What the record of a run says. @throws as `readRun`. */
export async function resultOf(stored: StoredRun): Promise<Result> {
  const { scenario, result, startedAt, durationMs } = await readRun(stored);
  return {
    run: stored.id,
    folder: stored.path,
    startedAt: startedAt ?? timeOfName(stored),
    scenario,
    result,
    durationMs: durationMs ?? undefined,
  };
}

function damagedEntry(stored: StoredRun, error: unknown): Result {
  return {
    run: stored.id,
    folder: stored.path,
    startedAt: timeOfName(stored),
    scenario: undefined,
    result: undefined,
    durationMs: undefined,
    problem: messageOf(error),
    ...(error instanceof LabError && error.code === 'run-newer' ? { ofOtherLab: true } : {}),
  };
}

function timeOfName({ id }: StoredRun): string | undefined {
  const ms = parseCompactTime(id);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
