import { chmodSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { EnvironmentError, messageOf, systemCode } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { intruderOnTheWay, type Intruder } from './intruder.ts';
import { accountHome } from '../local-user.ts';

/**
 * Where lab keeps what it can get again, for all labs of this user: `lab` in `XDG_CACHE_HOME` (XDG Base Directory
 * Specification), or else in `.cache` of the home folder. A relative `XDG_CACHE_HOME` does not count, as that
 * specification wants it; nor does a `HOME` that others can write to, as `sudo` may hand it on. The folder need not
 * exist, and what is there may be read; before something is made in it, `makeCacheFolder`.
 *
 * @throws {EnvironmentError} when `XDG_CACHE_HOME` leads where other users decide what is found, or no home folder is
 * the user's own.
 */
export function cacheFolder(): string {
  const folder = findCacheFolder();
  if (folder === undefined) throw noHome(process.env['HOME'] ?? '');
  return folder;
}

/**
 * The same for those who only look what is there: undefined without a home folder.
 *
 * @throws {EnvironmentError} for `XDG_CACHE_HOME`.
 */
export function findCacheFolder(): string | undefined {
  const { XDG_CACHE_HOME = '', HOME = '' } = process.env;
  const key = JSON.stringify([XDG_CACHE_HOME, HOME]);
  if (!found.has(key))
    found.set(
      key,
      isAbsolute(XDG_CACHE_HOME)
        ? requireOwn(
            join(XDG_CACHE_HOME, 'lab'),
            say`Unset XDG_CACHE_HOME, or let it name a folder that only you can write to.`,
          )
        : inHome(HOME),
    );
  return found.get(key);
}

/** By what the environment says: every search for a tool asks. */
const found = new Map<string, string | undefined>();

function inHome(home: string): string | undefined {
  if (isFolder(home) && intruder(ofHome(home)) === undefined) return ofHome(home);
  const own = accountHome();
  return own !== undefined && isFolder(own) && intruder(ofHome(own)) === undefined ? ofHome(own) : undefined;
}

function ofHome(home: string): string {
  return join(home, '.cache', 'lab');
}

function noHome(home: string): EnvironmentError {
  const why = isFolder(home) ? intruder(ofHome(home)) : undefined;
  const reason =
    why === undefined
      ? home === ''
        ? say`HOME is not set`
        : say`HOME is "${home}", which is no folder`
      : `${why.path} ${why.why}`;
  const hint =
    why?.isOurs === true
      ? cureOf(why, '')
      : say`Name a folder that only you can write to: export XDG_CACHE_HOME=FOLDER`;
  return new EnvironmentError(say`there is no home folder of your own for what lab keeps: ${reason}`, {
    code: 'no-own-folder',
    hint,
  });
}

/**
 * The cache folder, or a folder in it, made so that only this user may enter (mode 0700), or found and closed to
 * others.
 *
 * @throws {EnvironmentError} as `cacheFolder` does, or when it cannot be made.
 */
export function makeCacheFolder(name = '.'): string {
  const cache = cacheFolder();
  const folder = requireOwn(join(cache, name));
  try {
    const isNew = [cache, folder].map(close).includes(true);
    // Another user may have been quicker in a shared folder.
    return isNew ? requireOwn(folder) : folder;
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw new EnvironmentError(say`cannot make the folder ${folder}: ${messageOf(cause)}`, {
      code: 'no-own-folder',
      cause,
      hint: say`Name a folder that you can write to: export XDG_CACHE_HOME=FOLDER`,
    });
  }
}

/** Makes a folder, or takes from others the right to enter one that is ours. Whether it was made. */
function close(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) make(folder);
  else if (found.uid === process.geteuid?.() && (found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return found === undefined;
}

/** Whether it is there, by its absolute path. */
function isFolder(path: string): boolean {
  try {
    return isAbsolute(path) && statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** One by one, because `recursive` of Node gives the mode to the last folder alone. */
function make(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

/**
 * A new folder for temporary files, for this user alone, under a name that cannot be guessed (mkdtemp(3)): in `TMPDIR`
 * if that is there and no one else can replace what lies in it, else in /tmp, else in the cache. `label` begins its
 * name. The caller removes it.
 *
 * @throws {EnvironmentError} when it can be made in none of them.
 */
export function makeTemporaryFolder(label: string): string {
  const places = process.platform === 'win32' ? [tmpdir] : [tmpdir, () => '/tmp', () => makeCacheFolder('tmp')];
  const reasons: string[] = [];
  for (const place of places) {
    const made = tryTemporary(place, label);
    if (made.path !== undefined) return made.path;
    reasons.push(made.reason);
  }
  throw new EnvironmentError(say`there is no place for temporary files`, {
    code: 'no-temporary-folder',
    detail: [...new Set(reasons)].join('\n'),
    hint: say`Name a folder that only you can write to: export TMPDIR=FOLDER`,
  });
}

function tryTemporary(
  place: () => string,
  label: string,
): { readonly path: string; readonly reason?: never } | { readonly path?: never; readonly reason: string } {
  try {
    const folder = place();
    if (!isAbsolute(folder)) return { reason: say`"${folder}" is no absolute path` };
    const why = intruder(folder);
    return why === undefined
      ? { path: mkdtempSync(join(folder, `lab-${label}-`)) }
      : { reason: `${why.path} ${why.why}` };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** The path, if only this user and root decide what is found there. @throws {EnvironmentError} */
export function requireOwn(path: string, cure = ''): string {
  const why = intruder(path);
  if (why === undefined) return path;
  throw new EnvironmentError(say`lab does not use ${path}, because ${why.path} ${why.why}`, {
    code: 'folder-not-own',
    hint: cureOf(why, cure),
  });
}

function cureOf(why: Intruder | undefined, otherwise: string): string {
  return why?.isOurs === true
    ? say`Remove what is not yours in it, and keep others from writing there: chmod go-w ${why.path}`
    : otherwise;
}

/** What cannot even be looked at is not ours. */
function intruder(path: string): Intruder | undefined {
  try {
    return intruderOnTheWay(path);
  } catch (error) {
    return { path, why: say`cannot be looked at (${messageOf(error)})`, isOurs: false };
  }
}
