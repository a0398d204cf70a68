import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { sayBinarySize } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';
import { roleFile } from '../../report/run/run-files.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { findRun, type StoredRun } from '../../state/runs/stored-runs.ts';
import { damaged, openStored } from '../../state/files/stored-file.ts';
import type { CommandContext } from '../../session/context.ts';
import { outputWriter, type OutputWriter } from '../../seats/line-prefixer.ts';
import { resultOf, type RunEntry } from './runs.ts';

export interface LogsResult extends Pick<RunEntry, 'run' | 'folder' | 'scenario' | 'result' | 'durationMs'> {
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

/** No run of this lab stores more; of an older one, a program may have filled the disk. UTF-16 units. */
const LONGEST_COLLECTED = 256 * 1024 * 1024;

/**
 * What the terminals of a run showed, as plain text.
 *
 * @throws {UsageError} when there is no such run, or it had no such role. @throws {EnvironmentError} `run-damaged`,
 * `not-a-file`.
 */
export async function logs(context: CommandContext, { run, role, collect }: LogsOptions): Promise<LogsResult> {
  const stored = await findRun(stateFolderFor(context), run);
  const file = await logFile(stored, role);
  const entry = await resultOf(stored);
  const log = collect ? await textOf(file) : undefined;
  if (!collect) await show(file, outputWriter(context.terminal.stdout, ''));
  return { ...entry, log };
}

/** A run may be someone else's, and its log is only a file: on a terminal it is made harmless again. */
async function show(file: string, writer: OutputWriter): Promise<void> {
  for await (const chunk of piecesOf(file)) await writer.write(chunk);
  await writer.end();
}

async function logFile({ id, path }: StoredRun, role: string | undefined): Promise<string> {
  const file = join(path, role === undefined ? 'session.log' : roleFile(role, 'log'));
  if ((await lstat(file).catch(() => undefined)) !== undefined) return file;
  const known = (await readdir(path))
    .filter((name) => name.endsWith('.log') && name !== 'session.log')
    .map((name) => name.slice(0, -'.log'.length));
  if (role === undefined)
    throw new UsageError(say`the run ${id} has no log`, { code: 'no-log', hint: say`Look into ${path}.` });
  throw new UsageError(say`the run ${id} has no role "${role}"`, {
    code: 'unknown-role',
    hint: suggestion(role, known),
  });
}

/** @throws {EnvironmentError} `run-damaged` when it is larger than a document may be. */
async function textOf(file: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  for await (const chunk of piecesOf(file)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_COLLECTED)
      throw damaged(
        file,
        undefined,
        say`it is larger than ${sayBinarySize(LONGEST_COLLECTED)}; without --json it is shown`,
      );
  }
  return text + decoder.decode();
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  await using handle = await openStored(file);
  if (handle !== undefined) yield* handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
}
