import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { list, object, count, text, type Shape } from '../../../core/json/shape.ts';
import { findCacheFolder, makeCacheFolder } from '../../../host/files/own-folder.ts';
import { identityMap } from '../identity-map.ts';
import type { PackageLayer } from '../plan/packages/layer-types.ts';

/** Of how layers are made; what an older lab made is made again. */
const FORMAT = 1;
/** The folder of all layers in the cache. */
export const LAYERS = 'packages';
/** In the folder of each layer, written last. */
export const MANIFEST = 'layer.json';
/** In the same, the files. */
export const FILES = 'up';

const STATUS = '/var/lib/dpkg/status';

/** What stands in the manifest. */
export type Manifest = Omit<PackageLayer, 'key' | 'folder'>;

const manifest: Shape<Manifest> = object<Manifest>({
  names: list(text),
  owners: list(object({ path: text, uid: count, gid: count, mode: count })),
  accounts: object({ passwd: list(text), group: list(text) }),
});

/** Whether this host has packages of Debian, so that machines can have more of them. */
export function hasDpkg(): boolean {
  return existsSync(STATUS);
}

/**
 * Names a layer by all that it is made from: what is asked for, what the host has installed, which it is made for, and
 * where the host has its packages from.
 */
export function layerKey(packages: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, process.arch, identityMap().kind, packages]));
  for (const path of [STATUS, ...sources()]) hash.update(`${path}\n`).update(readFileSync(path));
  return hash.digest('hex').slice(0, 32);
}

/** Files that say where packages come from (sources.list(5)). */
function sources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return ['/etc/apt/sources.list', ...parts.map((name) => join(folder, name))].filter((path) => existsSync(path));
}

/** The layer, if it was made. It counts as used now. */
export function findLayer(key: string): PackageLayer | undefined {
  const cache = findCacheFolder();
  if (cache === undefined) return undefined;
  const folder = join(cache, LAYERS, key);
  const read = readManifest(join(folder, MANIFEST));
  if (read === undefined) return undefined;
  utimesSync(folder, new Date(), new Date());
  return { key, folder: join(folder, FILES), ...read };
}

/** What is damaged is as good as not there: it is made again. */
function readManifest(path: string): Manifest | undefined {
  try {
    return manifest(JSON.parse(readFileSync(path, 'utf8')), '');
  } catch {
    return undefined;
  }
}

/** The folder of all layers, made if need be. @throws {EnvironmentError} */
export function makeLayersFolder(): string {
  return makeCacheFolder(LAYERS);
}
