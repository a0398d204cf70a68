import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findCacheFolder, requireOwn } from './files/own-folder.ts';

/** A program of this host, or of the private tools folder that `lab doctor --fix` fills without touching the host. */
export interface Tool {
  readonly path: string;
  /** What it needs in its environment to find its libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where ordinary users' PATH often does not lead, though the tools that make machines live there. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The tool of that name: on PATH, in the system's folders, or in the private tools folder. */
export function findTool(name: string): Tool | undefined {
  const onHost = findOnHost(name);
  if (onHost !== undefined) return { path: onHost, env: {} };
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
