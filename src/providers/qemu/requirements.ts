import { say } from '../../core/language/say.ts';
import { commandOfManager } from '../../host/package-manager.ts';
import { rootCommands } from '../../host/root-commands.ts';
import { findTool } from '../../host/tools.ts';
import type { CheckOptions, Requirement } from '../provider.ts';
import { chooseAcceleration } from './process/acceleration.ts';
import { EMULATOR_NAME, FIX, IMAGE_TOOL_NAME, isNewEnough, oldestVersion, versionOf } from './process/qemu-tools.ts';

const install = [
  ['apt-get', '{root}apt-get install qemu-system-x86 qemu-utils'],
  ['dnf', '{root}dnf install qemu-system-x86-core qemu-img'],
  ['pacman', '{root}pacman -S qemu-base'],
  ['zypper', '{root}zypper install qemu-x86 qemu-tools'],
  ['brew', 'brew install qemu'],
] as const;

/** What virtual machines need on this host. */
export async function requirements({ thorough = false, signal }: CheckOptions): Promise<Requirement[]> {
  const needed = [await emulator(signal), imageTool()];
  const found = [...needed, filterTool()];
  const tool = findTool(EMULATOR_NAME);
  return thorough && tool && needed.every(({ status }) => status === 'present')
    ? [...found, await acceleration(tool, signal)]
    : found;
}

async function emulator(signal: AbortSignal | undefined): Promise<Requirement> {
  const tool = findTool(EMULATOR_NAME);
  const version = tool && (await versionOf(tool, signal));
  const fits = version !== undefined && isNewEnough(version);
  return {
    id: 'qemu',
    description: say`QEMU ${oldestVersion.join('.')} or newer`,
    status: fits ? 'present' : 'missing',
    found: tool === undefined ? say`not found` : withVersion(tool.path, version),
    howToGet: fits ? [] : cures(tool !== undefined),
  };
}

function withVersion(path: string, version: string | undefined): string {
  return version === undefined ? say`${path}, version unknown` : say`${path}, version ${version}`;
}

function imageTool(): Requirement {
  const tool = findTool(IMAGE_TOOL_NAME);
  return {
    id: 'qemu-img',
    description: say`qemu-img, which makes disks`,
    status: tool ? 'present' : 'missing',
    found: tool?.path ?? say`not found`,
    howToGet: tool ? [] : cures(false),
  };
}

/** Filters are compiled on this host. */
function filterTool(): Requirement {
  const tool = findTool('tcpdump');
  return {
    id: 'tcpdump',
    description: say`tcpdump, for captures out of reach of the machines`,
    status: tool ? 'present' : 'optional-missing',
    found: tool?.path ?? say`not found`,
    howToGet: tool ? [] : ['lab doctor --fix'],
  };
}

function cures(isOld: boolean): string[] {
  const command = commandOfManager(install);
  return isOld
    ? [
        say`# use a newer release of this system (Debian 12, Ubuntu 23.04 and later have it)`,
        ...rootCommands([command]),
      ]
    : [FIX, ...rootCommands([say`# or: ${command}`])];
}

async function acceleration(
  tool: NonNullable<ReturnType<typeof findTool>>,
  signal: AbortSignal | undefined,
): Promise<Requirement> {
  const { name, obstacle } = await chooseAcceleration(tool, signal);
  const found =
    obstacle === undefined
      ? say`${name} works`
      : say`${obstacle.reason}; machines run by software emulation, ten to thirty times slower`;
  return {
    id: 'acceleration',
    description: say`hardware acceleration`,
    status: obstacle === undefined ? 'present' : 'optional-missing',
    found,
    howToGet: obstacle?.cures ?? [],
  };
}
