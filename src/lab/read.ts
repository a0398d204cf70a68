import { open } from 'node:fs/promises';
import { systemCode, UsageError } from '../core/errors.ts';
import type { Problem } from './problem.ts';

/** A thousand machines with all their fields need half of it, and a YAML parser takes about a second for it. */
const MOST_BYTES = 1024 * 1024;

const SAVE_AS_UTF8 = 'save the file as UTF-8 in your editor';

/** The text of a lab file, without a byte order mark; with a problem when it is no text, or too large to be a lab file. */
export interface LabText {
  readonly text: string;
  readonly problem?: Problem;
}

/** @throws {UsageError} `lab-file-missing` when it does not exist or cannot be read. */
export async function readLabFile(file: string): Promise<LabText> {
  const bytes = await readBytes(file);
  if (bytes.length > MOST_BYTES) {
    const message = `is larger than ${MOST_BYTES / 1024 / 1024} MiB, too large for a lab file`;
    return { text: '', problem: problemAt(1, 1, message, 'check that this is the file that you mean') };
  }
  const text = decode(bytes, true);
  if (text !== undefined) return { text };
  return { text: decode(bytes, false)!, problem: encodingProblem(bytes) };
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    await using handle = await open(file);
    const chunks: Buffer[] = [];
    for (let size = 0; size <= MOST_BYTES; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    throw unreadable(file, systemCode(cause), cause);
  }
}

function unreadable(file: string, code: string | undefined, cause: unknown): UsageError {
  const [message, hint] = {
    ENOENT: [`there is no file ${file}`, 'Write one with "lab init", or name another with "lab -f FILE".'],
    EISDIR: [`${file} is a folder`, 'Name the file: "lab -f FOLDER/lab.yaml".'],
    EACCES: [`${file} may not be read by this user`, `Give yourself the right: chmod u+r ${file}, or write a new one elsewhere with "lab init".`],
  }[code ?? ''] ?? [`${file} cannot be read (${code ?? 'unknown error'})`, 'Name another with "lab -f FILE", or write one with "lab init".'];
  return new UsageError(message!, { code: 'lab-file-missing', hint, cause });
}

function decode(bytes: Uint8Array, fatal: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal }).decode(bytes);
  } catch {
    return undefined;
  }
}

function encodingProblem(bytes: Buffer): Problem {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') return problemAt(1, 1, 'is written in UTF-16', SAVE_AS_UTF8);
  let line = 0;
  for (let start = 0; start <= bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    if (decode(bytes.subarray(start, end), true) === undefined) {
      const column = decode(bytes.subarray(start, end), false)!.indexOf('\uFFFD') + 1;
      return problemAt(line + 1, column, 'a character that is not UTF-8', SAVE_AS_UTF8);
    }
    start = end + 1;
  }
  return problemAt(1, 1, 'is not UTF-8', SAVE_AS_UTF8);
}

function problemAt(line: number, column: number, message: string, hint: string): Problem {
  return { position: { line, column }, length: 1, path: '', message, hint };
}
