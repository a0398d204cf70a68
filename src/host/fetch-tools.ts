import { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { downloadPackages, must } from './apt-get.ts';
import { makeCacheFolder } from './files/own-folder.ts';
import { findMachineTool, findOnHost, findTool, toolsFolder } from './tools.ts';

/** Names of packages of Debian and Ubuntu by the tool that they hold. */
export type PackagesByTool = Readonly<Record<string, string>>;

/** Debian and Ubuntu packages by the tool of machines that is looked for. */
const machinePackages: PackagesByTool = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  sudo: 'sudo',
  ip: 'iproute2',
  ss: 'iproute2',
  ping: 'iputils-ping',
  tcpdump: 'tcpdump',
  lsof: 'lsof',
  netstat: 'net-tools',
  nc: 'netcat-openbsd',
  ps: 'procps',
  python3: 'python3-minimal',
};

/** The same for tools that work on this host only, whoever put them there. */
const hostPackages: PackagesByTool = { nft: 'nftables', slirp4netns: 'slirp4netns' };

/** Links that Debian's packages make when they are installed, not when they are unpacked (update-alternatives(1)). */
const alternatives: Readonly<Record<string, string>> = { 'bin/nc': 'nc.openbsd', 'usr/bin/nc': 'nc.openbsd' };

/** Folders that are links into /usr on every current system, though packages still hold files under their old names. */
const mergedFolders = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Tools that neither the host nor the private folder has where they are needed, with their packages. `more`: what else is wanted on this host. */
export function missingTools(more: PackagesByTool): [name: string, debianPackage: string][] {
  return [
    ...Object.entries(machinePackages).filter(([name]) => !findMachineTool(name)),
    ...Object.entries({ ...hostPackages, ...more }).filter(([name]) => !findTool(name)),
  ];
}

/**
 * Gets the missing tools from the distribution's own packages, whose signatures APT checks (apt-secure(8)), and unpacks
 * them into the private tools folder. The host is not changed, no service starts, and no root is needed.
 *
 * @returns the packages that were unpacked. @throws {EnvironmentError} without APT, or when a package cannot be had.
 */
export async function fetchTools(
  missing: ReturnType<typeof missingTools>,
  onProgress: (note: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const packages = [...new Set(missing.map(([, debianPackage]) => debianPackage))];
  if (findOnHost('apt-get') === undefined || findOnHost('dpkg-deb') === undefined) {
    throw new EnvironmentError(say`these tools are missing: ${missing.map(([name]) => name).join(', ')}`, {
      code: 'tools-missing',
      hint: say`Install them with the package manager of this system; only on Debian and Ubuntu can lab get them by itself.`,
    });
  }
  const work = mkdtempSync(join(makeCacheFolder(), 'tools-'));
  try {
    return await download(packages, work, onProgress, signal);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(
  packages: readonly string[],
  work: string,
  onProgress: (note: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  mkdirSync(join(work, 'root'));
  const archives = await downloadPackages(packages, { work, onProgress, signal });
  for (const archive of archives) await must(['dpkg-deb', '--extract', archive, join(work, 'root')], signal);
  await mergeIntoUsr(join(work, 'root'), signal);
  // What was unpacked at an earlier time stays: packages are added to it.
  if (existsSync(toolsFolder()))
    await must(['cp', '-a', '--no-clobber', `${toolsFolder()}/.`, join(work, 'root')], signal);
  makeAlternatives(join(work, 'root'));
  replaceFolder(join(work, 'root'), toolsFolder());
  return archives.map((path) => basename(path).split('_')[0]!);
}

/** Gives the unpacked packages the layout of the host: /bin is /usr/bin where the host has it so. */
async function mergeIntoUsr(root: string, signal: AbortSignal): Promise<void> {
  for (const name of mergedFolders) {
    if (
      !existsSync(join(root, name)) ||
      lstatSync(join('/', name), { throwIfNoEntry: false })?.isSymbolicLink() !== true
    )
      continue;
    mkdirSync(join(root, 'usr', name), { recursive: true });
    await must(['cp', '-a', `${join(root, name)}/.`, join(root, 'usr', name)], signal);
    rmSync(join(root, name), { recursive: true });
  }
}

function makeAlternatives(root: string): void {
  for (const [link, target] of Object.entries(alternatives)) {
    if (existsSync(join(root, dirname(link), target)) && !existsSync(join(root, link)))
      symlinkSync(target, join(root, link));
  }
}

/** Unpacked packages are never seen half: the folder takes its place whole. */
function replaceFolder(fresh: string, place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  if (existsSync(place)) renameSync(place, join(dirname(fresh), 'old'));
  renameSync(fresh, place);
}
