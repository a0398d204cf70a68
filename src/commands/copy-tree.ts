import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EnvironmentError, messageOf } from '../core/errors.ts';
import { isProgram, slashed } from '../host/local-paths.ts';
import type { Shell } from '../ssh/shell.ts';

export interface CopyCount {
  readonly files: number;
  readonly bytes: number;
}

/** A file or folder below the thing that is copied; `path` is relative and empty for the thing itself. */
interface Entry {
  readonly path: string;
  readonly folder: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: number;
}

/** Files under way at once per connection: hides the round trips without taking all channels. */
const parallelFiles = 4;

/**
 * Copies a file or folder from this host to a machine.
 *
 * @throws {EnvironmentError} when it cannot be read here or written there.
 */
export async function copyToMachine(source: string, shell: Shell, target: string, signal: AbortSignal): Promise<CopyCount> {
  const entries = await localEntries(source);
  const root = await remoteTarget(shell, target, basename(source), signal);
  const at = (path: string): string => (path === '' ? root : posix.join(root, path));
  await makeFolders(shell, entries.filter(({ folder }) => folder).map(({ path }) => at(path)), signal);
  const files = entries.filter(({ folder }) => !folder);
  await eachOf(files, async ({ path, mode }) => {
    signal.throwIfAborted();
    const file = join(source, path);
    await shell.put(createReadStream(file), at(path), { mode, sha256: await hashOf(file) });
  });
  return count(files);
}

/**
 * Copies a file or folder from a machine to this host.
 *
 * @throws {EnvironmentError} when it cannot be read there or written here.
 */
export async function copyFromMachine(shell: Shell, source: string, target: string, signal: AbortSignal): Promise<CopyCount> {
  const entries = await remoteEntries(shell, source, signal);
  const root = await localTarget(target, posix.basename(posix.resolve('/', source)));
  for (const { path } of entries.filter(({ folder }) => folder)) await writeLocally(join(root, path), () => mkdir(join(root, path), { recursive: true }));
  const files = entries.filter(({ folder }) => !folder);
  await eachOf(files, async ({ path, mode }) => {
    const file = join(root, path);
    await writeLocally(file, async () => {
      await mkdir(dirname(file), { recursive: true });
      await pipeline(shell.get(path === '' ? source : posix.join(source, path)), createWriteStream(file, { mode }), { signal });
    });
  });
  return count(files);
}

async function localEntries(source: string): Promise<Entry[]> {
  const root = await stat(source).catch((cause: unknown) => {
    throw new EnvironmentError(`cannot read ${source}: ${messageOf(cause)}`, { code: 'cannot-read', cause, hint: 'Check the path; a path on a machine is written machine:path.' });
  });
  const paths = root.isDirectory() ? ['', ...(await readdir(source, { recursive: true }))] : [''];
  const entries = await Promise.all(paths.map((path) => localEntry(source, path)));
  return entries.filter((entry) => entry !== undefined);
}

/** Links are followed, as scp(1) does; sockets, devices and links to nowhere are left out. */
async function localEntry(root: string, path: string): Promise<Entry | undefined> {
  const found = await stat(join(root, path)).catch(() => undefined);
  if (!found?.isFile() && !found?.isDirectory()) return undefined;
  const isRun = found.isFile() && (await isProgram(join(root, path), found.mode));
  return { path: slashed(path), folder: found.isDirectory(), mode: (found.mode & 0o777) | (isRun ? 0o100 : 0), bytes: found.size };
}

/** `d755 0\n./sub/` for each folder and file, NUL between them, because a name may hold anything else. */
const listScript = String.raw`cd -- "$(dirname -- "$1")" && b=$(basename -- "$1") && [ -e "$b" ] || { echo "no such file or folder" >&2; exit 1; }
if [ -d "$b" ]; then cd -- "$b" && find -L . -type d -exec stat -L -c 'd%a %s' {} \; -print0 -o -type f -exec stat -L -c 'f%a %s' {} \; -print0
else stat -L -c 'f%a %s' -- "$b" && printf './\0'; fi`;

async function remoteEntries(shell: Shell, source: string, signal: AbortSignal): Promise<Entry[]> {
  const { exitCode, stdout, stderr, truncated } = await shell.exec({ script: listScript, args: [source] }, { signal, maxOutputBytes: 64 * 1024 * 1024 });
  if (exitCode !== 0 || truncated) {
    const reason = truncated ? 'it holds too many files' : stderr.trim();
    throw new EnvironmentError(`cannot read ${shell.machine}:${source}: ${reason}`, { code: 'cannot-read', hint: `Look with:  lab ssh ${shell.machine} ls -ld ${source}` });
  }
  const entries = stdout.split('\0').filter((record) => record !== '').map(parseRecord);
  // A machine is not trusted to name files of this host (CVE-2019-6111 of scp).
  const stray = entries.find(({ path }) => path.startsWith('/') || path.split('/').includes('..'));
  if (stray !== undefined) throw new EnvironmentError(`${shell.machine} answered with a path outside ${source}: ${stray.path}`, { code: 'stray-path' });
  return entries;
}

function parseRecord(record: string): Entry {
  const [head = '', ...name] = record.split('\n');
  const [, kind, mode = '644', bytes = '0'] = /^([df])([0-7]+) (\d+)$/.exec(head) ?? [];
  return { path: name.join('\n').replace(/^\.\/?/, ''), folder: kind === 'd', mode: Number.parseInt(mode, 8) & 0o777, bytes: Number(bytes) };
}

/** Where the copy goes on the machine: below the target if that is a folder, else to the target itself. */
async function remoteTarget(shell: Shell, target: string, name: string, signal: AbortSignal): Promise<string> {
  const isFolder = target.endsWith('/') || (await shell.exec(['test', '-d', target], { signal })).exitCode === 0;
  return isFolder ? posix.join(target, name) : target;
}

async function localTarget(target: string, name: string): Promise<string> {
  const isFolder = target.endsWith('/') || (await stat(target).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(target, name) : target;
}

async function makeFolders(shell: Shell, folders: readonly string[], signal: AbortSignal): Promise<void> {
  if (folders.length === 0) return;
  const { exitCode, stderr } = await shell.exec(['xargs', '-0', 'mkdir', '-p', '--'], { signal, input: folders.join('\0') });
  if (exitCode === 0) return;
  throw new EnvironmentError(`cannot make folders on ${shell.machine}: ${stderr.trim()}`, { code: 'cannot-write', hint: 'Choose a folder that the user of the machine may write to.' });
}

async function writeLocally(path: string, work: () => Promise<unknown>): Promise<void> {
  await work().catch((cause: unknown) => {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    throw new EnvironmentError(`cannot write ${path}: ${messageOf(cause)}`, { code: code === 'ENOSPC' ? 'disk-full' : 'cannot-write', cause, hint: 'Choose a folder that you may write to and that has room.' });
  });
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function count(files: readonly Entry[]): CopyCount {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Works on a few at a time; the first failure stops the rest. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].toReversed();
  const worker = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  try {
    await Promise.all(Array.from({ length: parallelFiles }, worker));
  } finally {
    queue.length = 0;
  }
}
