import { accessSync, constants } from 'node:fs';
import { release } from 'node:os';
import { say } from '../../core/language/say.ts';
import { commandReader, rootCommands } from '../../host/root-commands.ts';
import { localUser } from '../../host/local-user.ts';
import { findMachineTool, findOnHost, findTool } from '../../host/tools.ts';
import type { AttachedMachine, Requirement } from '../provider.ts';
import { freeRange, NEEDED_IDS, subordinateRange } from '../../host/subordinate-ids.ts';
import { lookAtHost } from '../../host/situation/host-situation.ts';
import { lookAtMapper, whyMapperRefused } from './rights/mapper.ts';
import { switchedOff } from './rights/why-refused.ts';
import { limitsRequirement } from './limit-words.ts';
import { syscallNumbers } from './plan/syscalls.ts';

const FIX = 'lab doctor --fix';

/** Programs of the machines, by what the user loses without them. */
const everydayTools = ['sudo', 'tcpdump', 'ss', 'ip', 'lsof', 'netstat', 'ping', 'nc', 'ps'];

/** All that can be known without trying. */
export function staticRequirements(): Requirement[] {
  const isRoot = process.getuid?.() === 0;
  return [
    platform(),
    perl(),
    kernel(),
    namespaces(),
    ...(isRoot ? [] : [idMappers(), subordinateIds()]),
    sshd(),
    wayOut(),
    everyday(),
    limitsRequirement(),
  ];
}

function platform(): Requirement {
  const known = process.platform === 'linux' && process.arch in syscallNumbers;
  return requirement({
    id: 'linux',
    description: say`Linux on x86-64 or ARM64`,
    present: known,
    found: say`${process.platform} on ${process.arch}`,
    howToGet: [say`Use --provider ssh with machines that exist, or --provider qemu.`],
  });
}

/** mount_setattr(2), and overlayfs in a user namespace. */
const oldestKernel = { major: 5, minor: 12 };

function kernel(): Requirement {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const present = major > oldestKernel.major || (major === oldestKernel.major && minor >= oldestKernel.minor);
  return requirement({
    id: 'kernel',
    description: say`a Linux kernel that can wall machines: 5.12 or newer`,
    present,
    found: release(),
    howToGet: [say`Start a newer kernel (Debian 12, Ubuntu 22.04 and later have one), or use --provider qemu.`],
  });
}

function perl(): Requirement {
  const path = findOnHost('perl');
  return requirement({
    id: 'perl',
    description: say`Perl, which makes the system calls`,
    present: path !== undefined,
    found: path ?? say`not found`,
    howToGet: install('perl'),
  });
}

function namespaces(): Requirement {
  const situation = lookAtHost();
  const obstacle = switchedOff(situation);
  return requirement({
    id: 'user-namespaces',
    description: situation.reader.isRoot
      ? say`user namespaces, in which root of a machine is nobody here`
      : say`user namespaces for ordinary users`,
    present: obstacle === undefined,
    found: obstacle?.why ?? say`no switch stands against it`,
    howToGet: obstacle?.howToGet ?? [],
  });
}

function idMappers(): Requirement {
  const paths = ['newuidmap', 'newgidmap'].map(findOnHost);
  const present = paths.every((path) => path !== undefined);
  return requirement({
    id: 'newuidmap',
    description: say`newuidmap and newgidmap, which give a lab user accounts of its own`,
    present,
    found: present ? paths.join(', ') : say`not found; without, ${ONE_IDENTITY}`,
    howToGet: install('uidmap'),
    otherwise: 'optional-missing',
  });
}

function subordinateIds(): Requirement {
  const { first, count } = freeRange();
  const range = `${first}-${first + count - 1}`;
  const ranges = (['/etc/subuid', '/etc/subgid'] as const).map(subordinateRange);
  const present = ranges.every((given) => given !== undefined);
  const found = present
    ? ranges.map((given) => `${given?.first}+${given?.count}`).join(', ')
    : say`no range of at least ${NEEDED_IDS} for ${localUser().name} in /etc/subuid and /etc/subgid; without, ${ONE_IDENTITY}`;
  return requirement({
    id: 'subordinate-ids',
    description: say`a range of subordinate user and group IDs`,
    present,
    found,
    howToGet: rootCommands([`{root}usermod --add-subuids ${range} --add-subgids ${range} ${localUser().name}`]),
    otherwise: 'optional-missing',
  });
}

/** What an ordinary user's machines are like without user accounts of their own. */
const ONE_IDENTITY = say`everybody on the machines is root there: port 80 opens, and "sudo -u" changes nothing`;

/** For machines that run so: all in one line. */
export function oneIdentityRemark(): NonNullable<AttachedMachine['remark']> {
  const commands = [idMappers(), subordinateIds()]
    .flatMap(({ howToGet }) => howToGet)
    .filter((line) => !line.startsWith('#'));
  return { message: say`${ONE_IDENTITY}; ${cureForAll(commands)}` };
}

function cureForAll(commands: readonly string[]): string {
  if (commands.length === 0) return say`"lab doctor" says why newuidmap is refused here`;
  const line = [...commands, 'lab up --recreate'].join(' && ');
  return commandReader().hasSudo ? say`for all: ${line}` : say`for all: ask who runs this computer to type ${line}`;
}

/** Where newuidmap(1) and the range are there, and the kernel refuses what it asks for. */
export function mappersRefused(): Requirement {
  const path = findOnHost('newuidmap') ?? '';
  const { why, howToGet } = whyMapperRefused(path, lookAtMapper(path));
  return requirement({
    id: 'newuidmap-works',
    description: say`newuidmap may map accounts`,
    present: false,
    found: say`${why}; so ${ONE_IDENTITY}`,
    howToGet: [...howToGet],
    otherwise: 'optional-missing',
  });
}

function sshd(): Requirement {
  const tool = findMachineTool('sshd');
  return requirement({
    id: 'sshd',
    description: say`OpenSSH server`,
    present: tool !== undefined,
    found: tool?.path ?? say`not found`,
    howToGet: [FIX],
  });
}

function wayOut(): Requirement {
  const missing = ['nft', 'slirp4netns'].filter((name) => !findTool(name));
  const device = canOpen('/dev/net/tun');
  const found =
    missing.length > 0
      ? say`not found: ${missing.join(', ')}`
      : device
        ? 'nft, slirp4netns, /dev/net/tun'
        : say`/dev/net/tun cannot be opened by this user`;
  return requirement({
    id: 'nat',
    description: say`a way out for networks with "nat: true" (machines of the lab reach each other without it)`,
    present: missing.length === 0 && device,
    found,
    howToGet: missing.length > 0 ? [FIX] : rootCommands(['{root}modprobe tun && {root}chmod 666 /dev/net/tun']),
    otherwise: 'optional-missing',
  });
}

function everyday(): Requirement {
  const missing = everydayTools.filter((name) => !findMachineTool(name));
  return requirement({
    id: 'tools',
    description: say`everyday tools inside the machines`,
    present: missing.length === 0,
    found: missing.length === 0 ? everydayTools.join(', ') : say`not found: ${missing.join(', ')}`,
    howToGet: [FIX],
    otherwise: 'optional-missing',
  });
}

/** Whether machines reach beyond the lab on this host. */
export function hasWayOut(): boolean {
  return wayOut().status === 'present';
}

interface Found extends Omit<Requirement, 'status'> {
  readonly present: boolean;
  /** Its status when it is not present; default `missing`. */
  readonly otherwise?: Requirement['status'];
}

function requirement({ present, otherwise = 'missing', howToGet, ...what }: Found): Requirement {
  return { ...what, status: present ? 'present' : otherwise, howToGet: present ? [] : howToGet };
}

/** How to install a package of that Debian name with this host's package manager. */
function install(debianPackage: string): string[] {
  const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    uidmap: { dnf: 'shadow-utils', pacman: 'shadow', zypper: 'shadow' },
  };
  const managers = [
    ['apt-get', 'apt-get install'],
    ['dnf', 'dnf install'],
    ['pacman', 'pacman -S'],
    ['zypper', 'zypper install'],
  ] as const;
  const [manager, command] = managers.find(([name]) => findOnHost(name) !== undefined) ?? managers[0];
  return rootCommands([`{root}${command} ${names[debianPackage]?.[manager] ?? debianPackage}`]);
}

function canOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
