import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { EnvironmentError } from '../../core/errors.ts';
import { storing } from '../../host/files/storage-error.ts';
import { unless } from './storage.ts';
import { say } from '../../core/language/say.ts';

/**
 * Opens a file of a stored run to read it. The folder may come from someone else, with anything in its place: what is
 * no ordinary file (a pipe, which would never end, or a link to a file of the reader) is refused.
 *
 * @returns undefined when there is none. @throws {EnvironmentError} `not-a-file`, or when it cannot be read.
 */
export async function openStored(path: string): Promise<FileHandle | undefined> {
  // O_NONBLOCK: open(2) of a pipe without a writer waits for one.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await storing(say`cannot read ${path}`, () => unless(['ENOENT'], open(path, flags)));
  if (handle === undefined || (await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new EnvironmentError(say`cannot read ${path}: it is no ordinary file`, { code: 'not-a-file', hint: ELSEWHERE });
}

/** The next step for a user whose run is damaged. */
const ELSEWHERE = say`It was changed after the run was stored. "lab runs" shows the other runs, "lab run" plays it again.`;

/** A file of a run that does not hold what `lab` writes there. `line` counts from 1. */
export function damaged(path: string, line: number | undefined, reason: string): EnvironmentError {
  const place = line === undefined ? path : `${path}:${line}`;
  return new EnvironmentError(say`${place} is damaged: ${reason}`, { code: 'run-damaged', hint: ELSEWHERE });
}

/** A larger `run.json` or line is no work of `lab`; what is read is held in memory. Bytes. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The text of a small file.
 *
 * @throws {EnvironmentError} as `readStoredBytes`, and `run-damaged` when it is not UTF-8.
 */
export async function readStored(path: string): Promise<string | undefined> {
  const bytes = await readStoredBytes(path, MOST_BYTES);
  return bytes && decoded(bytes, path, undefined);
}

/**
 * The content of a file of at most so many bytes.
 *
 * @throws {EnvironmentError} as `openStored`, and `run-damaged` when it is larger.
 */
export async function readStoredBytes(path: string, mostBytes: number): Promise<Uint8Array | undefined> {
  await using handle = await openStored(path);
  if (handle === undefined) return undefined;
  const { size } = await handle.stat();
  if (size > mostBytes) throw damaged(path, undefined, say`it is larger than ${mostBytes / 1024 / 1024} MiB`);
  return storing(say`cannot read ${path}`, () => handle.readFile());
}

/** One line of a file, without its line feed. */
export interface StoredLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** The file ends without a line feed: its writer was killed meanwhile. */
  readonly isCut: boolean;
}

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 256 * 1024;

/**
 * The lines of a file, read as a stream.
 *
 * @throws {EnvironmentError} `run-damaged` for a line that is too long, or not UTF-8.
 */
export async function* linesOf(handle: FileHandle, path: string): AsyncGenerator<StoredLine> {
  let number = 1;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunksOf(handle, path)) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      yield { text: decoded(Buffer.concat([...begun, chunk.subarray(from, end)]), path, number), number, isCut: false };
      [begun, begunBytes, from] = [[], 0, end + 1];
      number += 1;
    }
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > MOST_BYTES) throw damaged(path, number, say`the line is too long`);
  }
  // A character may be cut as well, so what is left of the line need not be valid UTF-8.
  if (begunBytes > 0) yield { text: Buffer.concat(begun).toString('utf8'), number, isCut: true };
}

async function* chunksOf(handle: FileHandle, path: string): AsyncGenerator<Buffer> {
  for (;;) {
    const { buffer, bytesRead } = await storing(say`cannot read ${path}`, () =>
      handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null),
    );
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array, path: string, line: number | undefined): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw damaged(path, line, say`it is not UTF-8`);
  }
}
