import { rmSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { EnvironmentError, LabError, messageOf, UsageError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/json-text.ts';
import { ShapeError } from '../../core/json/shape.ts';
import { readOrdinary } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { makeTemporaryFolder } from '../../host/files/own-folder.ts';
import type { Misfit, Unknown } from '../../report/record/misfit.ts';
import { gatherReport } from '../gather-report.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';
import { RUN_FILE } from './compare-result.ts';
import { kindOf } from './folder-tree.ts';
import { unpackRecord } from './packed-record.ts';
import { pageOf, pageRecordShape, RECORD_BEGIN, RECORD_END, type PageRecord } from './report-page.ts';
import { verifyRecord, type VerifiedRecord, type VerifyRecordOptions } from './verify-record.ts';

/** A page of ours has its record, its player and bounded parts. Bytes. */
const LARGEST_PAGE = 128 * 1024 * 1024;

/**
 * Verifies the record that a page of `lab report` carries, and whether the page shows that record: it is made again from
 * it and compared.
 *
 * @throws {UsageError} `no-record` for a page that carries none. @throws {EnvironmentError} when it cannot be read.
 */
export async function verifyPage(
  path: string,
  options: Pick<VerifyRecordOptions, 'keys' | 'signal'> = {},
): Promise<VerifiedRecord> {
  const page = await readPage(path);
  const file = basename(path);
  const carried = recordIn(page, path);
  const folder = makeTemporaryFolder('record');
  try {
    await unpackRecord(carried.packed, folder);
    const leftOut = new Set(carried.leftOut);
    const verified = await verifyRecord(folder, { ...options, leftOut });
    const { misfits, unknown } = await comparePage(page, file, carried, folder);
    return { ...verified, misfits: [...misfits, ...verified.misfits], unknown: [...verified.unknown, ...unknown] };
  } catch (error) {
    if (error instanceof ShapeError) throw damagedPage(path, error);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where `lab report` puts the page of a run. */
const PAGE_FILE = 'report.html';

/**
 * What is wrong with the page in the folder of a run, if there is one: it shows something else than the record that it
 * carries, or carries another one.
 */
export async function verifyPageOf(folder: string): Promise<PageFindings> {
  const path = join(folder, PAGE_FILE);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return { misfits: [], unknown: [] };
  if (!found.isFile()) return { misfits: [{ file: PAGE_FILE, kind: 'no-file', what: kindOf(found) }], unknown: [] };
  const carried = join(makeTemporaryFolder('record'), 'carried');
  try {
    const page = await readPage(path);
    const record = recordIn(page, path);
    await unpackRecord(record.packed, carried);
    const [ours, theirs] = await Promise.all([folder, carried].map(runFileOf));
    if (!ours!.equals(theirs!)) return { misfits: [{ file: PAGE_FILE, kind: 'page-of-another' }], unknown: [] };
    return await comparePage(page, PAGE_FILE, record, carried);
  } catch (error) {
    if (error instanceof UsageError) return { misfits: [], unknown: [{ kind: 'page-without' }] };
    if (!(error instanceof LabError || error instanceof ShapeError)) throw error;
    return { misfits: [{ file: PAGE_FILE, kind: 'unreadable', reason: error.message }], unknown: [] };
  } finally {
    rmSync(dirname(carried), { recursive: true, force: true });
  }
}

/** Empty when there is none. */
async function runFileOf(folder: string): Promise<Buffer> {
  return Buffer.from((await readStoredBytes(join(folder, RUN_FILE), LARGEST_PAGE)) ?? []);
}

async function readPage(path: string): Promise<string> {
  const content = await readOrdinary(path, LARGEST_PAGE).catch((cause: unknown) => {
    throw new EnvironmentError(say`cannot read ${path}: ${messageOf(cause)}`, { code: 'page-unreadable', cause });
  });
  if (content !== undefined) return content.toString('utf8');
  throw new UsageError(say`${path} is larger than any report`, {
    code: 'no-record',
    hint: say`Name the page of a report.`,
  });
}

/** The last one, where a foreign one would stand before it; that shows when the page is made again. */
function recordIn(page: string, path: string): PageRecord {
  const begin = page.lastIndexOf(RECORD_BEGIN);
  const from = begin + RECORD_BEGIN.length;
  const end = page.indexOf(RECORD_END, from);
  if (begin === -1 || end === -1)
    throw new UsageError(say`${path} carries no record of a run`, {
      code: 'no-record',
      hint: say`Pages of "lab report" carry it, but those of an older lab do not. Name the folder of the run instead.`,
    });
  try {
    return pageRecordShape(parseJson(page.slice(from, end)), '');
  } catch (error) {
    if (error instanceof ShapeError) throw damagedPage(path, error);
    throw error;
  }
}

function damagedPage(path: string, error: ShapeError): EnvironmentError {
  return new EnvironmentError(say`the record in ${path} is damaged: ${error.message}`, {
    code: 'run-damaged',
    hint: say`Name the folder of the run instead, or make the page again: lab report`,
    cause: error,
  });
}

type PageFindings = Pick<VerifiedRecord, 'misfits' | 'unknown'>;

async function comparePage(page: string, file: string, carried: PageRecord, folder: string): Promise<PageFindings> {
  const { version, node, leftOut, heading } = carried;
  const unknown: Unknown[] = leftOut.length === 0 ? [] : [{ kind: 'left-out', files: leftOut }];
  if (version !== packageJson.version || node !== process.version)
    return { misfits: [], unknown: [...unknown, { kind: 'page-of-other', version, node }] };
  if (leftOut.length > 0) return { misfits: [], unknown };
  try {
    const data = await gatherReport({ id: basename(folder), path: folder });
    const lab = data.lab && heading !== null ? { ...data.lab, report: heading } : data.lab;
    const misfit = firstDifference(page, await pageOf({ ...data, lab }, carried));
    return { misfits: misfit === undefined ? [] : [{ file, ...misfit }], unknown };
  } catch (error) {
    // The record cannot be shown at all; what is wrong with it is told already.
    if (error instanceof LabError || error instanceof RangeError) return { misfits: [], unknown };
    throw error;
  }
}

/** Before the first character that differs, so much of the line is shown. */
const SHOWN_BEFORE = 30;

function firstDifference(
  seen: string,
  told: string,
): Pick<Misfit & { kind: 'page' }, 'kind' | 'line' | 'seen' | 'told'> | undefined {
  if (seen === told) return undefined;
  const [ours, theirs] = [told.split('\n'), seen.split('\n')];
  const index = ours.findIndex((line, number) => line !== theirs[number]);
  const at = index === -1 ? ours.length : index;
  const [one = '', other = ''] = [theirs[at], ours[at]];
  let column = 0;
  while (column < one.length && one[column] === other[column]) column += 1;
  const from = Math.max(0, column - SHOWN_BEFORE);
  return { kind: 'page', line: at + 1, seen: one.slice(from), told: other.slice(from) };
}
