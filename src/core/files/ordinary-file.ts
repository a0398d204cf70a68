import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { say } from '../language/say.ts';

/**
 * A path leads to something that is no ordinary file: reading it could wait for ever, have no end, or do something.
 * `code` as system errors have one.
 */
export class NoOrdinaryFileError extends Error {
  override readonly name = 'NoOrdinaryFileError';
  readonly code = 'ENOTREGULAR';
  /** `a named pipe`, `a folder`. */
  readonly kind: string;

  constructor(path: string, kind: string) {
    super(say`${path} is ${kind}, no ordinary file`);
    this.kind = kind;
  }
}

/**
 * Opens a file to read it, and nothing else than a file: without O_NONBLOCK, open(2) of a named pipe waits until
 * somebody writes to it, in a thread that nothing can end, not even the end of the process.
 *
 * @throws {NoOrdinaryFileError} for pipes, devices, sockets and folders. @throws system errors as open(2) has them.
 */
export async function openOrdinary(path: string, flags = 0): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  } catch (error) {
    // open(2): the path is a socket, or a device without a driver.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO')
      throw new NoOrdinaryFileError(path, say`a socket or a device`);
    throw error;
  }
  const kind = oddKind(await handle.stat());
  if (kind === undefined) return handle;
  await handle.close();
  throw new NoOrdinaryFileError(path, kind);
}

/**
 * The content of an ordinary file; undefined when it is larger than `mostBytes`, of which no more is read.
 *
 * @throws as `openOrdinary`
 */
export async function readOrdinary(path: string, mostBytes: number): Promise<Buffer | undefined> {
  await using handle = await openOrdinary(path);
  const chunks: Buffer[] = [];
  for (let size = 0; size <= mostBytes;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return undefined;
}

/** What a path leads to in words; undefined when that is an ordinary file, or nothing. */
export function oddKind(found: Stats | undefined): string | undefined {
  if (found === undefined || found.isFile()) return undefined;
  if (found.isDirectory()) return say`a folder`;
  if (found.isFIFO()) return say`a named pipe`;
  return found.isSocket() ? say`a socket` : say`a device`;
}
