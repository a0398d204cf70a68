import { say } from '../../../core/language/say.ts';
import { rootCommands } from '../../../host/root-commands.ts';
import { PROFILE_PATH, type HostSituation } from '../../../host/situation/host-situation.ts';
import { containerAdvice } from './container-advice.ts';

/** Why machines cannot be made, and the exact lines that change it, for this reader on this host. */
export interface Advice {
  readonly why: string;
  /** In order; lines with `#` are remarks. */
  readonly howToGet: readonly string[];
}

/** What is known without trying to stand against namespaces; undefined when nothing is. */
export function switchedOff(situation: HostSituation): Advice | undefined {
  const { wsl, knowsUserNamespaces, reader, hasSysAdmin } = situation;
  if (wsl?.version === 1) return firstWsl(wsl.distribution);
  if (!knowsUserNamespaces) return withoutNamespaces(situation);
  if (reader.isRoot && !hasSysAdmin) return rootWithoutRights(situation);
  return closedSwitch(situation);
}

/**
 * What the kernel's answer means here, when nothing was known to stand against it. `reason`: the operation of the
 * executor that failed, and the text of its error (errno(3)).
 */
export function whyRefused(reason: string, situation: HostSituation): Advice {
  return (
    switchedOff(situation) ??
    limitReached(reason, situation) ??
    mountedAmong(reason, situation) ??
    confined(reason, situation) ??
    unknown(situation)
  );
}

function firstWsl(distribution: string): Advice {
  return {
    why: say`this is version 1 of WSL, which has no namespaces; version 2 has them`,
    howToGet: [say`# in PowerShell on Windows:`, `wsl --set-version ${distribution} 2`],
  };
}

function withoutNamespaces({ wsl }: HostSituation): Advice {
  return {
    why: say`this kernel was built without user namespaces (CONFIG_USER_NS)`,
    howToGet: wsl
      ? [
          say`# in PowerShell on Windows; and remove a line "kernel=" from %UserProfile%\\.wslconfig:`,
          'wsl --update',
          'wsl --shutdown',
        ]
      : [say`Start the distribution's own kernel, which has them, or use --provider qemu.`],
  };
}

function rootWithoutRights(situation: HostSituation): Advice {
  return situation.container === undefined
    ? {
        why: say`this root does not have the capability CAP_SYS_ADMIN, which makes namespaces`,
        howToGet: [
          say`Use a login of root that has all its rights: what started this shell took some from it`,
          say`# for a service of systemd, in its unit: CapabilityBoundingSet=~ (or no such line)`,
        ],
      }
    : {
        why: say`this root does not have the capability CAP_SYS_ADMIN, which makes namespaces: a container has it only when asked`,
        howToGet: containerAdvice(situation),
      };
}

/** A switch of the host by its name, with the value that closes it. */
function closedSwitch(situation: HostSituation): Advice | undefined {
  const { reader, switches, hasProfileForPerl } = situation;
  if (switches.maxUserNamespaces === 0)
    return closed(situation, say`user.max_user_namespaces is 0: no user namespace may be made`, [
      '{root}sysctl -w user.max_user_namespaces=10000',
      "echo 'user.max_user_namespaces = 10000' | {root}tee /etc/sysctl.d/60-lab.conf",
    ]);
  if (reader.isRoot) return undefined;
  if (switches.unprivilegedClone === 0)
    return closed(situation, say`kernel.unprivileged_userns_clone is 0: only root may make user namespaces`, [
      '{root}sysctl -w kernel.unprivileged_userns_clone=1',
      "echo 'kernel.unprivileged_userns_clone = 1' | {root}tee /etc/sysctl.d/60-lab.conf",
    ]);
  return switches.appArmorRestricts === 1 && !hasProfileForPerl ? restrictedByAppArmor(situation) : undefined;
}

/** A container sees most switches of its host, and can change none. */
function closed(situation: HostSituation, why: string, lines: readonly string[]): Advice {
  if (situation.container === undefined) return { why, howToGet: rootCommands(lines, situation.reader) };
  const host = [say`# on the computer that runs this container:`, ...asAdministrator(lines)];
  return { why, howToGet: [...host, ...containerAdvice(situation)] };
}

function restrictedByAppArmor(situation: HostSituation): Advice {
  const { perl, ci, container } = situation;
  const name = 'kernel.apparmor_restrict_unprivileged_userns';
  const why = say`${name} is 1: AppArmor lets only known programs make user namespaces`;
  if (ci === 'github' && container === undefined)
    return { why, howToGet: [say`# in the workflow, as a step before lab:`, `- run: sudo sysctl -w ${name}=0`] };
  if (container !== undefined) return closed(situation, why, [`{root}sysctl -w ${name}=0`]);
  const profile = String.raw`abi <abi/4.0>,\ninclude <tunables/global>\nprofile lab-perl ${perl} flags=(unconfined) {\n  userns,\n}\n`;
  return closed(situation, why, [
    `printf '${profile}' | {root}tee ${PROFILE_PATH}`,
    `{root}apparmor_parser -r ${PROFILE_PATH}`,
    say`# or, for all programs until the next start: {root}sysctl -w ${name}=0`,
  ]);
}

function limitReached(reason: string, situation: HostSituation): Advice | undefined {
  // user_namespaces(7): ENOSPC for the limit of namespaces and for the depth of nesting, EUSERS before Linux 4.9.
  if (!/^(clone|unshare|new-user-namespace \S*): .*(No space left|Too many users)/.test(reason)) return undefined;
  const most = String(situation.switches.maxUserNamespaces);
  return closed(
    situation,
    say`a limit of namespaces is reached: user.max_user_namespaces is ${most} here, and what this runs in may allow fewer`,
    ['{root}sysctl -w user.max_user_namespaces=10000'],
  );
}

/** Mounts are locked together for all but root of the host (mount_namespaces(7)), and a layer cannot have one in it. */
function mountedAmong(
  reason: string,
  { amongPrograms, ownsHost, container, reader }: HostSituation,
): Advice | undefined {
  if (ownsHost || amongPrograms.length === 0 || !/\bmount overlay .*Invalid argument/.test(reason)) return undefined;
  const why = say`something is mounted at ${amongPrograms.slice(0, 3).join(', ')}, so the programs above it can be no layer of a machine`;
  return container === undefined
    ? { why, howToGet: rootCommands(unmounts(amongPrograms), reader) }
    : {
        why,
        howToGet: [say`# on the computer that runs this container, start it without that (docker run -v, --gpus)`],
      };
}

function confined(reason: string, situation: HostSituation): Advice | undefined {
  if (!/Operation not permitted|Permission denied/.test(reason)) return undefined;
  const { container, hidden, switches, reader, ownsHost } = situation;
  const hides = /\bmount (proc|sysfs) /.test(reason) && hidden.length > 0 && !ownsHost;
  const causes = hides ? [whatHides(hidden)] : confinements(situation);
  if (container !== undefined) {
    const howToGet = containerAdvice(situation);
    return howToGet.length === 0 ? undefined : { why: inOneLine(causes) ?? say`this container may not`, howToGet };
  }
  if (hides) return { why: causes.join(), howToGet: rootCommands(unmounts(hidden), reader) };
  if (!reader.isRoot && switches.appArmorRestricts === 1)
    return {
      why: say`AppArmor has not read its profile ${PROFILE_PATH}`,
      howToGet: rootCommands([`{root}apparmor_parser -r ${PROFILE_PATH}`], reader),
    };
  const why = inOneLine(causes);
  return why === undefined ? undefined : { why, howToGet: [OTHER_TERMINAL] };
}

function inOneLine([first, ...others]: readonly string[]): string | undefined {
  return first === undefined ? undefined : others.reduce((all, cause) => say`${all}; ${cause}`, first);
}

/** The kernel demands that a new one shows no more than the one that is there (mount_namespaces(7)). */
function whatHides(hidden: readonly string[]): string {
  return say`something is mounted over ${hidden.slice(0, 3).join(', ')}, so no machine may have a /proc or /sys of its own`;
}

/** The last that was mounted comes off first. */
function unmounts(hidden: readonly string[]): string[] {
  return hidden.toReversed().map((path) => `{root}umount ${path}`);
}

function confinements({ isFiltered, appArmorProfile }: HostSituation): string[] {
  return [
    ...(isFiltered ? [say`a filter of system calls (seccomp) lies on this process`] : []),
    ...(appArmorProfile === undefined ? [] : [say`AppArmor confines it by the profile ${appArmorProfile}`]),
  ];
}

const OTHER_TERMINAL = say`Start lab from a terminal of its own: an editor from snap or flatpak, a service or a sandbox lets its terminals do less.`;

function unknown({ reader }: HostSituation): Advice {
  return {
    why: say`the kernel refuses, and no switch that lab knows stands against it`,
    howToGet:
      reader.isRoot || !reader.hasSudo ? [say`Use --provider qemu.`] : [say`Use --provider qemu, or try: sudo lab up`],
  };
}

/** For a reader whom we do not know. */
function asAdministrator(lines: readonly string[]): string[] {
  return rootCommands(lines, { isRoot: false, hasSudo: true, isAdministrator: true });
}
