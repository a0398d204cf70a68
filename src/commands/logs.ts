import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import { roleFile } from '../report/run-files.ts';
import type { RunDocument } from '../report/run-summary.ts';
import { stateFolderFor } from '../state/folder.ts';
import { findRun, listRuns, readRun, type StoredRun } from '../state/runs.ts';
import type { CommandContext } from './context.ts';
import { outputWriter, type OutputWriter } from './line-prefixer.ts';

export interface RunEntry {
  readonly run: string;
  readonly folder: string;
  readonly scenario: string | undefined;
  readonly result: RunDocument['result'] | undefined;
  readonly durationMs: number | undefined;
}

export interface LogsResult extends RunEntry {
  /** The whole log; undefined when it was written to the output instead. */
  readonly log: string | undefined;
}

export interface LogsOptions {
  /** Name of the run or its start; undefined means the newest. */
  readonly run: string | undefined;
  /** Only what this program's terminal showed. */
  readonly role: string | undefined;
  /** Keep the log for the result, instead of writing it to the output. */
  readonly collect: boolean;
}

/** The stored runs, newest first. */
export async function listLogs(context: CommandContext): Promise<{ readonly runs: readonly RunEntry[] }> {
  const runs = await listRuns(stateFolderFor(context.labFile));
  return { runs: await Promise.all(runs.map(entryOf)) };
}

/** Names of the stored runs, for shell completion. */
export async function runNames(context: CommandContext): Promise<readonly string[]> {
  return (await listRuns(stateFolderFor(context.labFile))).map(({ id }) => id);
}

/**
 * What the terminals of a run showed, as plain text.
 *
 * @throws {UsageError} when there is no such run, or it had no such role.
 */
export async function logs(context: CommandContext, { run, role, collect }: LogsOptions): Promise<LogsResult> {
  const stored = await findRun(stateFolderFor(context.labFile), run);
  const file = await logFile(stored, role);
  if (!collect) await show(file, outputWriter(context.terminal.stdout, ''));
  return { ...(await entryOf(stored)), log: collect ? await readFile(file, 'utf8') : undefined };
}

/** A run may be somebody else's, and its log is only a file: on a terminal it is made harmless again. */
async function show(file: string, writer: OutputWriter): Promise<void> {
  for await (const chunk of createReadStream(file)) await writer.write(chunk as Uint8Array);
  await writer.end();
}

async function logFile({ id, path }: StoredRun, role: string | undefined): Promise<string> {
  const file = join(path, role === undefined ? 'session.log' : roleFile(role, 'log'));
  if ((await stat(file).catch(() => undefined))?.isFile()) return file;
  const known = (await readdir(path)).filter((name) => name.endsWith('.log') && name !== 'session.log').map((name) => name.slice(0, -'.log'.length));
  if (role === undefined) throw new UsageError(`the run ${id} has no log`, { code: 'no-log', hint: `Look into ${path}.` });
  throw new UsageError(`the run ${id} has no role "${role}"`, { code: 'unknown-role', hint: suggestion(role, known) });
}

async function entryOf(stored: StoredRun): Promise<RunEntry> {
  const document = await readRun(stored);
  return { run: stored.id, folder: stored.path, scenario: document?.scenario, result: document?.result, durationMs: document?.durationMs ?? undefined };
}
