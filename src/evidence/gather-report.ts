import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of, type HashedFile } from '../core/files/sha256.ts';
import type { LabDescription } from '../core/lab-description.ts';
import { type BoundedText, type ReportData, type ReportTerminal, wholeText } from '../report/report-data.ts';
import type { TerminalRecording } from '../report/terminals/terminal-recording.ts';
import { ReportFold } from '../report/report-fold.ts';
import { CAPTURE_FILE, roleFile } from '../report/run/run-files.ts';
import { concluded, readEvents, readRunFile } from '../state/runs/read-run.ts';
import type { StoredRun } from '../state/runs/stored-runs.ts';
import { gatherCapture } from './gather-capture.ts';
import { readBounded } from './read-bounded.ts';
import { verifyRecord } from './verify/verify-record.ts';

/** What a report shows of a file at most. A program may have printed gigabytes: a page must open all the same. */
const terminalBytes = { head: 48 * 1024, tail: 16 * 1024 };
const sourceBytes = { head: 96 * 1024, tail: 0 };

/**
 * Reads a run folder for a report. Files that are missing there are left out, and that is said in the report.
 *
 * @throws {EnvironmentError} `run-damaged` when `run.json` or the events hold what `lab` did not write.
 */
export async function gatherReport(run: StoredRun): Promise<ReportData> {
  const stored = await readRunFile(run);
  const fold = new ReportFold();
  for await (const event of readEvents(run)) fold.take(event);
  const { network, facts, portChecks, notices, moments } = fold;
  const { lab } = network;
  const document = concluded(fold.summary, stored);
  const recordings = fold.recordings.recordings();
  const [terminals, session, sources, capture, files, { misfits, more, unknown, signature }] = await Promise.all([
    Promise.all(document.roles.map(({ role, machine }) => terminalOf(run, recordings.get(role), role, machine))),
    readBounded(join(run.path, 'session.log'), terminalBytes),
    readSources(run, lab),
    gatherCapture(join(run.path, CAPTURE_FILE), { network, moments: moments.moments }),
    hashFiles(run.path),
    verifyRecord(run.path),
  ]);
  return {
    run: document,
    lab,
    facts,
    portChecks,
    terminals,
    pace: fold.recordings.pace,
    session: session ?? wholeText(''),
    sources,
    capture,
    files,
    notices,
    record: { misfits, more, unknown, signature },
  };
}

async function terminalOf(
  run: StoredRun,
  recording: TerminalRecording | undefined,
  role: string,
  machine: string,
): Promise<ReportTerminal> {
  const text = (await readBounded(join(run.path, roleFile(role, 'log')), terminalBytes)) ?? wholeText('');
  return { role, machine, text, cast: recording?.cast, castIsCut: recording?.isCut ?? false };
}

async function readSources(
  { path }: StoredRun,
  lab: LabDescription | undefined,
): Promise<ReadonlyMap<string, BoundedText>> {
  const stored =
    lab?.programs.flatMap(({ files }) => files.flatMap((file) => (file.stored === undefined ? [] : [file.stored]))) ??
    [];
  const folder = await realpath(path);
  const texts = await Promise.all(stored.map(async (name) => [name, await readSource(folder, name)] as const));
  return new Map(texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

/** No folder on the way is a link out of the run: a record that someone sent must not show files of its reader. */
async function readSource(folder: string, name: string): Promise<BoundedText | undefined> {
  const path = join(folder, name);
  const real = await realpath(path).catch(() => undefined);
  return real === path ? readBounded(path, sourceBytes) : undefined;
}

/** Reports are made from the other files, and would differ each time; what is to become a file is none yet. */
const REPORTS = /^report\.\w+$|\.tmp$/;

async function hashFiles(folder: string): Promise<HashedFile[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !REPORTS.test(name)).toSorted();
  const hashed = await Promise.all(
    names.map(async (name): Promise<HashedFile | undefined> => {
      const path = join(folder, name);
      const info = await lstat(path).catch(() => undefined);
      return info?.isFile() ? { name, sizeBytes: info.size, sha256: await sha256Of(path) } : undefined;
    }),
  );
  return hashed.filter((file) => file !== undefined);
}
