/** Search path of an interactive user on Ubuntu: `ip`, `tcpdump` and `ss` are found without typing a folder. */
export const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

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
    `SetEnv LANG=C.UTF-8 PATH=${SEARCH_PATH}`,
    ...(sftpServer === undefined ? [] : [`Subsystem sftp ${sftpServer}`]),
    '',
  ].join('\n');
}

/** How sshd(8) calls a client that came through a Unix socket (get_peer_ipaddr in OpenSSH's canohost.c). */
const THROUGH_UNIX_SOCKET = 'UNKNOWN';

/**
 * authorized_keys (sshd(8)), the same on all machines. The key of `lab` counts only on the way by which `lab` comes:
 * the machine's Unix socket, which is on the host, in a folder of its user. `peers` are the public keys of machines
 * that may log in; none, unless the lab says so.
 */
export function authorizedKeys(user: string, peers: readonly string[]): string {
  return [`from="${THROUGH_UNIX_SOCKET}" ${user}`, ...peers, ''].join('\n');
}
