import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { counted, say } from '../core/language/say.ts';
import { formatShare } from '../core/text/share.ts';
import { runLocal } from './run-local.ts';
import { findOnHost } from './tools.ts';

/** Whether packages can be downloaded here. */
export function hasApt(): boolean {
  return findOnHost('apt-get') !== undefined && findOnHost('dpkg-deb') !== undefined;
}

/** Also where the configuration of this host accepts unsigned packages (apt-secure(8)). */
const signedOnly = ['AllowInsecureRepositories', 'AllowWeakRepositories', 'AllowDowngradeToInsecureRepositories']
  .map((name) => `Acquire::${name}=false`)
  .concat('APT::Get::AllowUnauthenticated=false');

export interface DownloadOptions {
  /** Folder for lists and packages; the caller removes it. */
  readonly work: string;
  readonly onProgress: (note: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Downloads packages with all that they need beyond what this host has installed, by the sources of this host, whose
 * signatures APT checks (apt-secure(8)). Needs no root and changes nothing of the host.
 *
 * @returns absolute paths of the packages; none when this host has all of them.
 * @throws {EnvironmentError} `package-unknown`, with the names, or `download-failed`.
 */
export async function downloadPackages(
  packages: readonly string[],
  { work, onProgress, signal }: DownloadOptions,
): Promise<string[]> {
  const archives = join(work, 'cache/archives');
  for (const folder of [join(work, 'lists/partial'), join(archives, 'partial')]) mkdirSync(folder, { recursive: true });
  const own = [
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'Dir::Log=/dev',
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'APT::Get::Assume-Yes=1',
    'APT::Install-Recommends=0',
    // Configuration of images for containers deletes what was downloaded.
    'APT::Keep-Downloaded-Packages=1',
    ...signedOnly,
  ].flatMap((option) => ['-o', option]);
  const reading = say`reading the lists of packages`;
  onProgress(reading);
  await telling(must(['apt-get', ...own, 'update', '-qq'], signal), () =>
    onProgress(say`${reading}: ${formatShare(bytesIn(join(work, 'lists')), undefined)}`),
  );
  const wanted = urisIn(await must(['apt-get', ...own, 'install', '-qq', '--print-uris', ...packages], signal));
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  const downloading = say`downloading ${counted(wanted.length, 'package')}`;
  onProgress(say`${downloading}: ${formatShare(0, total)}`);
  await telling(must(['apt-get', ...own, 'install', '-qq', '--download-only', ...packages], signal), () =>
    onProgress(say`${downloading}: ${formatShare(bytesIn(archives), total)}`),
  );
  // What a source on this host has is not downloaded.
  for (const { uri, name } of wanted)
    if (uri.startsWith('file:')) copyFileSync(decodeURIComponent(uri.slice('file:'.length)), join(archives, name));
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

/** The lines of `apt-get --print-uris`: `'URI' NAME SIZE HASH`. */
function urisIn(text: string): { readonly uri: string; readonly name: string; readonly size: number }[] {
  return [...text.matchAll(/^'([^']+)' (\S+) (\d+)/gm)].map(([, uri = '', name = '', size]) => ({
    uri,
    name,
    size: Number(size),
  }));
}

/** Calls `tell` again and again while the work goes on: apt-get says nothing of its progress to a program that reads it. */
async function telling<T>(work: Promise<T>, tell: () => void): Promise<T> {
  const timer = setInterval(tell, TELL_INTERVAL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

const TELL_INTERVAL_MS = 250;

/** The size of all files in a folder of APT, which is at work there, and in its `partial`. */
function bytesIn(folder: string): number {
  return [folder, join(folder, 'partial')]
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .reduce((sum, found) => sum + (found?.isFile() === true ? found.size : 0), 0);
}

/** Runs a program of the host, which must end well. @returns its output. @throws {EnvironmentError} with what it said. */
export async function must(command: readonly string[], signal: AbortSignal): Promise<string> {
  const [name = '', ...args] = command;
  const { exitCode, stdout, stderr } = await runLocal([findOnHost(name) ?? name, ...args], {
    signal,
    timeoutMs: 300_000,
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  if (exitCode === 0) return stdout;
  const unknown = [...stderr.matchAll(UNKNOWN_PACKAGE)].map(
    ([, ...names]) => names.find((name) => name !== undefined) ?? '',
  );
  if (unknown.length > 0)
    throw new EnvironmentError(say`there is no package ${unknown.join(', ')} in the lists of this host`, {
      code: 'package-unknown',
      detail: stderr.trim(),
      hint: say`Look for its name: apt-cache search ${unknown[0]!.split('=')[0]!}`,
      data: { packages: unknown },
    });
  throw new EnvironmentError(say`${name} failed`, {
    code: 'download-failed',
    detail: stderr.trim(),
    hint: say`Check the network, or install the packages yourself.`,
  });
}

/** What apt-get(8) says of a name, or a version, that it does not know. */
const UNKNOWN_PACKAGE =
  /^E: (?:Unable to locate package (\S+)|Package '([^']+)' has no installation candidate|Version '[^']+' for '([^']+)' was not found)/gm;
