import type { Lab, Machine, Network } from '../../lab/types.ts';
import { accountFiles, hostsFile, USER_ID } from './account-files.ts';
import { natRules, UPLINK, uplinkNameserver, uplinkSubnet } from './nat.ts';
import {
  bind,
  copy,
  mkdir,
  mount,
  optional,
  symlink,
  sysctl,
  tmpfs,
  when,
  write,
  type Operation,
} from './operations.ts';
import type { KeyPair } from '../../ssh/keys/key-pair.ts';
import { clientConfig, knownHosts } from '../peer-files.ts';
import { authorizedKeys, sshdConfig } from './ssh-files.ts';
import type { HostFacts, PlanKeys, PlanOptions } from './plan-input.ts';
import { setStage, stage, staged } from './lab-stage.ts';
import { Capability, MountFlag, syscallNumbers } from './syscalls.ts';
import { formatSubnet } from '../../core/ipv4.ts';
import { tcpdumpOptions } from '../../core/link-capture.ts';
import { fileURLToPath } from 'node:url';

const addressGuard = fileURLToPath(new URL('address-guard.pl', import.meta.url));

interface MachineOptions extends PlanOptions {
  /** Whether networks with `nat: true` have a way out. */
  readonly routes: boolean;
}

/** All that the lab's init and the machines' inits do, in order. */
export function planLab(lab: Lab, host: HostFacts, options: PlanOptions): Operation[] {
  const bridges = [...lab.networks.values()].map((network, index) => ({ network, bridge: `br${index}` }));
  const routes = bridges.some(({ network }) => network.nat) && host.nft !== undefined && host.slirp4netns !== undefined;
  return [
    ...setStage(lab.machines.values(), host, { ...options, helpers: when(routes, ...wayOut(lab, host, bridges)) }),
    ...copiedFolders(host, options).map((name): Operation => [
      'copy-tree',
      `${stage.layers}/${name}`,
      `${stage.lab}/copy-${name}`,
    ]),
    ...commonFiles(`${stage.lab}/common`, host),
    ...commonSshFiles(`${stage.lab}/common/etc/ssh`, [...lab.machines.values()], host, options.keys),
    ...startOfNetwork(routes),
    ...captures(lab, host),
    ...[...lab.machines.values()].flatMap((machine) => machineSection(machine, lab, host, { ...options, routes })),
    ...bridges.flatMap(({ bridge, network }, index) => bridgeOperations(bridge, network, index)),
    ...links(lab, new Map(bridges.map(({ network, bridge }) => [network.name, bridge]))),
    ['links-made'],
  ];
}

/**
 * For all but root of the host the mounts of the host are locked together (mount_namespaces(7)), and a folder with others in it cannot be a layer of an overlay. Container
 * engines mount files over /etc, so that one, which is small, is copied instead.
 */
function copiedFolders({ foldersWithMounts }: HostFacts, { ownsHost }: PlanOptions): string[] {
  return !ownsHost ? foldersWithMounts.filter((name) => name === 'etc') : [];
}

/** What is the same on all machines lies once, read-only, under each machine's own layer. */
function commonFiles(common: string, host: HostFacts): Operation[] {
  const folders = [
    '',
    ...host.sharedFolders.map((name) => `/${name}`),
    '/etc/ssh',
    '/etc/ssh/lab',
    '/etc/sudoers.d',
    '/etc/pam.d',
  ];
  const programs = [...host.sudoFiles, ...(host.tcpdump ? [{ ...host.tcpdump, mode: 0o755 }] : [])];
  return [
    ...folders.map((folder) => mkdir(`${common}${folder}`)),
    ...parentFolders(programs.map(({ path }) => path))
      .filter((folder) => !folders.includes(folder))
      .map((folder) => mkdir(`${common}${folder}`)),
    ['set-xattr?', `${common}/etc/ssh`, 'user.overlay.opaque', 'y'],
    ['set-xattr?', `${common}/etc/sudoers.d`, 'user.overlay.opaque', 'y'],
    ...secretsHidden(common, host.secrets),
    // The host's own would belong to nobody in a user namespace, of which sudo complains at each call; and what it names is not here.
    write(`${common}/etc/sudo.conf`, ''),
    write(
      `${common}/etc/sudoers`,
      'Defaults !fqdn\nDefaults lecture = never\nDefaults secure_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\nroot ALL=(ALL:ALL) ALL\nALL ALL=(ALL:ALL) NOPASSWD: ALL\n',
      0o440,
    ),
    // useradd(8) writes there.
    write(`${common}/etc/subuid`, ''),
    write(`${common}/etc/subgid`, ''),
    // The host's own PAM set-up may ask a directory server or a fingerprint reader; sudoers has the say here.
    write(
      `${common}/etc/pam.d/sudo`,
      'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n',
    ),
    write(
      `${common}/etc/pam.d/sudo-i`,
      'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n',
    ),
    // Where the host's files belong to nobody, what needs root's ownership is copied, and everywhere what needs a capability.
    ...programs.map(({ source, path, mode }) => copy(staged(source, host), `${common}${path}`, mode)),
    ...when(host.tcpdump !== undefined, [
      'set-xattr?',
      `${common}${host.tcpdump?.path}`,
      'security.capability',
      fileCapabilities([Capability.netAdmin, Capability.netRaw]),
    ]),
  ];
}

/** Of SSH only what everybody may know: no private key lies here. */
function commonSshFiles(
  folder: string,
  machines: readonly Machine[],
  { sftpServer }: HostFacts,
  { user, hosts, clients }: PlanKeys,
): Operation[] {
  return [
    write(`${folder}/sshd_config`, sshdConfig(sftpServer)),
    write(
      `${folder}/lab/authorized_keys`,
      authorizedKeys(
        user,
        [...clients.values()].map(({ publicKey }) => publicKey),
      ),
    ),
    write(`${folder}/ssh_config`, clientConfig(machines)),
    write(
      `${folder}/ssh_known_hosts`,
      knownHosts(machines, (name) => hosts.get(name)?.publicKey ?? ''),
    ),
  ];
}

function secretsHidden(common: string, secrets: readonly string[]): Operation[] {
  const folders = parentFolders(secrets).filter((folder) => !['/etc', '/usr'].includes(folder));
  return [
    ...folders.map((folder) => mkdir(`${common}${folder}`)),
    ...secrets.map((path): Operation => ['whiteout?', `${common}${path}`]),
  ];
}

/** Version 2 of `struct vfs_cap_data` (include/uapi/linux/capability.h), permitted and effective; the kernel ties it to the user namespace by itself. */
function fileCapabilities(capabilities: readonly number[]): string {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x0200_0001, 0);
  for (const capability of capabilities) bytes.writeUInt32LE((bytes.readUInt32LE(4) | (1 << capability)) >>> 0, 4);
  return bytes.toString('latin1');
}

/** slirp4netns stays in the host's network and enters the lab's only to make its interface; the guard watches the host's addresses. */
function wayOut(lab: Lab, host: HostFacts, bridges: Parameters<typeof natRules>[0]): Operation[] {
  const subnet = formatSubnet(uplinkSubnet(lab.networks.values()));
  const slirp = [
    host.slirp4netns ?? '',
    '--configure',
    '--mtu=1500',
    '--disable-host-loopback',
    `--cidr=${subnet}`,
    '--enable-sandbox',
    '--enable-seccomp',
    '--ready-fd={ready}',
  ];
  return [
    ['helper', '', ...slirp, '--netns-type=path', '/proc/1/ns/net', UPLINK],
    [
      'helper',
      natRules(bridges),
      host.perl,
      addressGuard,
      '{ready}',
      syscallNumbers[process.arch]?.['setns'] ?? 0,
      host.nft ?? '',
    ],
  ];
}

function startOfNetwork(routes: boolean): Operation[] {
  return [
    ['new-network-namespace'],
    ['up', 'lo'],
    sysctl('net.ipv6.conf.default.accept_dad', 0),
    ...when(routes, sysctl('net.ipv4.ip_forward', 1)),
  ];
}

/**
 * tcpdump(8) sees only the programs and libraries of the host, the names of the machines for its filters, and the one account that it insists on changing to.
 */
function captures({ machines }: Lab, host: HostFacts): Operation[] {
  const { tcpdump, rootLinks, sharedFolders } = host;
  if (tcpdump === undefined) return [];
  const root = `${stage.lab}/captures`;
  const programs = sharedFolders.filter((name) => !['etc', 'opt'].includes(name));
  return [
    mkdir(root),
    mkdir(`${root}/etc`),
    ...[...rootLinks].map(([name, target]) => symlink(target, `${root}/${name}`)),
    ...programs.flatMap((name) => [
      mkdir(`${root}/${name}`),
      mount(
        'overlay',
        `${root}/${name}`,
        MountFlag.readOnly | MountFlag.noDev | MountFlag.noSuid,
        `lowerdir=${lowerLayers(name, host, `${stage.layers}/${name}`)},userxattr`,
      ),
    ]),
    write(`${root}/etc/hosts`, hostsFile(undefined, machines.values())),
    write(`${root}/etc/passwd`, 'root:x:0:0:root:/:/usr/sbin/nologin\n'),
    ...['services', 'protocols'].map((name) =>
      optional(copy(`${stage.layers}/etc/${name}`, `${root}/etc/${name}`, 0o644)),
    ),
    ['serve-captures', root, tcpdump.path, ...tcpdumpOptions, '-Z', 'root'],
  ];
}

function bridgeOperations(bridge: string, { gateway, subnet }: Network, index: number): Operation[] {
  return [
    ['bridge', bridge, macAddress(0xff, index)],
    ...when(gateway !== undefined, ['address', bridge, gateway ?? '', subnet.prefixLength]),
  ];
}

function links(lab: Lab, bridgeOf: ReadonlyMap<string, string>): Operation[] {
  return [...lab.machines.values()].flatMap((machine, machineIndex) =>
    machine.interfaces.map(({ name, network }, index): Operation => [
      'veth',
      bridgeOf.get(network) ?? '',
      `v${machineIndex}-${index}`,
      machine.name,
      name,
      macAddress(index, machineIndex),
    ]),
  );
}

/** Locally administered (the second bit of the first octet, IEEE 802), the same at each `up`. */
function macAddress(kind: number, index: number): string {
  return Buffer.from([0x02, 0x4c, 0x41, kind, index >> 8, index & 0xff]).toString('hex');
}

function machineSection(machine: Machine, lab: Lab, host: HostFacts, options: MachineOptions): Operation[] {
  const root = `${stage.lab}/m/${machine.name}`;
  const homeOwner = machine.user === 'root' ? 0 : USER_ID;
  const home = machine.user === 'root' ? '/root' : `/home/${machine.user}`;
  return [
    ['machine', machine.name],
    mkdir(root),
    tmpfs(root, `mode=755${machine.diskMiB === undefined ? '' : `,size=${machine.diskMiB}m`}`, {
      label: options.label,
    }),
    ...['/.lab', '/.lab/up', '/.lab/work'].map((folder) => mkdir(root + folder, 0o700)),
    ...['proc', 'sys', 'run', 'dev', 'home', 'var', 'srv', 'mnt', 'media'].map((folder) => mkdir(`${root}/${folder}`)),
    mkdir(`${root}/root`, 0o700),
    mkdir(`${root}/tmp`, 0o1777),
    ...[...host.rootLinks].map(([name, target]) => symlink(target, `${root}/${name}`)),
    ...['/var/log', '/var/cache', '/var/lib', '/run/sshd', '/run/lock'].map((folder) => mkdir(root + folder)),
    mkdir(`${root}/var/tmp`, 0o1777),
    symlink('/run', `${root}/var/run`),
    ...host.sharedFolders.flatMap((name) =>
      [`/${name}`, `/.lab/up/${name}`, `/.lab/work/${name}`].map((folder) => mkdir(root + folder)),
    ),
    ...when(!host.sharedFolders.includes('opt'), mkdir(`${root}/opt`)),
    ...runtimeFolder(root, host),
    ...ownFiles(machine, lab, host, options, `${root}/.lab/up`),
    ...host.sharedFolders.map((name) => overlay(name, root, host, options)),
    ...runtimeMount(root, host),
    ...homeFolder(`${root}${home}`, homeOwner, host, options.keys.clients.get(machine.name)),
    ...systemMounts(root),
    ['hostname', machine.name],
    ['root', root],
    sysctl('net.ipv4.ping_group_range', '0 65535'),
    sysctl('net.ipv4.ip_unprivileged_port_start', 1024),
    ['await-links'],
    ['up', 'lo'],
    ...machine.interfaces.flatMap((link) =>
      interfaceOperations(link.name, link.address, lab.networks.get(link.network)),
    ),
    ...defaultRoute(machine, lab),
    ['listen-tcp', 22],
    ['filter-system-calls', options.systemCallFilter],
    ['keep-capabilities', machineCapabilities.join(' ')],
    ...when(machine.sudo === false, ['no-new-privileges']),
    ['not-dumpable'],
    ['ready'],
    ['serve', '/var/log/auth.log', host.sshd, '-i', '-e'],
    ['end-machine'],
  ];
}

/** From the topmost to the folder of the host. */
function lowerLayers(name: string, { toolLayers }: HostFacts, base: string): string {
  return [`${stage.lab}/common/${name}`, ...(toolLayers.includes(name) ? [`${stage.tools}/${name}`] : []), base].join(
    ':',
  );
}

/** All paths are those of the stage or names of machines, so nothing in them parts the options of overlayfs (Documentation/filesystems/overlayfs.rst). */
function overlay(name: string, root: string, host: HostFacts, options: PlanOptions): Operation {
  const base = copiedFolders(host, options).includes(name) ? `${stage.lab}/copy-${name}` : `${stage.layers}/${name}`;
  return mount(
    'overlay',
    `${root}/${name}`,
    MountFlag.noDev,
    `lowerdir=${lowerLayers(name, host, base)},upperdir=${root}/.lab/up/${name},workdir=${root}/.lab/work/${name},userxattr`,
  );
}

/** Files that differ from machine to machine go straight into its own layer, before the overlay is mounted: no copy of the host's file is made. */
function ownFiles(
  machine: Machine,
  lab: Lab,
  host: HostFacts,
  { keys, machineIds, routes }: MachineOptions,
  upper: string,
): Operation[] {
  const { passwd, shadow, group } = accountFiles(machine, host.accounts);
  const machines = [...lab.machines.values()];
  const reachesOut = routes && machine.interfaces.some(({ network }) => lab.networks.get(network)?.nat === true);
  return [
    write(`${upper}/etc/passwd`, passwd),
    write(`${upper}/etc/shadow`, shadow, 0o640),
    write(`${upper}/etc/group`, group),
    write(`${upper}/etc/hostname`, `${machine.name}\n`),
    write(`${upper}/etc/hosts`, hostsFile(machine, machines)),
    write(`${upper}/etc/machine-id`, `${machineIds.get(machine.name) ?? ''}\n`, 0o444),
    write(
      `${upper}/etc/resolv.conf`,
      reachesOut ? `nameserver ${uplinkNameserver(lab.networks.values())}\n` : '# no way out of this network\n',
    ),
    ...when(machine.sudo === false, write(`${upper}/etc/sudoers`, 'root ALL=(ALL:ALL) ALL\n', 0o440)),
    mkdir(`${upper}/etc/ssh`),
    ...hostKeyFiles(`${upper}/etc/ssh/ssh_host_ed25519_key`, keys.hosts.get(machine.name)),
  ];
}

/** Only root of this machine may read the private half, as sshd(8) asks for; no other machine has this layer. */
function hostKeyFiles(path: string, key: KeyPair | undefined): Operation[] {
  return key === undefined ? [] : [write(path, key.privateKey, 0o600), write(`${path}.pub`, `${key.publicKey}\n`)];
}

const RUNTIME_PATH = '/opt/lab/runtime';

function runtimeFolder(root: string, { runtime, sharedFolders }: HostFacts): Operation[] {
  if (!runtime) return [];
  const base = sharedFolders.includes('opt') ? `${root}/.lab/up` : root;
  return ['/opt/lab', RUNTIME_PATH, `${RUNTIME_PATH}/${runtime.key}`].map((path) => mkdir(base + path));
}

/** Our Node runtime is there without a copy, where `deploy` looks for it. */
function runtimeMount(root: string, { runtime }: HostFacts): Operation[] {
  if (!runtime) return [];
  return [bind(stage.runtime, `${root}${RUNTIME_PATH}/${runtime.key}`)];
}

function homeFolder(home: string, owner: number, { skeleton }: HostFacts, client: KeyPair | undefined): Operation[] {
  return [
    mkdir(home, 0o750, owner, owner),
    ...[...skeleton].map(([name, content]) => write(`${home}/${name}`, content, 0o644, owner, owner)),
    mkdir(`${home}/.ssh`, 0o700, owner, owner),
    ...(client === undefined
      ? []
      : [
          write(`${home}/.ssh/id_ed25519`, client.privateKey, 0o600, owner, owner),
          write(`${home}/.ssh/id_ed25519.pub`, `${client.publicKey}\n`, 0o644, owner, owner),
        ]),
  ];
}

function systemMounts(root: string): Operation[] {
  const safe = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;
  return [
    mount('proc', `${root}/proc`, safe),
    mount('sysfs', `${root}/sys`, safe | MountFlag.readOnly),
    bind(stage.devices, `${root}/dev`, MountFlag.recursive),
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
  const gateway = machine.interfaces
    .map(({ network }) => lab.networks.get(network)?.gateway)
    .find((address) => address !== undefined);
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
