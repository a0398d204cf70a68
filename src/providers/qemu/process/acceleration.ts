import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TimeoutError } from '../../../core/errors.ts';
import { parseJson } from '../../../core/json/json-text.ts';
import { fitting, object, oneOf, type Shape } from '../../../core/json/shape.ts';
import { say } from '../../../core/language/say.ts';
import { makeTemporaryFolder } from '../../../host/files/own-folder.ts';
import { rootCommands } from '../../../host/root-commands.ts';
import { runLocal } from '../../../host/run-local.ts';
import type { Tool } from '../../../host/tools.ts';
import { readOwnFile, replaceFileSync } from '../../../state/files/own-file.ts';
import { workFolder } from '../folders.ts';
import { quoteOption } from './quote-option.ts';

export const accelerationNames = ['kvm', 'hvf', 'tcg'] as const;

export type AccelerationName = (typeof accelerationNames)[number];

/** How machines are run, with the reason when it is not by the processor itself. */
export interface Acceleration {
  readonly name: AccelerationName;
  readonly arguments: readonly string[];
  /** Why hardware does not help, and how to fix it; undefined when it does. */
  readonly obstacle: Obstacle | undefined;
}

export interface Obstacle {
  readonly reason: string;
  readonly cures: readonly string[];
}

const softwareEmulation: readonly string[] = ['-accel', 'tcg,thread=multi,tb-size=128', '-cpu', 'max,-svm,-la57'];

/**
 * Finds out by trying, because a device that opens proves nothing: some hosts open /dev/kvm and then run no
 * instruction.
 */
export async function chooseAcceleration(qemu: Tool, signal: AbortSignal | undefined): Promise<Acceleration> {
  const name = process.platform === 'darwin' ? 'hvf' : 'kvm';
  const obstacle = name === 'kvm' ? await kvmObstacle(qemu, signal) : await refusal(qemu, name, signal);
  return obstacle === undefined ? accelerationNamed(name) : { ...accelerationNamed('tcg'), obstacle };
}

/** The acceleration of that name, without the reason for it. */
export function accelerationNamed(name: AccelerationName): Acceleration {
  return {
    name,
    arguments: name === 'tcg' ? softwareEmulation : ['-accel', name, '-cpu', 'host'],
    obstacle: undefined,
  };
}

/** One that was stored, known by its name alone: what else a file says must not become arguments of QEMU. */
export const accelerationShape: Shape<Acceleration> = (value, where) =>
  accelerationNamed(object({ name: oneOf(...accelerationNames) })(value, where).name);

/** Why KVM cannot be used, found out by looking and then by trying. The paths are parameters for tests. */
export async function kvmObstacle(
  qemu: Tool,
  signal: AbortSignal | undefined,
  { device = '/dev/kvm', processor = '/proc/cpuinfo' } = {},
): Promise<Obstacle | undefined> {
  if (!existsSync(device)) return missingDevice(device, processor);
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    return {
      reason: say`this user may not use ${device}`,
      cures: rootCommands(['{root}usermod --append --groups kvm "$USER"', say`# then log out and in again`]),
    };
  }
  return refusal(qemu, 'kvm', signal);
}

function missingDevice(device: string, processor: string): Obstacle {
  const flags = existsSync(processor) ? readFileSync(processor, 'utf8') : '';
  if (/^flags.*\b(vmx|svm)\b/m.test(flags)) {
    const module = /\bvmx\b/.test(flags) ? 'kvm_intel' : 'kvm_amd';
    return {
      reason: say`${device} is missing: the kernel module is not loaded`,
      cures: rootCommands([`{root}modprobe ${module}`]),
    };
  }
  if (/^flags.*\bhypervisor\b/m.test(flags)) {
    return {
      reason: say`this host is itself a virtual machine without nested virtualisation`,
      cures: [
        say`# on its own host, allow it: VirtualBox "VBoxManage modifyvm NAME --nested-hw-virt on", KVM "modprobe kvm_intel nested=1"`,
      ],
    };
  }
  return {
    reason: say`this processor offers no virtualisation`,
    cures: [say`# switch on "VT-x" or "SVM" in the firmware settings of this computer`],
  };
}

/** A boot sector that counts to twenty million, then leaves through QEMU's debug-exit device with this exit status. */
const probeProgram = Buffer.from('66b9002d3101664975fcb010e6f4f4ebfd', 'hex');
const PROBE_STATUS = 33;
const PROBE_TIMEOUT_MS = 3000;

/** Runs the probe; undefined when it worked. */
async function refusal(
  qemu: Tool,
  accelerator: string,
  signal: AbortSignal | undefined,
): Promise<Obstacle | undefined> {
  const folder = makeTemporaryFolder('probe');
  try {
    writeFileSync(join(folder, 'disk'), bootSector());
    const { exitCode, stderr } = await runLocal([qemu.path, ...probeArguments(accelerator, join(folder, 'disk'))], {
      env: qemu.env,
      timeoutMs: PROBE_TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    if (exitCode === PROBE_STATUS) return undefined;
    return { reason: refusalWords(accelerator, stderr), cures: nestedCure };
  } catch (error) {
    if (error instanceof TimeoutError)
      return {
        reason: say`${accelerator} is there, but runs no instruction within ${PROBE_TIMEOUT_MS / 1000} s`,
        cures: nestedCure,
      };
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why QEMU does without an accelerator, for people: not where its own source gave up. */
export function refusalWords(accelerator: string, stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (last === '' || /Assertion|\.c:\d+:/.test(last)) return say`${accelerator} is there, but QEMU breaks off with it`;
  return last.replace(/^qemu-system-[\w-]+: /, '');
}

const nestedCure = [say`# this host is most likely a virtual machine: allow nested virtualisation on its own host`];

function probeArguments(accelerator: string, disk: string): string[] {
  const quiet = ['-nodefaults', '-no-user-config', '-display', 'none'];
  return [
    '-accel',
    accelerator,
    '-cpu',
    'host',
    '-machine',
    'pc',
    '-m',
    '32',
    ...quiet,
    '-drive',
    `file=${quoteOption(disk)},format=raw,if=ide,snapshot=on`,
    '-device',
    'isa-debug-exit,iobase=0xf4,iosize=4',
  ];
}

/** Keeps how the machines of a lab run: a saved state resumes only so. */
export function writeAcceleration(stateFolder: string, acceleration: Acceleration): void {
  replaceFileSync(accelerationFile(stateFolder), JSON.stringify(acceleration), { durable: false });
}

/**
 * How the machines of a lab that is up were started; undefined when it is not up, or when what was stored makes no
 * sense.
 */
export function readAcceleration(stateFolder: string): Acceleration | undefined {
  const file = readOwnFile(accelerationFile(stateFolder));
  return typeof file === 'string' ? undefined : fitting(accelerationShape, parseJson(file.text));
}

function accelerationFile(stateFolder: string): string {
  return join(workFolder(stateFolder), 'acceleration.json');
}

function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  probeProgram.copy(sector);
  sector[510] = 0x55;
  sector[511] = 0xaa;
  return sector;
}
