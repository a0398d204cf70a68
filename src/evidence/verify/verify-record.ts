import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { LabError, messageOf } from '../../core/errors.ts';
import { parseJson } from '../../core/json/json-text.ts';
import { ShapeError } from '../../core/json/shape.ts';
import type { Misfit, RecordCheck, Unknown } from '../../report/record/misfit.ts';
import { roleFile } from '../../report/run/run-files.ts';
import { runShape } from '../../report/run/run-shape.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { concluded } from '../../state/runs/read-run.ts';
import { readStored } from '../../state/files/stored-file.ts';
import { checkFiles } from './check-files.ts';
import { compareResult, RUN_FILE } from './compare-result.ts';
import { isAsWritten, tellRecord } from './told-record.ts';

/** A record, compared with itself. */
export interface VerifiedRecord extends RecordCheck {
  /** What follows from the events, with the end that `run.json` knows of a run that broke off. */
  readonly result: RunDocument;
}

const MOST_MISFITS = 50;

/**
 * Compares the parts of a stored run: the files with the hashes of `run.json`, what `run.json` says with what follows
 * from the events, logs and recordings with the events. Whatever lies in the folder, it is read in bounded memory,
 * nothing outside is read, and it is never an error.
 */
export async function verifyRecord(folder: string): Promise<VerifiedRecord> {
  const { stored, misfits: ownMisfits } = await readRunJson(folder);
  const listed = stored?.files;
  const omitting = new Set(
    (stored?.roles ?? [])
      .filter(({ omittedBytes }) => omittedBytes !== undefined)
      .flatMap(({ role }) => [roleFile(role, 'log'), roleFile(role, 'cast'), 'session.log', 'session.cast']),
  );
  const told = await tellRecord(folder, {
    compares: (file) => listed !== undefined && !omitting.has(file),
    isExact: listed !== undefined,
  });
  const version = told.network.lab?.version;
  const isOurs = version === undefined || version === packageJson.version;
  const isWhole = stored !== undefined && stored.result !== 'running' && stored.result !== 'broken';
  const fileMisfits = listed === undefined ? [] : await checkFiles(folder, listed);
  const absent = new Set(fileMisfits.filter(({ kind }) => kind !== 'hash' && kind !== 'size').map(({ file }) => file));
  const misfits = [
    ...ownMisfits,
    ...(isWhole ? compareResult(stored, told.summary.document()) : []),
    ...fileMisfits,
    ...told.misfits.filter(({ file }) => !absent.has(file)),
    ...(isOurs ? told.textMisfits.filter(({ file }) => !absent.has(file)) : []),
  ];
  const unknown: Unknown[] = [
    ...(listed !== undefined ? [] : [{ kind: stored?.result === 'running' ? 'broke-off' : 'no-hashes' } as const]),
    ...(omitting.size === 0 ? [] : [{ kind: 'output-omitted', files: [...omitting].toSorted() } as const]),
    ...(isOurs ? [] : [{ kind: 'other-version', version } as const]),
  ];
  return {
    result: concluded(told.summary, stored),
    misfits: misfits.slice(0, MOST_MISFITS),
    more: Math.max(0, misfits.length - MOST_MISFITS),
    unknown,
  };
}

interface RunJson {
  readonly stored: RunDocument | undefined;
  readonly misfits: readonly Misfit[];
}

function unreadable(reason: string): RunJson {
  return { stored: undefined, misfits: [{ file: RUN_FILE, kind: 'unreadable', reason }] };
}

async function readRunJson(folder: string): Promise<RunJson> {
  try {
    const text = await readStored(join(folder, RUN_FILE));
    if (text === undefined) return { stored: undefined, misfits: [{ file: RUN_FILE, kind: 'missing' }] };
    const value = parseJson(text);
    if (value === undefined) return unreadable('it is no JSON');
    const stored = runShape(value, '');
    const isExact = stored.files === undefined || isAsWritten(text.replace(/\n$/, ''), stored, 2);
    return { stored, misfits: isExact ? [] : [{ file: RUN_FILE, kind: 'not-as-written' }] };
  } catch (error) {
    if (error instanceof ShapeError || error instanceof LabError) return unreadable(messageOf(error));
    throw error;
  }
}
