import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { release } from 'node:os';
import { commandReader, type CommandReader } from '../root-commands.ts';
import { isRootOfHost } from '../subordinate-ids.ts';
import { findOnHost } from '../tools.ts';
import { ciJob, type CiService } from './ci-job.ts';

/** Container engines that say who they are. */
export type ContainerEngine = 'docker' | 'podman' | 'kubernetes' | 'lxc' | 'unknown';

/** What decides whether this process may make namespaces, and who could allow it. */
export interface HostSituation {
  readonly reader: CommandReader;
  /** Undefined outside of containers. */
  readonly container: ContainerEngine | undefined;
  /** Windows Subsystem for Linux, and its version. */
  readonly wsl: { readonly version: 1 | 2; readonly distribution: string } | undefined;
  /** Whose job this is; undefined when it is none. */
  readonly ci: CiService | undefined;
  /** Whether this root is that of the host; false for an ordinary user and in a user namespace. */
  readonly ownsHost: boolean;
  /** CAP_SYS_ADMIN is among the effective capabilities (capabilities(7)). */
  readonly hasSysAdmin: boolean;
  /** Whether a filter of system calls (seccomp(2)) lies on this process. */
  readonly isFiltered: boolean;
  /** The AppArmor profile that confines this process; undefined without one. */
  readonly appArmorProfile: string | undefined;
  /** Whether SELinux enforces its rules. */
  readonly hasSELinux: boolean;
  /** What is mounted over parts of /proc and /sys, as container engines do it. */
  readonly hidden: readonly string[];
  /** Where something is mounted among the programs of this host. */
  readonly amongPrograms: readonly string[];
  /** Whether the kernel was built with user namespaces. */
  readonly knowsUserNamespaces: boolean;
  readonly switches: Switches;
  /** The path of Perl, links resolved, as AppArmor knows it. */
  readonly perl: string;
  /** Whether /etc/apparmor.d has our profile for that Perl. */
  readonly hasProfileForPerl: boolean;
  readonly hasTunDevice: boolean;
}

/**
 * Values of the switches that distributions and the kernel have for user_namespaces(7); undefined where a kernel does
 * not have one.
 */
export interface Switches {
  /** `kernel.unprivileged_userns_clone`, of Debian, and Ubuntu before 23.10. */
  readonly unprivilegedClone: number | undefined;
  /** `user.max_user_namespaces`, of every kernel; 0 on hardened Fedora and RHEL. */
  readonly maxUserNamespaces: number | undefined;
  /** `kernel.apparmor_restrict_unprivileged_userns`, of Ubuntu since 23.10. */
  readonly appArmorRestricts: number | undefined;
}

/** Where our AppArmor profile lies. */
export const PROFILE_PATH = '/etc/apparmor.d/lab-perl';

const CAP_SYS_ADMIN = 21n;

/** Reads only. */
export function lookAtHost(): HostSituation {
  const status = textOf('/proc/self/status');
  const mountInfo = textOf('/proc/self/mountinfo');
  const perl = perlPath();
  return {
    reader: commandReader(),
    container: containerEngine(),
    wsl: wslOf(release(), process.env['WSL_DISTRO_NAME']),
    ci: ciJob()?.service,
    ownsHost: process.getuid?.() === 0 && isRootOfHost(),
    hasSysAdmin: ((BigInt(`0x${field(status, 'CapEff') || '0'}`) >> CAP_SYS_ADMIN) & 1n) === 1n,
    isFiltered: field(status, 'Seccomp') === '2',
    appArmorProfile: confinement(),
    hasSELinux: textOf('/sys/fs/selinux/enforce').trim() === '1',
    hidden: mountsOver(mountInfo),
    amongPrograms: mountPoints(mountInfo).filter((path) => /^\/(usr|bin|sbin|lib(32|64|x32)?)\/./.test(path)),
    knowsUserNamespaces: existsSync('/proc/self/ns/user'),
    switches: {
      unprivilegedClone: numberIn('/proc/sys/kernel/unprivileged_userns_clone'),
      maxUserNamespaces: numberIn('/proc/sys/user/max_user_namespaces'),
      appArmorRestricts: numberIn('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    },
    perl,
    hasProfileForPerl: textOf(PROFILE_PATH).includes(perl),
    hasTunDevice: existsSync('/dev/net/tun'),
  };
}

/** Microsoft's kernels say so in their release: `4.4.0-19041-Microsoft`, `5.15.153.1-microsoft-standard-WSL2`. */
export function wslOf(kernel: string, distribution: string | undefined): HostSituation['wsl'] {
  if (!/microsoft/i.test(kernel)) return undefined;
  const isFirst = /^4\.4\.\d+-\d+-Microsoft$/.test(kernel);
  return { version: isFirst ? 1 : 2, distribution: distribution ?? 'NAME' };
}

/**
 * What lies over /proc and /sys, by mountinfo (proc(5)): a kernel lets no ordinary user mount one that shows more.
 * Filesystems of their own below /sys and the helper of binfmt_misc stand on folders that are empty, and hide nothing.
 */
export function mountsOver(mountInfo: string): string[] {
  return mountInfo
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.length > 6)
    .filter(([, , , , path = ''], index, all) => {
      const kind = all[index]?.[(all[index]?.indexOf('-') ?? 0) + 1] ?? '';
      if (path.startsWith('/proc/')) return !(path === '/proc/sys/fs/binfmt_misc');
      return path.startsWith('/sys/') && !path.startsWith('/sys/fs/') && kind === 'tmpfs';
    })
    .map(([, , , , path = '']) => path);
}

function mountPoints(mountInfo: string): string[] {
  return mountInfo.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
}

function containerEngine(): ContainerEngine | undefined {
  if ((process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return 'kubernetes';
  if (existsSync('/run/.containerenv')) return 'podman';
  if (existsSync('/.dockerenv')) return 'docker';
  // systemd(1) and container engines agree on that file, and on the variable.
  const name = textOf('/run/systemd/container').trim() || (process.env['container'] ?? '');
  if (name === '') return /docker|libpod|kubepods|\blxc\b/.test(textOf('/proc/1/cgroup')) ? 'unknown' : undefined;
  return (['docker', 'podman', 'lxc'] as const).find((engine) => engine === name) ?? 'unknown';
}

/** `docker-default (enforce)`; a profile with `(unconfined)` or the word alone refuses nothing. */
function confinement(): string | undefined {
  const [profile = '', mode = ''] = textOf('/proc/self/attr/current').replace(/\0/g, '').trim().split(' ');
  return mode === '(enforce)' ? profile : undefined;
}

function perlPath(): string {
  const path = findOnHost('perl') ?? '/usr/bin/perl';
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
}

function numberIn(path: string): number | undefined {
  const text = textOf(path).trim();
  return text === '' ? undefined : Number(text);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
