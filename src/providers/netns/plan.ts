import type { Lab, Machine, Network } from '../../lab/types.ts';
import { accountFiles, hostsFile, userId, type HostAccounts } from './account-files.ts';
import { natRules, uplink, uplinkSubnet } from './nat.ts';
import { bind, copy, mkdir, mount, optional, remountReadOnly, symlink, sysctl, tmpfs, when, write, type Operation } from './operations.ts';
import { clientConfig, knownHosts, sshdConfig, type LabKeys } from './ssh-files.ts';
import { Capability, MountFlag } from './syscalls.ts';
import { formatSubnet } from '../../core/ipv4.ts';

/** What the plan takes from the host; gathered by host-facts.ts, so that the plan itself is a pure function. */
export interface HostFacts {
  readonly accounts: HostAccounts;
  /** Top-level entries that are links (`bin` → `usr/bin`), as on every system with a merged /usr. */
  readonly rootLinks: ReadonlyMap<string, string>;
  /** Top-level folders with programs: `usr`, `etc`, and `opt`, `bin`, `lib`, … where they are real folders. */
  readonly sharedFolders: readonly string[];
  /** Those of `sharedFolders` in which something else is mounted. */
  readonly foldersWithMounts: readonly string[];
  readonly devices: readonly string[];
  /** Files of /etc/skel by name. */
  readonly skeleton: ReadonlyMap<string, string>;
  /** Folders and files below /etc that nobody in a machine has business with. */
  readonly secrets: readonly string[];
  /** The private tools folder, when it is filled. */
  readonly toolsFolder: string | undefined;
  /** Absolute path of sshd(8) as a machine sees it. */
  readonly sshd: string;
  readonly sftpServer: string | undefined;
  /** Programs that need a right of their own: sudo with its plug-ins, tcpdump; source path on the host. */
  readonly sudoFiles: readonly { readonly source: string; readonly path: string; readonly mode: number }[];
  readonly tcpdump: { readonly source: string; readonly path: string } | undefined;
  readonly nft: string | undefined;
  readonly slirp4netns: string | undefined;
  /** Folder on the host with our own Node runtime, and its key. */
  readonly runtime: { readonly folder: string; readonly key: string } | undefined;
}

export interface PlanOptions {
  /** Empty folder on the host over which the lab's file system is mounted, in the lab's own mount namespace. */
  readonly mountPoint: string;
  /** Folder for one Unix socket per machine. */
  readonly socketFolder: string;
  readonly keys: LabKeys;
  readonly inUserNamespace: boolean;
  /** A random 128-bit hex string for each machine (machine-id(5)). */
  readonly machineIds: ReadonlyMap<string, string>;
}

interface MachineOptions extends PlanOptions {
  /** Whether networks with `nat: true` have a way out. */
  readonly routes: boolean;
}

/** All that the lab's init and the machines' inits do, in order. */
export function planLab(lab: Lab, host: HostFacts, options: PlanOptions): Operation[] {
  const bridges = [...lab.networks.values()].map((network, index) => ({ network, bridge: `br${index}` }));
  const routes = bridges.some(({ network }) => network.nat) && host.nft !== undefined && host.slirp4netns !== undefined;
  return [
    ...startOfLab(host, options),
    // slirp4netns stays in the host's network and enters the lab's only to make its interface; so it is started before the lab has one of its own.
    ...startOfNetwork(lab, host, routes),
    ...[...lab.machines.values()].flatMap((machine) => machineSection(machine, lab, host, { ...options, routes })),
    ...bridges.flatMap(({ bridge, network }, index) => bridgeOperations(bridge, network, index)),
    ...links(lab, new Map(bridges.map(({ network, bridge }) => [network.name, bridge]))),
    ['links-made'],
    ...when(routes, ['run', natRules(bridges), host.nft ?? '', '-f', '-']),
  ];
}

function startOfLab(host: HostFacts, { mountPoint, keys, inUserNamespace }: PlanOptions): Operation[] {
  const device = `${mountPoint}/dev`;
  return [
    ['mount', 'none', '/', '', MountFlag.recursive | MountFlag.private, ''],
    mount('proc', '/proc', MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec),
    tmpfs(mountPoint, 'mode=755', 0),
    mkdir(`${mountPoint}/m`),
    mkdir(device),
    tmpfs(device, 'mode=755', MountFlag.noSuid),
    mkdir(`${device}/pts`),
    mkdir(`${device}/shm`),
    ...host.devices.flatMap((name): Operation[] => [write(`${device}/${name}`, ''), bind(`/dev/${name}`, `${device}/${name}`)]),
    ...Object.entries({ ptmx: 'pts/ptmx', fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' }).map(([name, target]) => symlink(target, `${device}/${name}`)),
    remountReadOnly(device, MountFlag.noSuid),
    ...copiedFolders(host, inUserNamespace).map((name): Operation => ['copy-tree', `/${name}`, `${mountPoint}/copy-${name}`]),
    ...commonFiles(`${mountPoint}/common`, host, keys, inUserNamespace),
  ];
}

/**
 * In a user namespace the mounts of the host are locked together (mount_namespaces(7)), and a folder with others in it cannot be a layer. Container
 * engines mount files over /etc, so that one, which is small, is copied instead.
 */
function copiedFolders({ foldersWithMounts }: HostFacts, inUserNamespace: boolean): string[] {
  return inUserNamespace ? foldersWithMounts.filter((name) => name === 'etc') : [];
}

/** What is the same on all machines lies once, read-only, under each machine's own layer. */
function commonFiles(common: string, host: HostFacts, keys: LabKeys, inUserNamespace: boolean): Operation[] {
  const opaque = inUserNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
  const folders = ['', ...host.sharedFolders.map((name) => `/${name}`), '/etc/ssh', '/etc/ssh/lab', '/etc/sudoers.d', '/etc/pam.d'];
  const programs = [...host.sudoFiles, ...(host.tcpdump ? [{ ...host.tcpdump, mode: 0o755 }] : [])];
  return [
    ...folders.map((folder) => mkdir(`${common}${folder}`)),
    ...parentFolders(programs.map(({ path }) => path)).filter((folder) => !folders.includes(folder)).map((folder) => mkdir(`${common}${folder}`)),
    ['set-xattr?', `${common}/etc/ssh`, opaque, 'y'],
    ['set-xattr?', `${common}/etc/sudoers.d`, opaque, 'y'],
    ...secretsHidden(common, host.secrets),
    write(`${common}/etc/ssh/ssh_host_ed25519_key`, keys.host.privateKey, 0o600),
    write(`${common}/etc/ssh/ssh_host_ed25519_key.pub`, `${keys.host.publicKey}\n`),
    write(`${common}/etc/ssh/sshd_config`, sshdConfig(host.sftpServer)),
    write(`${common}/etc/ssh/lab/authorized_keys`, `${keys.user.publicKey}\n${keys.machine.publicKey}\n`),
    // The host's own would belong to nobody in a user namespace, of which sudo complains at each call; and what it names is not here.
    write(`${common}/etc/sudo.conf`, ''),
    write(`${common}/etc/sudoers`, 'Defaults !fqdn\nDefaults lecture = never\nDefaults secure_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\nroot ALL=(ALL:ALL) ALL\nALL ALL=(ALL:ALL) NOPASSWD: ALL\n', 0o440),
    // The host's own PAM set-up may ask a directory server or a fingerprint reader; sudoers has the say here.
    write(`${common}/etc/pam.d/sudo`, 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n'),
    write(`${common}/etc/pam.d/sudo-i`, 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n'),
    // In a user namespace the host's files belong to nobody, so what needs root's ownership or a capability is copied.
    ...programs.map(({ source, path, mode }) => copy(source, `${common}${path}`, mode)),
    ...when(host.tcpdump !== undefined, ['set-xattr?', `${common}${host.tcpdump?.path}`, 'security.capability', fileCapabilities([Capability.netAdmin, Capability.netRaw])]),
  ];
}

function secretsHidden(common: string, secrets: readonly string[]): Operation[] {
  const folders = parentFolders(secrets).filter((folder) => folder !== '/etc');
  return [...folders.map((folder) => mkdir(`${common}${folder}`)), ...secrets.map((path): Operation => ['whiteout?', `${common}${path}`])];
}

/** Version 2 of `struct vfs_cap_data` (include/uapi/linux/capability.h), permitted and effective; the kernel ties it to the user namespace by itself. */
function fileCapabilities(capabilities: readonly number[]): string {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x0200_0001, 0);
  for (const capability of capabilities) bytes.writeUInt32LE((bytes.readUInt32LE(4) | (1 << capability)) >>> 0, 4);
  return bytes.toString('latin1');
}

function startOfNetwork(lab: Lab, host: HostFacts, routes: boolean): Operation[] {
  const subnet = formatSubnet(uplinkSubnet(lab.networks.values()));
  const slirp = [host.slirp4netns ?? '', '--configure', '--mtu=1500', '--disable-host-loopback', `--cidr=${subnet}`, '--ready-fd={ready}', '--netns-type=path', '/proc/1/ns/net', uplink];
  return [
    ...when(routes, ['helper', '', ...slirp]),
    ['new-network-namespace'],
    ['up', 'lo'],
    sysctl('net.ipv6.conf.default.accept_dad', 0),
    ...when(routes, sysctl('net.ipv4.ip_forward', 1)),
  ];
}

function bridgeOperations(bridge: string, { gateway, subnet }: Network, index: number): Operation[] {
  return [['bridge', bridge, macAddress(0xff, index)], ...when(gateway !== undefined, ['address', bridge, gateway ?? '', subnet.prefixLength])];
}

function links(lab: Lab, bridgeOf: ReadonlyMap<string, string>): Operation[] {
  return [...lab.machines.values()].flatMap((machine, machineIndex) =>
    machine.interfaces.map(({ name, network }, index): Operation => ['veth', bridgeOf.get(network) ?? '', `v${machineIndex}-${index}`, machine.name, name, macAddress(index, machineIndex)]),
  );
}

/** Locally administered (the second bit of the first octet, IEEE 802), the same at each `up`. */
function macAddress(kind: number, index: number): string {
  return Buffer.from([0x02, 0x4c, 0x41, kind, index >> 8, index & 0xff]).toString('hex');
}

function machineSection(machine: Machine, lab: Lab, host: HostFacts, options: MachineOptions): Operation[] {
  const root = `${options.mountPoint}/m/${machine.name}`;
  const homeOwner = machine.user === 'root' ? 0 : userId;
  const home = machine.user === 'root' ? '/root' : `/home/${machine.user}`;
  return [
    ['machine', machine.name],
    ['listen-unix', options.socketFolder, `${machine.name}.sock`],
    mkdir(root),
    tmpfs(root, `mode=755${machine.diskMiB === undefined ? '' : `,size=${machine.diskMiB}m`}`),
    ...['/.lab', '/.lab/up', '/.lab/work'].map((folder) => mkdir(root + folder, 0o700)),
    ...['proc', 'sys', 'run', 'dev', 'home', 'var', 'srv', 'mnt', 'media'].map((folder) => mkdir(`${root}/${folder}`)),
    mkdir(`${root}/root`, 0o700),
    mkdir(`${root}/tmp`, 0o1777),
    ...[...host.rootLinks].map(([name, target]) => symlink(target, `${root}/${name}`)),
    ...['/var/log', '/var/cache', '/var/lib', '/run/sshd', '/run/lock'].map((folder) => mkdir(root + folder)),
    mkdir(`${root}/var/tmp`, 0o1777),
    symlink('/run', `${root}/var/run`),
    ...host.sharedFolders.flatMap((name) => [`/${name}`, `/.lab/up/${name}`, `/.lab/work/${name}`].map((folder) => mkdir(root + folder))),
    ...when(!host.sharedFolders.includes('opt'), mkdir(`${root}/opt`)),
    ...runtimeFolder(root, host),
    ...ownFiles(machine, lab, host, options, `${root}/.lab/up`),
    ...host.sharedFolders.map((name) => overlay(name, root, host, options)),
    ...runtimeMount(root, host),
    ...homeFolder(`${root}${home}`, homeOwner, host, options.keys),
    ...systemMounts(root, options),
    ['hostname', machine.name],
    ['root', root],
    sysctl('net.ipv4.ping_group_range', '0 65535'),
    sysctl('net.ipv4.ip_unprivileged_port_start', 1024),
    ['await-links'],
    ['up', 'lo'],
    ...machine.interfaces.flatMap((link) => interfaceOperations(link.name, link.address, lab.networks.get(link.network))),
    ...defaultRoute(machine, lab),
    ...when(!options.inUserNamespace, ['keep-capabilities', machineCapabilities.join(' ')]),
    ['listen-tcp', 22],
    ['ready'],
    ['serve', '/var/log/auth.log', host.sshd, '-i', '-e'],
    ['end-machine'],
  ];
}

function overlay(name: string, root: string, host: HostFacts, { mountPoint, inUserNamespace }: PlanOptions): Operation {
  const { toolsFolder } = host;
  const base = copiedFolders(host, inUserNamespace).includes(name) ? `${mountPoint}/copy-${name}` : `/${name}`;
  const tools = toolsFolder === undefined || !['usr', 'etc'].includes(name) ? [] : [`${toolsFolder}/${name}`];
  const lower = [`${mountPoint}/common/${name}`, ...tools, base].map(escapeLayer).join(':');
  const data = `lowerdir=${lower},upperdir=${root}/.lab/up/${name},workdir=${root}/.lab/work/${name}${inUserNamespace ? ',userxattr' : ''}`;
  return mount('overlay', `${root}/${name}`, MountFlag.noDev, data);
}

/** Colon, comma and backslash part the options of overlayfs (Documentation/filesystems/overlayfs.rst). */
function escapeLayer(path: string): string {
  return path.replaceAll(/[\\:,]/g, String.raw`\$&`);
}

/** Files that differ from machine to machine go straight into its own layer, before the overlay is mounted: no copy of the host's file is made. */
function ownFiles(machine: Machine, lab: Lab, host: HostFacts, { keys, machineIds, routes }: MachineOptions, upper: string): Operation[] {
  const { passwd, shadow, group } = accountFiles(machine, host.accounts);
  const machines = [...lab.machines.values()];
  const reachesOut = routes && machine.interfaces.some(({ network }) => lab.networks.get(network)?.nat === true);
  const nameserver = uplinkSubnet(lab.networks.values()).network + 3;
  return [
    write(`${upper}/etc/passwd`, passwd),
    write(`${upper}/etc/shadow`, shadow, 0o640),
    write(`${upper}/etc/group`, group),
    write(`${upper}/etc/hostname`, `${machine.name}\n`),
    write(`${upper}/etc/hosts`, hostsFile(machine, machines)),
    write(`${upper}/etc/machine-id`, `${machineIds.get(machine.name) ?? ''}\n`, 0o444),
    write(`${upper}/etc/resolv.conf`, reachesOut ? `nameserver ${[24, 16, 8, 0].map((shift) => (nameserver >>> shift) & 255).join('.')}\n` : '# no way out of this network\n'),
    mkdir(`${upper}/etc/ssh`),
    write(`${upper}/etc/ssh/ssh_config`, clientConfig(machines)),
    write(`${upper}/etc/ssh/ssh_known_hosts`, knownHosts(machines, keys.host.publicKey)),
  ];
}

const runtimePath = '/opt/lab/runtime';

function runtimeFolder(root: string, { runtime, sharedFolders }: HostFacts): Operation[] {
  if (!runtime) return [];
  const base = sharedFolders.includes('opt') ? `${root}/.lab/up` : root;
  return ['/opt/lab', runtimePath, `${runtimePath}/${runtime.key}`].map((path) => mkdir(base + path));
}

/** Our Node runtime is there without a copy, where `deploy` looks for it. */
function runtimeMount(root: string, { runtime }: HostFacts): Operation[] {
  if (!runtime) return [];
  const target = `${root}${runtimePath}/${runtime.key}`;
  return [bind(runtime.folder, target)];
}

function homeFolder(home: string, owner: number, { skeleton }: HostFacts, keys: LabKeys): Operation[] {
  return [
    mkdir(home, 0o750, owner, owner),
    ...[...skeleton].map(([name, content]) => write(`${home}/${name}`, content, 0o644, owner, owner)),
    mkdir(`${home}/.ssh`, 0o700, owner, owner),
    write(`${home}/.ssh/id_ed25519`, keys.machine.privateKey, 0o600, owner, owner),
    write(`${home}/.ssh/id_ed25519.pub`, `${keys.machine.publicKey}\n`, 0o644, owner, owner),
  ];
}

function systemMounts(root: string, { mountPoint, inUserNamespace }: PlanOptions): Operation[] {
  const safe = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;
  return [
    mount('proc', `${root}/proc`, safe),
    // Without a user namespace, root of a machine is root of the host: what of /proc rules the whole host is read-only, as container engines have it.
    ...when(
      !inUserNamespace,
      bind(`${root}/proc/sys`, `${root}/proc/sys`),
      bind(`${root}/proc/sys/net`, `${root}/proc/sys/net`),
      remountReadOnly(`${root}/proc/sys`, safe),
      // Not every kernel has this one.
      optional(bind(`${root}/proc/sysrq-trigger`, `${root}/proc/sysrq-trigger`)),
      optional(remountReadOnly(`${root}/proc/sysrq-trigger`, safe)),
    ),
    mount('sysfs', `${root}/sys`, safe | MountFlag.readOnly),
    bind(`${mountPoint}/dev`, `${root}/dev`, MountFlag.recursive),
    mount('devpts', `${root}/dev/pts`, MountFlag.noSuid | MountFlag.noExec, 'newinstance,ptmxmode=0666,mode=620,gid=5'),
    tmpfs(`${root}/dev/shm`, 'mode=1777'),
  ];
}

/** What a container engine leaves, and the network: enough for sshd, sudo, tcpdump, ip and a debugger; not to load modules, mount, or make device nodes. */
const machineCapabilities = Object.values(Capability);

function interfaceOperations(name: string, address: string, network: Network | undefined): Operation[] {
  return [
    ['address', name, address, network?.subnet.prefixLength ?? 24],
    ['up', name],
  ];
}

function defaultRoute(machine: Machine, lab: Lab): Operation[] {
  const gateway = machine.interfaces.map(({ network }) => lab.networks.get(network)?.gateway).find((address) => address !== undefined);
  return gateway === undefined ? [] : [['route', gateway]];
}

function parentFolders(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(`/${parts.slice(0, depth).join('/')}`);
  }
  return [...folders];
}
