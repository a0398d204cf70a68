import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { readOwnFile } from './files/own-file.ts';
import { storing } from '../host/files/storage-error.ts';
import { replaceFile, syncFolder } from './files/storage.ts';
import { say } from '../core/language/say.ts';

/** One line of the journal: what is about to be made, and when that was (ISO 8601). */
export interface JournalRecord {
  readonly at: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** What is written; `at` is added. */
export interface NewRecord {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The way into a journal. Only the holder of the lab's lock writes. */
export interface Journal {
  /**
   * Adds a record; it is on disk (fdatasync(2)) when the promise resolves. Records that are added while the disk is
   * busy share one write, so many machines at once cost little more than one. Order is that of the calls.
   *
   * @throws {EnvironmentError} when the disk is full or fails; the record is then not in the journal.
   */
  append(entry: NewRecord): Promise<void>;
  /** As `readJournal`. */
  records(): Promise<JournalRecord[]>;
}

/** Path of the journal in a `.lab` folder: newline-delimited JSON, append-only. */
export function journalPath(folder: string): string {
  return join(folder, 'journal.ndjson');
}

/**
 * The journal of a `.lab` folder, which must exist. Nothing is opened until the first record, and nothing needs to be
 * closed. Open it once for each holding of the lock: two that write at the same time would write over each other.
 */
export function openJournal(folder: string): Journal {
  const queue = new BatchQueue(journalPath(folder));
  return {
    append: (entry) => queue.add(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`),
    records: () => readJournal(folder),
  };
}

/**
 * All whole records of the journal of a `.lab` folder, oldest first; none when there is no journal. A last line that a
 * crash cut off was never reported to be on disk, so what it announces was never made: it is left out. Anything else
 * that is no record was damaged by something other than lab: it is left out as well, and `onFault` is called, because
 * `down` has to work with what there is.
 *
 * @throws {EnvironmentError} when it cannot be read, for want of a right for example.
 */
export async function readJournal(
  folder: string,
  onFault?: (fault: EnvironmentError) => void,
): Promise<JournalRecord[]> {
  const path = journalPath(folder);
  const file = readOwnFile(path);
  if (file === 'damaged') onFault?.(noJournal(path));
  const lines = typeof file === 'string' ? [] : file.text.split('\n').slice(0, -1);
  return lines.flatMap((line, index) => {
    const record = parseRecord(line);
    if (record !== undefined) return [record];
    if (index < lines.length - 1) onFault?.(brokenLine(path, index + 1, line));
    return [];
  });
}

/**
 * Rewrites the journal with these records, whatever has its name. Call it with the lab's lock held.
 *
 * @throws {EnvironmentError} as `replaceFile`.
 */
export async function rewriteJournal(folder: string, records: readonly JournalRecord[]): Promise<void> {
  await replaceFile(journalPath(folder), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/**
 * Removes the journal, and what else has its name; safe when there is none. Call it when nothing that it names exists
 * any more.
 */
export async function removeJournal(folder: string): Promise<void> {
  const path = journalPath(folder);
  await storing(say`cannot remove ${path}`, () => rm(path, { recursive: true, force: true }));
}

interface Batch {
  lines: string;
  readonly written: PromiseWithResolvers<void>;
}

/** Records that wait for the disk, written one batch at a time. Those that come while it is busy form the next one. */
class BatchQueue {
  readonly #path: string;
  #waiting: Batch | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  add(line: string): Promise<void> {
    this.#waiting ??= this.#newBatch();
    this.#waiting.lines += line;
    return this.#waiting.written.promise;
  }

  #newBatch(): Batch {
    const batch: Batch = { lines: '', written: Promise.withResolvers() };
    this.#last = this.#last.then(async () => {
      this.#waiting = undefined;
      await storing(say`cannot write ${this.#path}`, () => appendDurably(this.#path, Buffer.from(batch.lines))).then(
        batch.written.resolve,
        batch.written.reject,
      );
    });
    return batch;
  }
}

/** Adds whole lines after the last whole line, and puts them on disk. */
async function appendDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    0o600,
  );
  try {
    const end = await endOfLastLine(file);
    try {
      await writeAll(file, bytes, end);
      await file.datasync();
    } catch (error) {
      // What got through of a record that failed would join the next one to a broken line.
      await file.truncate(end).catch(() => undefined);
      throw error;
    }
    if (end === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}

/**
 * Where the next record goes. A last line that a crash cut off is removed, or it would join the next one to a broken
 * line.
 */
async function endOfLastLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const lastByte = Buffer.alloc(1);
  if (size > 0) await file.read(lastByte, 0, 1, size - 1);
  if (size === 0 || lastByte[0] === NEWLINE) return size;
  const content = await file.readFile();
  const end = content.lastIndexOf(NEWLINE) + 1;
  await file.truncate(end);
  return end;
}

const NEWLINE = 0x0a;

/** write(2) may take less than it is given, on a disk that fills up for example. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<JournalRecord> | null;
    return typeof value === 'object' && typeof value?.kind === 'string' && typeof value.at === 'string'
      ? (value as JournalRecord)
      : undefined;
  } catch {
    return undefined;
  }
}

function brokenLine(path: string, lineNumber: number, line: string): EnvironmentError {
  return new EnvironmentError(
    say`${path}:${lineNumber} is no journal record; something other than lab changed the file`,
    { code: 'journal-broken', detail: line.slice(0, 200), hint: say`"lab gc" finds what the line may have named.` },
  );
}

function noJournal(path: string): EnvironmentError {
  return new EnvironmentError(say`${path} is no journal; something other than lab changed it`, {
    code: 'journal-broken',
    hint: say`"lab gc" finds what it may have named.`,
  });
}
