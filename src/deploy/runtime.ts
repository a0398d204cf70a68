import { realpathSync } from 'node:fs';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { Program } from '../lab/types.ts';
import { runtimeFolder } from './remote-paths.ts';
import type { ProgramSurvey } from './program-survey.ts';

/** A Node binary for Linux that can be sent to machines which have none. */
export interface RuntimeSource {
  /** `v24.21.0`; the `v` may be missing. */
  readonly version: string;
  /** As `process.arch` of Node: `x64`, `arm64`. */
  readonly architecture: string;
  /** Absolute path on the host. */
  readonly path: string;
}

/** Where `node` of a machine's programs comes from. `send`: it is not there yet. */
export type RuntimeChoice =
  { readonly use: 'own' } | { readonly use: 'ours'; readonly folder: string; readonly send: boolean };

/** The oldest glibc that Node's official binaries run on (BUILDING.md of Node 24). */
const oldestGlibc = [2, 28] as const;

/** uname(1)'s names of Node's architectures. */
const machineNames: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'amd64'],
  arm64: ['aarch64', 'arm64'],
};

/** The Node that runs this process, if machines could run it: one for Linux that is whole, not in parts as distributions build it. */
export function hostRuntime(): RuntimeSource | undefined {
  const { node_shared: isInParts } = process.config.variables as { readonly node_shared?: boolean };
  if (process.platform !== 'linux' || isInParts === true) return undefined;
  return { version: process.version, architecture: process.arch, path: realpathSync(process.execPath) };
}

/** Names one runtime among all: `node-v24.21.0-linux-x64`. */
export function runtimeKey({ version, architecture }: RuntimeSource): string {
  return `node-v${version.replace(/^v/, '')}-linux-${architecture}`;
}

export function needsNode({ command, build, buildOn }: Program): boolean {
  return command[0] === 'node' || (buildOn !== undefined && build?.[0] === 'node');
}

/** The oldest Node of a machine that will do, as its major number. */
const OLDEST_MAJOR = 18;
/** The first that runs TypeScript: `--experimental-strip-types` of Node 22.6. */
const OLDEST_FOR_TYPESCRIPT = 22;

/** The oldest Node that all those of these programs run on which need one, as its major number; undefined when none does. */
export function oldestNodeFor(programs: readonly Program[]): number | undefined {
  const onNode = programs.filter(needsNode);
  if (onNode.length === 0) return undefined;
  const isTypeScript = onNode.some(({ command }) => command.some((word) => /\.[cm]?ts$/.test(word)));
  return isTypeScript ? OLDEST_FOR_TYPESCRIPT : OLDEST_MAJOR;
}

/**
 * Decides whose Node the programs of a machine run on: its own if that is new enough, else ours.
 *
 * @throws {EnvironmentError} when it has none and ours cannot run there: other architecture, other system, no glibc, or
 * one that is too old.
 */
export function chooseRuntime(
  machine: string,
  survey: ProgramSurvey,
  source: RuntimeSource | undefined,
  oldest = OLDEST_MAJOR,
): RuntimeChoice {
  if (majorOf(survey.nodeVersion) >= oldest) return { use: 'own' };
  if (survey.runtime !== undefined) return { use: 'ours', folder: survey.runtime, send: false };
  const obstacle = source === undefined ? say`this host has no Node for Linux to send` : obstacleTo(source, survey);
  if (source === undefined || obstacle !== undefined) throw noRuntime(machine, survey, obstacle ?? '', oldest);
  return { use: 'ours', folder: `${survey.home}/${runtimeFolder(runtimeKey(source))}`, send: true };
}

function obstacleTo(source: RuntimeSource, { system, libc }: ProgramSurvey): string | undefined {
  const [kernel, hardware = ''] = system?.split(' ') ?? [];
  const key = runtimeKey(source);
  if (system === undefined) return say`${key} does not run on an unknown system`;
  if (kernel !== 'Linux') return say`${key} does not run on ${system}`;
  if (!(machineNames[source.architecture] ?? [source.architecture]).includes(hardware))
    return say`${key} does not run on ${hardware}`;
  if (libc === 'musl') return say`${key} needs glibc, and this machine has musl`;
  const [, major = '', minor = ''] = /^glibc (\d+)\.(\d+)/.exec(libc ?? '') ?? [];
  if (major === '') return say`${key} needs glibc, and this machine has none that getconf knows`;
  const isOld = Number(major) < oldestGlibc[0] || (Number(major) === oldestGlibc[0] && Number(minor) < oldestGlibc[1]);
  return isOld
    ? say`${key} needs glibc ${oldestGlibc.join('.')} or newer, and this machine has ${major}.${minor}`
    : undefined;
}

function noRuntime(
  machine: string,
  { nodeVersion, libc }: ProgramSurvey,
  obstacle: string,
  oldest: number,
): EnvironmentError {
  const message =
    nodeVersion === undefined
      ? say`${machine} has no Node, its programs need ${oldest} or newer, and ours cannot be used: ${obstacle}`
      : say`${machine} has only Node ${nodeVersion}, its programs need ${oldest} or newer, and ours cannot be used: ${obstacle}`;
  const install = libc === 'musl' ? 'apk add nodejs' : 'sudo apt install nodejs';
  return new EnvironmentError(message, {
    code: 'runtime-unfit',
    hint: say`Install Node ${oldest} or newer on ${machine}, for example: ${install}`,
  });
}

function majorOf(version: string | undefined): number {
  return Number(/^v(\d+)\./.exec(version ?? '')?.[1] ?? 0);
}
