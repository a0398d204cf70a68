import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
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
  onProgress(say`reading the list of packages`);
  await must(['apt-get', ...own, 'update', '-qq'], signal);
  onProgress(say`downloading ${packages.join(', ')}`);
  await must(['apt-get', ...own, 'install', '-qq', '--download-only', ...packages], signal);
  // What a source on this host has is not downloaded.
  const left = await must(['apt-get', ...own, 'install', '-qq', '--print-uris', ...packages], signal);
  for (const [, path = '', name = ''] of left.matchAll(/^'file:([^']+)' (\S+)/gm))
    copyFileSync(decodeURIComponent(path), join(archives, name));
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
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
