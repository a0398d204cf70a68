import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { PackagesByTool } from '../../../host/fetch-tools.ts';
import { runLocal } from '../../../host/run-local.ts';
import { findTool, type Tool } from '../../../host/tools.ts';

export const EMULATOR_NAME = 'qemu-system-x86_64';
export const IMAGE_TOOL_NAME = 'qemu-img';
/** They are larger than all that other providers need, so they are got only where virtual machines are wanted. */
export const toolPackages: PackagesByTool = { [EMULATOR_NAME]: 'qemu-system-x86', [IMAGE_TOOL_NAME]: 'qemu-utils' };
/** What gets them, also where the lab file names another provider. */
export const FIX = 'lab doctor --fix --provider qemu';
/** The first with `-netdev stream`. */
export const oldestVersion = [7, 2] as const;

export interface QemuTools {
  readonly emulator: Tool;
  readonly imageTool: Tool;
}

/** @throws {EnvironmentError} when one is missing; `check` says so before, with how to get it. */
export function qemuTools(): QemuTools {
  return { emulator: need(EMULATOR_NAME), imageTool: need(IMAGE_TOOL_NAME) };
}

function need(name: string): Tool {
  const tool = findTool(name);
  if (!tool)
    throw new EnvironmentError(say`${name} is missing`, {
      code: 'tool-missing',
      hint: say`Run "${FIX}", or install the packages qemu-system-x86 and qemu-utils.`,
    });
  return tool;
}

/** `7.2.22`; undefined when the program does not say. */
export async function versionOf(emulator: Tool, signal?: AbortSignal): Promise<string | undefined> {
  const { stdout } = await runLocal([emulator.path, '--version'], {
    env: emulator.env,
    timeoutMs: 20_000,
    ...(signal ? { signal } : {}),
  });
  return /version (\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
}

export interface OverlayParts {
  readonly base: string;
  readonly format: string;
  /** Absolute path of the new disk. */
  readonly overlay: string;
  /** Undefined: that of the base. */
  readonly sizeMiB: number | undefined;
}

/**
 * Makes a disk that reads from `base` and keeps what is written for itself.
 *
 * @throws {EnvironmentError} with the words of qemu-img.
 */
export async function makeOverlay(
  { imageTool }: QemuTools,
  { base, format, overlay, sizeMiB }: OverlayParts,
  signal: AbortSignal,
): Promise<void> {
  const size = sizeMiB === undefined ? [] : [`${sizeMiB}M`];
  await must(
    imageTool,
    ['create', '-q', '-f', 'qcow2', '-b', base, '-F', format, overlay, ...size],
    say`cannot make a disk over ${base}`,
    signal,
  );
}

export interface DiskFacts {
  readonly format: 'qcow2' | 'raw';
  /** Of the disk that a machine sees. */
  readonly sizeBytes: number;
  /** Path of the disk that it only adds to; undefined for one that is whole. */
  readonly base: string | undefined;
}

/** Of `qemu-img info --output=json`. */
interface DiskInfo {
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'backing-filename'?: string;
}

/** What a disk image is. @throws {EnvironmentError} when the file is truncated, broken or no disk image at all. */
export async function inspectDisk(imageTool: Tool, disk: string, signal: AbortSignal): Promise<DiskFacts> {
  const {
    format,
    'virtual-size': size,
    'backing-filename': base,
  } = JSON.parse(await must(imageTool, ['info', '--output=json', disk], say`cannot read ${disk}`, signal)) as DiskInfo;
  if (format === 'qcow2')
    await must(imageTool, ['check', '-q', disk], say`cannot use ${disk}: the image is broken or cut off`, signal);
  if ((format !== 'qcow2' && format !== 'raw') || size < SMALLEST_DISK)
    throw broken(
      say`${disk} is no disk image that a machine could start from`,
      say`It is taken for "${format}" with ${size} bytes.`,
    );
  return { format, sizeBytes: size, base };
}

const SMALLEST_DISK = 2 ** 20;

async function must(tool: Tool, args: readonly string[], what: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await runLocal([tool.path, ...args], {
    env: tool.env,
    signal,
    timeoutMs: 600_000,
  });
  if (exitCode !== 0) throw broken(what, stderr.trim() || stdout.trim());
  return stdout;
}

function broken(message: string, detail: string): EnvironmentError {
  return new EnvironmentError(message, {
    code: 'image-broken',
    detail,
    hint: say`Get the image again ("lab images rm NAME", "lab images pull NAME"), or name another one in lab.yaml.`,
  });
}
