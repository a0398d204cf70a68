import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { makeCacheFolder } from '../../host/files/own-folder.ts';
import { replaceFileSync } from '../../state/files/own-file.ts';

const STATE = '/var/lib/dpkg';
/** Of these dpkg(1) keeps the last version under a second name, by link(2), which is refused for files of nobody. */
const copied = ['status', 'diversions', 'statoverride', 'available'];
const places = ['usr', 'etc'] as const;
type Place = (typeof places)[number];
/** Not of dpkg: the host's own, and sources. */
const leftOut = new Set(['/usr/local', '/usr/src']);
/** Components of a path. What packages bring lies less deep; only files of the host that lie deeper cannot be replaced. */
const MAX_DEPTH = 6;
/** Of what is kept, and how; what an older lab made is made again. */
const FORMAT = 1;

/**
 * The base in the cache for `HostFacts.installBase`. It is made at the first call and after the host's packages have
 * changed, which takes a second where /usr is large; labs that run are not disturbed by that. `ofPrograms`: /usr of the
 * machines belongs to nobody as well, as it does where its owners are not mapped. Undefined where there is no dpkg, or
 * it cannot be made: machines work without, only packages cannot be installed on them.
 */
export function keepInstallBase({ ofPrograms }: { readonly ofPrograms: boolean }): string | undefined {
  const now = stateOfHost();
  if (now === undefined) return undefined;
  try {
    const base = makeCacheFolder('install-base');
    for (const place of places) if (ofPrograms || place !== 'usr') keepPlace(base, place, now);
    if (ofPrograms) keepCopies(base, now);
    return base;
  } catch {
    return undefined;
  }
}

/** Whether it is of this state of the host; if not, `make` makes it so. */
function keep(base: string, name: string, now: string, make: () => void): void {
  const stamp = join(base, `${name}.stamp`);
  if (readIfThere(stamp) === now) return;
  make();
  replaceFileSync(stamp, now, { durable: false });
}

function keepPlace(base: string, place: Place, now: string): void {
  keep(base, place, now, () => {
    const strictUmask = (process.umask() & 0o755) !== 0;
    follow(`/${place}`, join(base, place), { depth: 1, strictUmask });
  });
}

function keepCopies(base: string, now: string): void {
  keep(base, 'dpkg', now, () => {
    mkdirSync(join(base, 'dpkg'), { recursive: true });
    for (const name of copied.filter((name) => existsSync(join(STATE, name))))
      replaceFileSync(join(base, 'dpkg', name), readFileSync(join(STATE, name)), { durable: false, mode: 0o644 });
  });
}

/** Changes whenever a package, or an entry of one of these folders, comes or goes. */
function stateOfHost(): string | undefined {
  const status = statSync(join(STATE, 'status'), { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const times = [status, ...places.map((place) => statSync(`/${place}`))].map(({ mtimeMs }) => mtimeMs);
  return [FORMAT, ...times].join(' ');
}

interface Step {
  /** Components of the path. */
  readonly depth: number;
  readonly strictUmask: boolean;
}

/** Makes `copy` have the folders that `original` has, and no others. */
function follow(original: string, copy: string, { depth, strictUmask }: Step): void {
  const mode = lstatSync(original).mode & 0o7777;
  // What only some may read stays as closed as it is.
  if ((mode & 0o005) !== 0o005) return;
  const wanted = new Set(depth < MAX_DEPTH ? foldersIn(original) : []);
  try {
    mkdirSync(copy, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    for (const name of readdirSync(copy)) if (!wanted.has(name)) rmSync(join(copy, name), { recursive: true });
  }
  if (strictUmask || mode !== 0o755) chmodSync(copy, mode);
  for (const name of wanted) follow(join(original, name), join(copy, name), { depth: depth + 1, strictUmask });
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !leftOut.has(join(folder, entry.name)))
    .map(({ name }) => name);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
