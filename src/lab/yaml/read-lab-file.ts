import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { systemCode, UsageError } from '../../core/errors.ts';
import { NoOrdinaryFileError, readOrdinary } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import type { Problem } from '../problem.ts';

/** A thousand machines with all their fields need half of this; parsing this much YAML takes about a second. */
const MOST_BYTES = 1024 * 1024;

const SAVE_AS_UTF8 = say`save the file as UTF-8 in your editor`;

/**
 * The text of a lab file, without a byte order mark; with a problem when it is not text, or too large for a lab file.
 */
export interface LabText {
  readonly text: string;
  readonly problem?: Problem;
}

/** @throws {UsageError} `lab-file-missing` when it does not exist or cannot be read. */
export async function readLabFile(file: string): Promise<LabText> {
  const bytes = await readBytes(file);
  if (bytes === undefined) {
    const message = say`is larger than ${MOST_BYTES / 1024 / 1024} MiB, too large for a lab file`;
    return { text: '', problem: problemAt(1, 1, message, say`check that this is the file that you mean`) };
  }
  const text = decode(bytes, true);
  if (text !== undefined) return { text };
  return { text: decode(bytes, false)!, problem: encodingProblem(bytes) };
}

async function readBytes(file: string): Promise<Buffer | undefined> {
  try {
    return await readOrdinary(file, MOST_BYTES);
  } catch (cause) {
    throw unreadable(file, cause, await stat(file).catch(() => undefined));
  }
}

/** What is answered where there is no lab file. */
export function noLabFile(file: string, cause?: unknown): UsageError {
  return new UsageError(say`there is no file ${file}`, {
    code: 'lab-file-missing',
    hint: say`Write one with "lab init", or name another with "lab -f FILE".`,
    cause,
  });
}

function unreadable(file: string, cause: unknown, found: Stats | undefined): UsageError {
  // The owner of a file may change its rights.
  const ours = found?.uid === process.getuid?.();
  const code = systemCode(cause);
  if (code === 'ENOENT') return noLabFile(file, cause);
  const odd = cause instanceof NoOrdinaryFileError ? cause.kind : '';
  const [message, hint] =
    code === 'ENOTREGULAR' && found?.isDirectory()
      ? [say`${file} is a folder`, say`Name the file: "lab -f FOLDER/lab.yaml".`]
      : ({
          EACCES: [
            say`${file} may not be read by this user`,
            ours
              ? say`Give yourself the right: chmod u+r ${file}, or write a new one elsewhere with "lab init".`
              : say`Name a file of your own with "lab -f FILE", or write one with "lab init".`,
          ],
          ELOOP: [
            say`${file} is a link that leads to itself`,
            say`Remove the link, and write the file with "lab init" or copy it there.`,
          ],
          ENOTREGULAR: [
            say`${file} is no ordinary file but ${odd}`,
            say`Save the lab file as an ordinary file, and name that: "lab -f FILE".`,
          ],
        }[code ?? ''] ?? [
          say`${file} cannot be read (${code ?? say`unknown error`})`,
          say`Name another with "lab -f FILE", or write one with "lab init".`,
        ]);
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
  if (mark === 'fffe' || mark === 'feff') return problemAt(1, 1, say`is written in UTF-16`, SAVE_AS_UTF8);
  let line = 0;
  for (let start = 0; start <= bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    if (decode(bytes.subarray(start, end), true) === undefined) {
      const column = decode(bytes.subarray(start, end), false)!.indexOf('\uFFFD') + 1;
      return problemAt(line + 1, column, say`a character that is not UTF-8`, SAVE_AS_UTF8);
    }
    start = end + 1;
  }
  return problemAt(1, 1, say`is not UTF-8`, SAVE_AS_UTF8);
}

function problemAt(line: number, column: number, message: string, hint: string): Problem {
  return { position: { line, column }, length: 1, path: '', message, hint };
}
