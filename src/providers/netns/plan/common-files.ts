import type { Machine } from '../../../lab/types.ts';
import { clientConfig, knownHosts } from '../../peer-files.ts';
import { foldersOfAny } from './host-folders.ts';
import * as op from './operations.ts';
import type { Operation } from './operations.ts';
import type { HostFacts, PlanKeys } from './plan-input.ts';
import { authorizedKeys, sshdConfig } from './ssh-files.ts';
import { staged } from './stage-paths.ts';
import { Capability } from './syscalls.ts';

/** Everyone on a machine may do everything there, without a password (sudoers(5)). */
const SUDOERS = `Defaults !fqdn
Defaults lecture = never
Defaults secure_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
ALL ALL=(ALL:ALL) NOPASSWD: ALL
`;
/** The host's own set-up may ask a directory server or a fingerprint reader; sudoers decides here. */
const PAM_SUDO = `auth required pam_permit.so
account required pam_permit.so
session required pam_permit.so
`;

/** What is the same on all machines lies once, read-only, under each machine's own layer. */
export function commonFiles(common: string, machines: readonly Machine[], host: HostFacts): Operation[] {
  const folders = [
    '',
    ...foldersOfAny(machines, host).map((name) => `/${name}`),
    '/usr/local',
    '/etc/ssh',
    '/etc/ssh/lab',
    '/etc/sudoers.d',
    '/etc/pam.d',
  ];
  const programs = [...host.sudoFiles, ...(host.tcpdump ? [{ ...host.tcpdump, mode: 0o755 }] : [])];
  return [
    ...folders.map((folder) => op.mkdir(`${common}${folder}`)),
    ...parentFolders(programs.map(({ path }) => path))
      .filter((folder) => !folders.includes(folder))
      .map((folder) => op.mkdir(`${common}${folder}`)),
    opaque(`${common}/etc/ssh`),
    opaque(`${common}/etc/sudoers.d`),
    ...secretsHidden(common, host.secrets, folders),
    // The host's own would belong to nobody in a user namespace, of which sudo complains at each call; and what it
    // names is not here.
    op.write(`${common}/etc/sudo.conf`, ''),
    op.write(`${common}/etc/sudoers`, SUDOERS, 0o440),
    // useradd(8) writes there.
    op.write(`${common}/etc/subuid`, ''),
    op.write(`${common}/etc/subgid`, ''),
    op.write(`${common}/etc/pam.d/sudo`, PAM_SUDO),
    op.write(`${common}/etc/pam.d/sudo-i`, PAM_SUDO),
    // Where the host's files belong to nobody, what needs root's ownership is copied, and everywhere what needs a
    // capability.
    ...programs.map(({ source, path, mode }) => op.copy(staged(source, host), `${common}${path}`, mode)),
    ...op.when(
      host.tcpdump !== undefined,
      op.setXattr(
        `${common}${host.tcpdump?.path}`,
        'security.capability',
        fileCapabilities([Capability.netAdmin, Capability.netRaw]),
      ),
    ),
  ];
}

/** Only the public parts of SSH's files: no private key lies here. */
export function commonSshFiles(
  folder: string,
  machines: readonly Machine[],
  { sftpServer }: HostFacts,
  { user, hosts, clients }: PlanKeys,
): Operation[] {
  return [
    op.write(`${folder}/sshd_config`, sshdConfig(sftpServer)),
    op.write(
      `${folder}/lab/authorized_keys`,
      authorizedKeys(
        user,
        [...clients.values()].map(({ publicKey }) => publicKey),
      ),
    ),
    op.write(`${folder}/ssh_config`, clientConfig(machines)),
    op.write(
      `${folder}/ssh_known_hosts`,
      knownHosts(machines, (name) => hosts.get(name)?.publicKey ?? ''),
    ),
  ];
}

/** The folder shows nothing of the host's. */
function opaque(folder: string): Operation {
  return op.setXattr(folder, 'user.overlay.opaque', 'y');
}

function secretsHidden(common: string, secrets: readonly string[], made: readonly string[]): Operation[] {
  const folders = parentFolders(secrets).filter((folder) => !made.includes(folder));
  return [
    ...folders.map((folder) => op.mkdir(`${common}${folder}`)),
    ...secrets.map((path) => op.whiteout(`${common}${path}`)),
  ];
}

/**
 * Version 2 of `struct vfs_cap_data` (include/uapi/linux/capability.h), permitted and effective; the kernel ties it to
 * the user namespace by itself.
 */
function fileCapabilities(capabilities: readonly number[]): string {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x0200_0001, 0);
  for (const capability of capabilities) bytes.writeUInt32LE((bytes.readUInt32LE(4) | (1 << capability)) >>> 0, 4);
  return bytes.toString('latin1');
}

function parentFolders(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(`/${parts.slice(0, depth).join('/')}`);
  }
  return [...folders];
}
