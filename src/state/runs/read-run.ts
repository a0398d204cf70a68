import { join } from 'node:path';
import type { Event } from '../../core/events.ts';
import { ShapeError } from '../../core/json/shape.ts';
import { readEventLine } from '../../report/run/event-line.ts';
import { runShape } from '../../report/run/run-shape.ts';
import { RunSummary, type RunDocument } from '../../report/run/run-summary.ts';
import { isRunning } from '../../host/process-identity.ts';
import { madeByAnother, newerMakerOf } from '../lab-version.ts';
import { damaged, linesOf, openStored, readStored } from '../files/stored-file.ts';
import { say } from '../../core/language/say.ts';

/** A run; `path` is that of its folder. */
interface Place {
  readonly path: string;
}

/**
 * The result of a run. While it is played, its events so far are the result; a run whose `lab` is gone broke off.
 *
 * @throws {EnvironmentError} `run-damaged`, `not-a-file`, with the file and the line.
 */
export async function readRun(run: Place): Promise<RunDocument> {
  const stored = await readRunFile(run);
  if (stored !== undefined && stored.result !== 'running') return stored;
  const summary = new RunSummary();
  for await (const event of readEvents(run)) summary.add(event);
  return concluded(summary, stored);
}

/** The content of `run.json`; undefined when there is none. @throws as `readRun`. */
export async function readRunFile({ path }: Place): Promise<RunDocument | undefined> {
  const file = join(path, 'run.json');
  const content = await readStored(file);
  if (content === undefined) return undefined;
  const value = parsed(content, file);
  const version = newerMakerOf(value);
  if (version !== undefined) throw madeByAnother(file, { version, code: 'run-newer', command: 'report' });
  return checked(file, undefined, () => runShape(value, ''));
}

/**
 * What the events of a run tell, with the end that `run.json` knows when they do not: `lab` was killed, or the disk was
 * full.
 */
export function concluded(summary: RunSummary, stored: RunDocument | undefined): RunDocument {
  const told = summary.document();
  if (stored === undefined) return told;
  if (stored.result !== 'running')
    return told.result === 'running' || stored.result === 'broken'
      ? { ...summary.document(true), ...endOf(stored) }
      : told;
  if (told.result !== 'running') return told;
  const { run, lab, scenario, startedAt } = stored;
  const begun = { ...told, run, lab, scenario, startedAt };
  if (stored.process === undefined || isRunning({ startTime: undefined, bootId: undefined, ...stored.process }))
    return begun;
  return {
    ...begun,
    steps: summary.document(true).steps,
    result: 'broken',
    reason: say`lab was ended before the run was: its process ${stored.process.pid} is gone`,
  };
}

function endOf({
  result,
  reason,
  endedAt,
  durationMs,
}: RunDocument): Pick<RunDocument, 'result' | 'reason' | 'endedAt' | 'durationMs'> {
  return { result, reason, endedAt, durationMs };
}

/**
 * The events of a run in order, read as a stream; none when nothing was stored. A last line that was cut by a crash is
 * left out.
 *
 * @throws {EnvironmentError} as `readRun`.
 */
export async function* readEvents({ path }: Place): AsyncGenerator<Event> {
  const file = join(path, 'events.ndjson');
  await using handle = await openStored(file);
  if (handle === undefined) return;
  for await (const { text, number, isCut } of linesOf(handle, file)) {
    const event = checked(file, number, () => readEventLine(text));
    if (event !== undefined) yield event;
    else if (text !== '' && !isCut) throw damaged(file, number, say`it is no JSON`);
  }
}

function parsed(content: string, file: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw damaged(file, undefined, content.trim() === '' ? say`it is empty` : say`it is no JSON`);
  }
}

function checked<T>(file: string, line: number | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof ShapeError) throw damaged(file, line, error.message);
    throw error;
  }
}
