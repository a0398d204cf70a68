import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { makeCacheFolder } from './files/own-folder.ts';

/** Folders of other builds that stay: somebody who has two versions of lab uses both in turn. */
const OTHER_BUILDS = 2;
/** At the end of a file of compiled code: the CRC-32 of what stands before it, big-endian. */
const CHECKSUM_BYTES = 4;

/**
 * Runs a file that the build wrapped into one function, together with what V8 made of it when the same command ran
 * before, and keeps that for the next time. Node has such a cache of its own (`enableCompileCache` of node:module),
 * which keeps a module as it was before it ran: without the functions that are compiled when they are called first, and
 * to compile those takes a third of the time of a command. Each command has its own, because all that is kept is read
 * back at once.
 *
 * V8 compares nothing but the length of the source to what was kept (`cachedData` of node:vm), and who can write there
 * decides what runs. So it lies in a folder of the user's own, named by the checksum of the source; without one nothing
 * is kept, and only time is lost.
 */
export function runCompiled(url: URL, command: string): unknown {
  const path = fileURLToPath(url);
  const source = readFileSync(path);
  const place = findPlace(`${crc32(source).toString(16)}-${process.version}-${process.arch}`);
  const own = place && readKept(join(place, command));
  const cachedData = own ?? (place && readAny(place));
  // The build writes nothing but ASCII.
  const script = new Script(source.toString('latin1'), { filename: path, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  (script.runInThisContext() as Wrapper)(module, createRequire(path), dirname(path), url.href);
  if (place && (own === undefined || script.cachedDataRejected === true))
    process.once('exit', (code) => {
      // A command that was refused or interrupted has called few of its functions.
      if (code === 0 || code === 1) keep(place, command, script.createCachedData());
    });
  return module.exports;
}

type Wrapper = (module: { readonly exports: object }, require: NodeJS.Require, dirname: string, url: string) => void;

/** Undefined: no home, no right to write there, or not ours alone. */
function findPlace(build: string): string | undefined {
  try {
    return join(makeCacheFolder('compiled'), build);
  } catch {
    return undefined;
  }
}

function readKept(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const code = bytes.subarray(0, -CHECKSUM_BYTES);
    return crc32(code) === bytes.readUInt32BE(code.length) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Of another command, most of which is the same: better than nothing where this one runs for the first time. */
function readAny(place: string): Buffer | undefined {
  try {
    // Not one that is being written now.
    const name = readdirSync(place).find((one) => !one.startsWith('.'));
    return name === undefined ? undefined : readKept(join(place, name));
  } catch {
    return undefined;
  }
}

function keep(place: string, command: string, code: Buffer): void {
  const draft = join(place, `.${command}.${process.pid}`);
  try {
    if (mkdirSync(place, { recursive: true, mode: 0o700 }) !== undefined) removeOldBuilds(place);
    const checksum = Buffer.alloc(CHECKSUM_BYTES);
    checksum.writeUInt32BE(crc32(code));
    writeFileSync(draft, Buffer.concat([code, checksum]), { mode: 0o600 });
    renameSync(draft, join(place, command));
  } catch {
    // A full disk, or a folder that goes away now.
    rmSync(draft, { force: true });
  }
}

function removeOldBuilds(place: string): void {
  const folder = dirname(place);
  const others = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== place)
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .toSorted((a, b) => b.time - a.time);
  for (const { path } of others.slice(OTHER_BUILDS)) rmSync(path, { recursive: true, force: true });
}
