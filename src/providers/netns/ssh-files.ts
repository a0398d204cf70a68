import type { Machine } from '../../lab/types.ts';

/** Keys of one lab: the host key of its machines, the key that `lab` logs in with, and the key that machines use among themselves. */
export interface LabKeys {
  readonly host: KeyPair;
  readonly user: KeyPair;
  readonly machine: KeyPair;
}

export interface KeyPair {
  /** In OpenSSH's own format. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… comment` */
  readonly publicKey: string;
}

/** Search path of an interactive user on Ubuntu: `ip`, `tcpdump` and `ss` are found without typing a folder. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** sshd_config(5) for `sshd -i`. No PAM and no DNS: both would make each login depend on the host. */
export function sshdConfig(sftpServer: string | undefined): string {
  return [
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'AuthorizedKeysFile /etc/ssh/lab/authorized_keys .ssh/authorized_keys',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxSessions 64',
    'AcceptEnv LANG LC_* TERM',
    `SetEnv LANG=C.UTF-8 PATH=${searchPath}`,
    ...(sftpServer === undefined ? [] : [`Subsystem sftp ${sftpServer}`]),
    '',
  ].join('\n');
}

/** ssh_config(5) inside the machines: `ssh vm2` finds the right user, and the host keys are known. */
export function clientConfig(machines: Iterable<Machine>): string {
  const hosts = [...machines].map(({ name, user }) => `Host ${name}\n  User ${user}\n`);
  return hosts.join('');
}

/** ssh_known_hosts: the one host key of the lab under each name and address. */
export function knownHosts(machines: Iterable<Machine>, hostPublicKey: string): string {
  const [type = '', blob = ''] = hostPublicKey.split(' ');
  return [...machines].map((machine) => `${[machine.name, ...machine.interfaces.map(({ address }) => address)].join(',')} ${type} ${blob}\n`).join('');
}
