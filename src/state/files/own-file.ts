import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { EnvironmentError, systemCode } from '../../core/errors.ts';
import { quoteWord } from '../../core/text/shell-quote.ts';
import { rootCommand } from '../../host/local-user.ts';
import { explainStorageError } from '../../host/files/storage-error.ts';
import { say } from '../../core/language/say.ts';

/**
 * A file of the `.lab` folder as it was found: its text, or that there is none, or that what has its name cannot be one
 * that lab wrote.
 */
export type OwnFile = { readonly text: string } | 'absent' | 'damaged';

/** None of our files comes near; what is larger was not written by us, and reading it would only cost memory. */
const LARGEST_BYTES = 16 * 2 ** 20;

/**
 * Reads a file of the `.lab` folder. A folder, link, FIFO, socket or device of its name, a file that is too large, and
 * one of this user's own that may not be read are `damaged`; none of them is waited for (open(2), O_NONBLOCK) or
 * followed (O_NOFOLLOW).
 *
 * @throws {EnvironmentError} `foreign-file` when it cannot be read because it belongs to another user; others as
 * `storing` does.
 */
export function readOwnFile(path: string, { maxBytes = LARGEST_BYTES } = {}): OwnFile {
  try {
    const file = openOwn(path);
    return typeof file === 'string' ? file : readOpened(file, maxBytes);
  } catch (error) {
    throw explainStorageError(say`cannot read ${path}`, error);
  }
}

function readOpened(file: number, maxBytes: number): OwnFile {
  try {
    const found = fstatSync(file);
    return found.isFile() && found.size <= maxBytes ? { text: readFileSync(file, 'utf8') } : 'damaged';
  } finally {
    closeSync(file);
  }
}

function openOwn(path: string): number | 'absent' | 'damaged' {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (['ENOENT', 'ENOTDIR'].includes(code)) return 'absent';
    if (['ELOOP', 'ENXIO', 'EISDIR', 'ENODEV'].includes(code)) return 'damaged';
    if (['EACCES', 'EPERM'].includes(code)) return withoutRight(path, error);
    throw error;
  }
}

/** Our own file without rights is as good as none: it is replaced. Another user's tells who has to act. */
function withoutRight(path: string, cause: unknown): 'damaged' {
  const owner = ownerOf(path);
  if (owner === undefined || owner === process.geteuid?.()) return 'damaged';
  throw new EnvironmentError(say`cannot read ${path}: it belongs to another user (user ID ${owner})`, {
    code: 'foreign-file',
    hint: say`Make it yours again: ${rootCommand('chown -R "$(id -u):$(id -g)"')} ${quoteWord(dirname(path))}`,
    cause,
  });
}

function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    return undefined;
  }
}

/**
 * As `replaceFile`, for the few files that are written where nothing can wait.
 *
 * @throws {EnvironmentError} as `storing` does.
 */
export function replaceFileSync(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, durable = true } = {},
): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeNew(temporary, content, mode, durable);
    if (isFolder(path)) rmSync(path, { recursive: true, force: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw explainStorageError(say`cannot write ${path}`, error);
  }
}

function writeNew(path: string, content: string | Uint8Array, mode: number, durable: boolean): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    if (durable) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a folder below `.lab`, or finds it made. What else has its name goes, a link among it; so nothing is ever
 * written outside of `.lab`.
 *
 * @throws {EnvironmentError} as `storing` does.
 */
export function makeOwnFolder(path: string): void {
  try {
    if (isFolder(path)) return giveRights(path);
    rmSync(path, { force: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explainStorageError(say`cannot make ${path}`, error);
  }
}

/**
 * Removes a file or folder of ours and all that is in it, links not followed, also folders that took themselves the
 * right.
 *
 * @throws {EnvironmentError} as `storing` does.
 */
export function removeOwn(path: string): void {
  try {
    if (isFolder(path)) giveRights(path);
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    // A file stands where the folder above it belongs: nothing of that path is there.
    if (systemCode(error) !== 'ENOTDIR') throw explainStorageError(say`cannot remove ${path}`, error);
  }
}

/**
 * Makes sure that a file can be appended to: what has its name and is none goes, so that it is neither waited for nor
 * followed; a file that took itself the right gets it.
 */
export function clearWay(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === false) removeOwn(path);
  else if (found?.uid === process.geteuid?.() && found !== undefined && (found.mode & 0o600) !== 0o600)
    chmodSync(path, 0o600);
}

function giveRights(folder: string): void {
  if ((lstatSync(folder).mode & 0o700) !== 0o700) chmodSync(folder, 0o700);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
