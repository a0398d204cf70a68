import { say } from '../../core/language/say.ts';

/**
 * Names that mean something already where a lab would use them: on each machine, to the kernel, to tools that are
 * called with them. Each says what it means, so that a message can give the reason.
 */

const LOOPBACK = say`every machine calls itself so`;
const MULTICAST = say`it stands for a multicast group in the hosts file of every machine`;

/**
 * Names in the hosts file of every Debian and Ubuntu machine (hosts(5)), where the first line that has a name wins,
 * in small letters.
 */
export const reservedHosts: ReadonlyMap<string, string> = new Map([
  ...['localhost', 'ip6-localhost', 'ip6-loopback'].map((name) => [name, LOOPBACK] as const),
  ...['ip6-localnet', 'ip6-mcastprefix', 'ip6-allnodes', 'ip6-allrouters', 'ip6-allhosts'].map(
    (name) => [name, MULTICAST] as const,
  ),
  ['unknown', say`sshd of each machine calls a client without an address so`],
]);

/**
 * What inet_aton(3) reads as an address of one part, as all programs do before they ask for a name: decimal, octal,
 * hexadecimal.
 */
export const NUMERIC_HOST = /^(?:\d+|0x[0-9a-f]*)$/i;

const TUNNEL = say`the kernel makes a device of that name in every network namespace when its module is loaded`;

/** Names of interfaces that the kernel or its tools take for something else. */
export const reservedInterfaces: ReadonlyMap<string, string> = new Map([
  ['lo', say`every machine has that one for itself`],
  ['all', say`in /proc/sys/net it stands for all interfaces together`],
  ['default', say`in /proc/sys/net it stands for interfaces that are made later`],
  ['any', say`tcpdump takes it for all interfaces together`],
  ['bonding_masters', say`the kernel has a file of that name among its interfaces`],
  ...['tunl0', 'gre0', 'gretap0', 'erspan0', 'sit0', 'ip_vti0', 'ip6_vti0', 'ip6tnl0', 'ip6gre0'].map(
    (name) => [name, TUNNEL] as const,
  ),
]);

/**
 * Accounts of Debian and Ubuntu (base-passwd, and packages that images and labs have); root is not among them:
 * machines may run as root.
 */
const systemUsers = [
  'daemon',
  'bin',
  'sys',
  'sync',
  'games',
  'man',
  'lp',
  'mail',
  'news',
  'uucp',
  'proxy',
  'www-data',
  'backup',
  'list',
  'irc',
  'gnats',
  'nobody',
  '_apt',
  'sshd',
  'tcpdump',
  'messagebus',
  'syslog',
  'uuidd',
  'tss',
  'landscape',
  'pollinate',
  'polkitd',
  'fwupd-refresh',
  'usbmux',
  'dhcpcd',
  'dnsmasq',
  'avahi',
  'rtkit',
  'statd',
  '_chrony',
  '_rpc',
  '_ssh',
  'systemd-network',
  'systemd-resolve',
  'systemd-timesync',
  'systemd-coredump',
  'systemd-oom',
  'systemd-bus-proxy',
];

/**
 * Groups that every Debian and Ubuntu system has: useradd(8) makes a group of the user's name, and refuses when there
 * is one.
 */
const systemGroups = [
  'adm',
  'tty',
  'disk',
  'kmem',
  'dialout',
  'fax',
  'voice',
  'cdrom',
  'floppy',
  'tape',
  'sudo',
  'audio',
  'dip',
  'operator',
  'src',
  'shadow',
  'utmp',
  'video',
  'sasl',
  'plugdev',
  'staff',
  'users',
  'nogroup',
  'crontab',
  'input',
  'kvm',
  'render',
  'sgx',
  'systemd-journal',
  'lxd',
  'netdev',
];

/** Names that no user of a machine can have. */
export const reservedUsers: ReadonlyMap<string, string> = new Map([
  ...systemUsers.map((name) => [name, say`every machine has a system account of that name`] as const),
  ...systemGroups.map((name) => [name, say`every machine has a group of that name`] as const),
]);
