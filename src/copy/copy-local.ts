import { constants } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, messageOf, systemCode } from '../core/errors.ts';
import { decodeFileName, localFileName, shownFileName } from '../core/text/file-name.ts';
import { say } from '../core/language/say.ts';
import { isProgram } from '../host/files/local-paths.ts';
import { kindOf, reasonIn, reasons, requireFew, type CopyEntry, type NotCopied, type Tree } from './copy-entries.ts';

/** A file of /proc says that it has no bytes, and may still have some; so much of one is copied. */
export const MOST_UNSIZED_BYTES = 16 * 1024 * 1024;

/**
 * All below a file or folder of this host. Links are followed, as scp(1) does, but for those that would have no end.
 *
 * @throws {EnvironmentError} when it is not there, or is neither a file nor a folder.
 */
export async function localTree(source: string, signal: AbortSignal): Promise<Tree> {
  const walk: Walk = { source, signal, entries: [], left: [] };
  await visit(walk, '', []);
  const [fault] = walk.left;
  if (fault?.path !== '') return walk;
  const hint = say`Check the path; a path on a machine is written machine:path.`;
  throw new EnvironmentError(say`cannot read ${shownFileName(source)}: ${fault.reason}`, { code: 'cannot-read', hint });
}

interface Walk {
  readonly source: string;
  readonly signal: AbortSignal;
  readonly entries: CopyEntry[];
  readonly left: NotCopied[];
}

/** `above` are the folders that lead there, each by device and inode. */
async function visit(walk: Walk, path: string, above: readonly string[]): Promise<void> {
  walk.signal.throwIfAborted();
  const full = localFileName(path === '' ? walk.source : join(walk.source, path));
  const leave = (reason: string): void => void walk.left.push({ path, reason });
  const found = await stat(full).catch((error: unknown) => error as Error);
  if (found instanceof Error)
    return leave(path === '' ? (reasonIn(messageOf(found)) ?? messageOf(found)) : lostLink(found));
  const kind = kindOf(found.mode);
  if (typeof kind === 'object') return leave(kind.reason);
  const id = `${found.dev}:${found.ino}`;
  if (kind === 'folder' && above.includes(id)) return leave(reasons.endlessLink);
  const names = kind === 'folder' ? await readdir(full, { encoding: 'buffer' }).catch(() => undefined) : [];
  if (names === undefined) return leave(reasons.unreadableFolder);
  const isRun = kind === 'file' && (await isProgram(String(full), found.mode).catch(() => false));
  walk.entries.push({
    path,
    folder: kind === 'folder',
    mode: (found.mode & 0o777) | (isRun ? 0o100 : 0),
    bytes: found.size,
  });
  requireFew(walk.entries.length, walk.source);
  for (const name of names)
    await visit(walk, path === '' ? decodeFileName(name) : `${path}/${decodeFileName(name)}`, [...above, id]);
}

function lostLink(error: Error): string {
  return ['EACCES', 'EPERM'].includes(systemCode(error) ?? '') ? say`permission denied` : reasons.linkToNothing;
}

/** A file that is read for a copy: as many bytes as it has when it is opened, also when it grows meanwhile. */
export interface OpenedFile extends AsyncDisposable {
  readonly bytes: number;
  /** May be called more than once. */
  read(): AsyncIterable<Uint8Array>;
}

/** Opens a file without waiting, whatever it has become. @throws the system error. */
export async function openForCopy(file: string): Promise<OpenedFile> {
  const handle = await open(localFileName(file), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error(say`it is no file any more`);
    const content = found.size === 0 ? await unsizedContent(handle) : undefined;
    return {
      bytes: content?.length ?? found.size,
      async *read() {
        if (content !== undefined) yield content;
        else
          yield* handle.createReadStream({
            start: 0,
            end: found.size - 1,
            autoClose: false,
          }) as AsyncIterable<Uint8Array>;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function unsizedContent(handle: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
    if (bytes > MOST_UNSIZED_BYTES) throw new Error(say`it says that it is empty, and does not end`);
  }
}
