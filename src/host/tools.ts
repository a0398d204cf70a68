import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findCacheFolder, requireOwn } from './files/own-folder.ts';

/** A program of this host, or of the private tools folder that `lab doctor --fix` fills without touching the host. */
export interface Tool {
  readonly path: string;
  /** What it needs in its environment to find its libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where ordinary users' PATH often does not lead, though the tools that make machines live there. */
const packagedFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', ...packagedFolders];

/** The tool of that name: on PATH, in the system's folders, or in the private tools folder. */
export function findTool(name: string): Tool | undefined {
  const onHost = findOnHost(name);
  return onHost === undefined ? findPrivateTool(name) : { path: onHost, env: {} };
}

function findPrivateTool(name: string): Tool | undefined {
  const root = findToolsFolder();
  if (root === undefined) return undefined;
  const path = ['usr/sbin', 'usr/bin', 'sbin', 'bin'].map((folder) => join(root, folder, name)).find(isExecutable);
  return path === undefined ? undefined : { path, env: { LD_LIBRARY_PATH: libraryFolders(root).join(':') } };
}

/** The path of a tool that the host itself has. */
export function findOnHost(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...systemFolders];
  return folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * The tool of that name that machines can be made with: of the system's own folders or the private tools folder. What
 * the administrator of the host has added elsewhere, or its user, machines do not see.
 */
export function findMachineTool(name: string): Tool | undefined {
  const path = packagedFolders.map((folder) => join(folder, name)).find(isExecutable);
  return path === undefined ? findPrivateTool(name) : { path, env: {} };
}

/** A program of this host that lies below one of `folders`, itself or by way of a link. */
export interface HiddenProgram {
  readonly path: string;
  /** The one of `folders`. */
  readonly folder: string;
}

/** The first program of that name on this host, if it lies below one of these absolute paths. */
export function findBelow(name: string, folders: readonly string[]): HiddenProgram | undefined {
  const found = name.includes('/') ? (isExecutable(name) ? name : undefined) : findOnHost(name);
  if (found === undefined) return undefined;
  for (const path of [found, realpathSync(found)]) {
    const folder = folders.find((above) => path.startsWith(`${above}/`));
    if (folder !== undefined) return { path, folder };
  }
  return undefined;
}

/**
 * A tools folder per distribution release and architecture, because the packages fit only that. It need not exist.
 *
 * @throws {EnvironmentError} when other users decide what is found there.
 */
export function toolsFolder(): string {
  return requireOwn(join(cacheFolder(), 'tools', `${releaseName()}-${process.arch}`));
}

/**
 * The same if it is there; undefined also for a user without a home folder.
 *
 * @throws {EnvironmentError} when other users decide what is found there.
 */
export function findToolsFolder(): string | undefined {
  return findCacheFolder() !== undefined && existsSync(toolsFolder()) ? toolsFolder() : undefined;
}

function libraryFolders(root: string): string[] {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? process.arch;
  return ['usr/lib', 'lib'].flatMap((folder) => [join(root, folder, triplet), join(root, folder)]);
}

/** `debian-12` from os-release(5). */
function releaseName(): string {
  const fields = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(fields)?.[1] ?? '';
  return `${field('ID') || process.platform}-${field('VERSION_ID') || field('VERSION_CODENAME') || 'rolling'}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
