import type { FileHandle } from 'node:fs/promises';
import { LabError } from '../core/errors.ts';
import type { BoundedText } from '../report/report-data.ts';
import { openStored } from '../state/files/stored-file.ts';

/** How much of a text is read, from its beginning and from its end. */
export interface TextBounds {
  readonly head: number;
  readonly tail: number;
}

/**
 * The beginning and the end of a text file of a run, cut at line breaks where there are some; undefined when there is
 * none.
 *
 * @throws {EnvironmentError} `not-a-file`.
 */
export async function readBounded(path: string, { head, tail }: TextBounds): Promise<BoundedText | undefined> {
  try {
    await using file = await openStored(path);
    if (file === undefined) return undefined;
    const { size } = await file.stat();
    if (size <= head + tail)
      return { head: (await readPart(file, 0, size)).toString('utf8'), tail: '', omittedBytes: 0 };
    const first = cutEnd(await readPart(file, 0, head));
    const last = cutStart(await readPart(file, size - tail, tail));
    return {
      head: first.toString('utf8'),
      tail: last.toString('utf8'),
      omittedBytes: size - first.length - last.length,
    };
  } catch (error) {
    if (error instanceof LabError) throw error;
    return undefined;
  }
}

async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

const LINE_FEED = 0x0a;

/** Without its last, unfinished line. */
function cutEnd(part: Buffer): Buffer {
  const end = part.lastIndexOf(LINE_FEED);
  return end === -1 ? part : part.subarray(0, end + 1);
}

/** Without its first line, whose beginning is missing. */
function cutStart(part: Buffer): Buffer {
  const start = part.indexOf(LINE_FEED);
  return start === -1 ? part : part.subarray(start + 1);
}
