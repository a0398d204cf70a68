import { sayBytes } from '../core/language/amounts.ts';
import { stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { ConnectionError, EnvironmentError, LabError, messageOf, systemCode, TimeoutError } from '../core/errors.ts';
import { hashOf } from '../core/files/sha256.ts';
import { shownFileName } from '../core/text/file-name.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { reasonIn, type CopyEntry, type NotCopied } from './copy-entries.ts';
import { TransferError } from '../ssh/channel/transfer-error.ts';
import { localTree, MOST_UNSIZED_BYTES, openForCopy } from './copy-local.ts';
import { remotePath, remoteTree } from './copy-remote.ts';
import { CopyTarget, InTheWay } from './copy-target.ts';
import { makeRemoteFolders, remoteHashes, remoteTarget, type SendCandidate } from './copy-target-remote.ts';

/** How a copy went, as far as it went. */
export interface Copied {
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already. */
  readonly unchanged: number;
  readonly left: readonly NotCopied[];
}

/** Files under way at once per connection: hides the round trips without taking all channels. */
const PARALLEL_FILES = 4;
/** A machine that lets so many transfers stand still, one after the other, is not asked for more. */
const MOST_STALLS = 3;

/**
 * Copies a file or folder from this host to a machine. What cannot be copied is left out and named in the result; a
 * file is there whole or not at all.
 *
 * @throws {EnvironmentError} when the thing itself cannot be read here or written there; when the disk is full. @throws
 * {ConnectionError}
 */
export async function copyToMachine(
  source: string,
  shell: Shell,
  target: string,
  signal: AbortSignal,
): Promise<Copied> {
  const { entries, left } = await localTree(source, signal);
  const { root, freeBytes } = await remoteTarget(shell, target, basename(source), signal);
  const at = (path: string): string => (path === '' ? root : posix.join(root, path));
  await makeRemoteFolders(
    shell,
    entries.filter(({ folder }) => folder).map(({ path }) => at(path)),
    signal,
  );
  const there = await remoteHashes(
    shell,
    filesOf(entries).map(({ path, bytes, mode }) => ({ path: at(path), bytes, mode })),
    signal,
  );
  return copyFiles({ entries, left, freeBytes, signal, noRoom: noRoomOn(shell.machine) }, async ({ path, mode }) => {
    await using file = await openForCopy(path === '' ? source : join(source, path));
    const sha256 = (await hashOf(file.read())).sha256;
    if (there.get(at(path)) === sha256) return 'unchanged';
    await shell.put(file.read(), at(path), { mode, sha256, signal });
    return file.bytes;
  });
}

/**
 * Copies a file or folder from a machine to this host; see `copyToMachine`. Nothing is written outside of the target,
 * whatever the machine answers.
 *
 * @throws {EnvironmentError} when the thing itself cannot be read there or written here; when the disk is full. @throws
 * {ConnectionError}
 */
export async function copyFromMachine(
  shell: Shell,
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<Copied> {
  const { entries, left } = await remoteTree(shell, source, signal);
  const place = new CopyTarget(await localRoot(target, posix.basename(posix.resolve('/', source))));
  const refused: NotCopied[] = [];
  for (const { path } of entries.filter(({ folder }) => folder))
    await place.makeFolder(path).catch((error: unknown) => refused.push(refusal(place, path, error)));
  const there = await remoteHashes(shell, await sameSize(place, source, filesOf(entries)), signal);
  const request = {
    entries,
    left: [...left, ...refused],
    freeBytes: await place.freeBytes(),
    noRoom: noRoomHere,
    signal,
  };
  return copyFiles(request, async ({ path, mode, bytes }) => {
    const from = remotePath(source, path);
    if (there.has(from) && there.get(from) === (await localHash(place.at(path)))) return 'unchanged';
    // A file of /proc says that it is empty; one that grows is copied as it was when it was listed.
    const counted = new Counted(shell.get(from, { maxBytes: bytes === 0 ? MOST_UNSIZED_BYTES : bytes, signal }));
    await place.write(path, mode, counted);
    return counted.bytes;
  });
}

interface FilesRequest {
  readonly entries: readonly CopyEntry[];
  readonly left: readonly NotCopied[];
  readonly freeBytes: number | undefined;
  /** The reason why a file does not fit. */
  readonly noRoom: (bytes: string, free: string) => string;
  readonly signal: AbortSignal;
}

/** Copies the files one by one, a few at a time. `copy` gives how many bytes it copied. */
async function copyFiles(
  { entries, left, freeBytes = Infinity, noRoom, signal }: FilesRequest,
  copy: (entry: CopyEntry) => Promise<number | 'unchanged'>,
): Promise<Copied> {
  const result = { files: 0, bytes: 0, unchanged: 0, left: [...left] };
  let stalls = 0;
  await eachOf(filesOf(entries), async (entry) => {
    signal.throwIfAborted();
    const leave = (reason: string): void => void result.left.push({ path: entry.path, reason });
    if (entry.bytes > freeBytes) return leave(noRoom(sayBytes(entry.bytes), sayBytes(freeBytes)));
    try {
      const copied = await copy(entry);
      if (copied === 'unchanged') result.unchanged++;
      else [result.files, result.bytes] = [result.files + 1, result.bytes + copied];
      stalls = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (
        error instanceof LabError &&
        (entry.path === '' || (error instanceof TimeoutError && ++stalls >= MOST_STALLS))
      )
        throw error;
      leave(reasonFor(error));
    }
  });
  return result;
}

function noRoomOn(machine: string): FilesRequest['noRoom'] {
  return (bytes, free) => say`it has ${bytes}, and ${free} are free on ${machine}`;
}

function noRoomHere(bytes: string, free: string): string {
  return say`it has ${bytes}, and ${free} are free here`;
}

/** Why one file was not copied. @throws what concerns all of them. */
function reasonFor(error: unknown): string {
  if (error instanceof ConnectionError) throw error;
  if (error instanceof InTheWay) return error.message;
  if (error instanceof LabError) {
    if (error.code === 'remote-disk-full') throw error;
    if (error.code === 'put-corrupt') return say`it changed while it was read`;
    const reason = error instanceof TransferError ? error.reason : error.message;
    return reasonIn(reason) ?? reason;
  }
  if (systemCode(error) === 'ENOSPC') throw diskFull(error);
  return reasonIn(messageOf(error)) ?? messageOf(error);
}

function diskFull(cause: unknown): EnvironmentError {
  return new EnvironmentError(say`the disk is full here`, {
    code: 'disk-full',
    cause,
    hint: say`Make room, and run the same command again: it goes on with what is missing.`,
  });
}

/** A folder that cannot be made: of the thing itself that is the end, else it is left out. */
function refusal(place: CopyTarget, path: string, error: unknown): NotCopied {
  const reason = error instanceof InTheWay ? error.message : (reasonIn(messageOf(error)) ?? messageOf(error));
  if (systemCode(error) === 'ENOSPC') throw diskFull(error);
  if (path !== '') return { path, reason };
  throw new EnvironmentError(say`cannot write ${shownFileName(place.at(''))}: ${reason}`, {
    code: 'cannot-write',
    cause: error,
    hint: say`Choose a folder that you may write to.`,
  });
}

function filesOf(entries: readonly CopyEntry[]): readonly CopyEntry[] {
  return entries.filter(({ folder }) => !folder);
}

/** Files that may be here already. */
async function sameSize(place: CopyTarget, source: string, files: readonly CopyEntry[]): Promise<SendCandidate[]> {
  const found: SendCandidate[] = [];
  for (const { path, bytes } of files) {
    if (bytes > 0 && (await place.sizeOf(path)) === bytes) found.push({ path: remotePath(source, path), bytes });
  }
  return found;
}

async function localRoot(target: string, name: string): Promise<string> {
  const isFolder = target.endsWith('/') || (await stat(target).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(target, name) : target;
}

async function localHash(file: string): Promise<string | undefined> {
  try {
    await using opened = await openForCopy(file);
    return (await hashOf(opened.read())).sha256;
  } catch {
    return undefined;
  }
}

/** Counts what passes. */
class Counted implements AsyncIterable<Uint8Array> {
  bytes = 0;
  readonly #content: AsyncIterable<Uint8Array>;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#content) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

/** Works on a few at a time; the first failure stops the rest. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].toReversed();
  const worker = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL_FILES }, worker));
  } finally {
    queue.length = 0;
  }
}
