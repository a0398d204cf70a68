import { routesOf } from '../../../lab/addresses.ts';
import type { Interface, Lab, Machine, Network } from '../../../lab/types.ts';
import type { KeyPair } from '../../../ssh/keys/key-pair.ts';
import { hostsFile } from '../../peer-files.ts';
import { accountFiles, userIdOf } from './account-files.ts';
import { foldersOf, localFolder, localMount } from './host-folders.ts';
import { accountOf, fileSystemSize, processLimits, sharedMemorySegments } from './limits.ts';
import { uplinkNameserver } from './nat.ts';
import * as op from './operations.ts';
import type { Operation } from './operations.ts';
import { overlay } from './overlay.ts';
import {
  foldersOfPackages,
  groundOf,
  layerInTheMaking,
  ownersOfLayer,
  type Ground,
} from './packages/package-layers.ts';
import { packageState } from './packages/package-state.ts';
import type { HostFacts, PlanOptions } from './plan-input.ts';
import { stage } from './stage-paths.ts';
import { Capability, MountFlag } from './syscalls.ts';

/** What the plan of a machine is made from. */
export interface MachineRequest {
  readonly machine: Machine;
  readonly lab: Lab;
  readonly host: HostFacts;
  readonly options: PlanOptions;
  /** Whether networks with `nat: true` have a way out. */
  readonly routes: boolean;
  /** Those of `routersOf`. */
  readonly routers: ReadonlySet<string>;
}

/** All that the init of one machine does, in order. */
export function machineSection(request: MachineRequest): Operation[] {
  const { machine, lab, host, options } = request;
  const ground = groundOf(machine, options);
  const { root } = ground;
  return op.machine(accountOf(machine, lab), [
    ...emptyFolders(ground, request),
    ...runtimeFolder(root, request),
    ...foldersOfPackages(ground, foldersOf(machine, host), options),
    ...ownFiles(ground, request),
    ...foldersOf(machine, host).map((name) => overlay(name, ground, host, options)),
    ...localMount(root, machine),
    ...packageState(ground, host, options),
    ...ownersOfLayer(ground, host, options),
    ...runtimeMount(root, host),
    ...homeFolder(root, request),
    ...systemMounts(root, options),
    op.hostname(machine.name),
    op.root(root),
    sharedMemorySegments(options.limits.get(machine.name)!),
    op.sysctl('net.ipv4.ping_group_range', '0 65535'),
    op.sysctl('net.ipv4.ip_unprivileged_port_start', 1024),
    op.awaitLinks(),
    op.up('lo'),
    ...ways(machine, lab, request.routers),
    op.listenTcp(22),
    ...processLimits(machine, options.limits.get(machine.name)!, host.pipesCores),
    op.filterSystemCalls(options.systemCallFilter),
    op.keepCapabilities(machineCapabilities),
    ...op.when(machine.sudo === false, op.noNewPrivileges()),
    op.notDumpable(),
    op.ready(),
    op.serve('/var/log/auth.log', [host.sshd, '-i', '-e']),
  ]);
}

/** The file system that the machine grows on, and its folders. */
function emptyFolders(ground: Ground, { machine, host, options }: MachineRequest): Operation[] {
  const { root, own } = ground;
  const folders = foldersOf(machine, host);
  return [
    op.mkdir(root),
    op.tmpfs(root, `mode=755,${fileSystemSize(options.limits.get(machine.name)!)}`, { label: options.label }),
    op.mkdir(`${root}/.lab`, 0o700),
    ...layerInTheMaking(ground, options),
    ...['up', 'work'].map((folder) => op.mkdir(`${own}/${folder}`, 0o700)),
    op.mkdir(root + SHARED_MEMORY, 0o1777),
    ...['proc', 'sys', 'run', 'dev', 'home', 'var', 'srv', 'mnt', 'media'].map((name) => op.mkdir(`${root}/${name}`)),
    op.mkdir(`${root}/root`, 0o700),
    op.mkdir(`${root}/tmp`, 0o1777),
    ...[...host.rootLinks].map(([name, target]) => op.symlink(target, `${root}/${name}`)),
    ...['/var/log', '/var/log/apt', '/var/cache', '/var/cache/apt', '/var/lib', '/run/sshd', '/run/lock'].map(
      (folder) => op.mkdir(root + folder),
    ),
    op.mkdir(`${root}/var/tmp`, 0o1777),
    op.symlink('/run', `${root}/var/run`),
    ...folders.flatMap((name) =>
      [`${root}/${name}`, `${own}/up/${name}`, `${own}/work/${name}`].map((folder) => op.mkdir(folder)),
    ),
    ...op.when(!folders.includes('opt'), op.mkdir(`${root}/opt`)),
    ...localFolder(root, machine),
  ];
}

/**
 * Files that differ from machine to machine go straight into its own layer, before the overlay is mounted: no copy of
 * the host's file is made.
 */
function ownFiles(
  { own, layer }: Ground,
  { machine, lab, host, options: { keys, machineIds, oneIdentity }, routes }: MachineRequest,
): Operation[] {
  const upper = `${own}/up`;
  const identities = { oneIdentity: oneIdentity !== undefined };
  const { passwd, shadow, group } = accountFiles(machine, host.accounts, { ...identities, added: layer?.accounts });
  const machines = [...lab.machines.values()];
  const hostKey = keys.hosts.get(machine.name);
  const reachesOut = routes && machine.interfaces.some(({ network }) => lab.networks.get(network)?.nat === true);
  return [
    op.write(`${upper}/etc/passwd`, passwd),
    op.write(`${upper}/etc/shadow`, shadow, 0o640),
    op.write(`${upper}/etc/group`, group),
    op.write(`${upper}/etc/hostname`, `${machine.name}\n`),
    op.write(`${upper}/etc/hosts`, hostsFile(machine, machines, lab.networks)),
    op.write(`${upper}/etc/machine-id`, `${machineIds.get(machine.name) ?? ''}\n`, 0o444),
    op.write(
      `${upper}/etc/resolv.conf`,
      reachesOut ? `nameserver ${uplinkNameserver(lab.networks.values())}\n` : '# no way out of this network\n',
    ),
    ...op.when(machine.sudo === false, op.write(`${upper}/etc/sudoers`, 'root ALL=(ALL:ALL) ALL\n', 0o440)),
    op.mkdir(`${upper}/etc/ssh`),
    ...(hostKey ? keyFiles(`${upper}/etc/ssh/ssh_host_ed25519_key`, hostKey) : []),
  ];
}

/**
 * Only the owner may read the private half, as sshd(8) and ssh(1) ask for; no other machine has this layer.
 */
function keyFiles(path: string, key: KeyPair, owner = 0): Operation[] {
  return [op.write(path, key.privateKey, 0o600, owner), op.write(`${path}.pub`, `${key.publicKey}\n`, 0o644, owner)];
}

const RUNTIME_PATH = '/opt/lab/runtime';

function runtimeFolder(root: string, { machine, host }: MachineRequest): Operation[] {
  const { runtime } = host;
  if (!runtime) return [];
  const base = foldersOf(machine, host).includes('opt') ? `${root}/.lab/up` : root;
  return ['/opt/lab', RUNTIME_PATH, `${RUNTIME_PATH}/${runtime.key}`].map((path) => op.mkdir(base + path));
}

/** Our Node runtime is there without a copy, where `deploy` looks for it. */
function runtimeMount(root: string, { runtime }: HostFacts): Operation[] {
  if (!runtime) return [];
  return [op.bind(stage.runtime, `${root}${RUNTIME_PATH}/${runtime.key}`, MountFlag.recursive)];
}

function homeFolder(root: string, { machine, host, options: { keys, oneIdentity } }: MachineRequest): Operation[] {
  const { name, user } = machine;
  const owner = userIdOf(machine, { oneIdentity: oneIdentity !== undefined });
  const home = root + (user === 'root' ? '/root' : `/home/${user}`);
  const client = keys.clients.get(name);
  return [
    op.mkdir(home, 0o750, owner),
    ...[...host.skeleton].map(([file, content]) => op.write(`${home}/${file}`, content, 0o644, owner)),
    op.mkdir(`${home}/.ssh`, 0o700, owner),
    ...(client ? keyFiles(`${home}/.ssh/id_ed25519`, client, owner) : []),
  ];
}

/** shm_overview(7). On the machine's own file system, so that its size is part of the disk's. */
const SHARED_MEMORY = '/.lab/shm';
/** The number of the group `tty` on every Debian and Ubuntu, to which terminals are given. */
const TTY_GROUP = 5;

/** The host has 4096 for all (Documentation/admin-guide/sysctl/kernel.rst, pty), and no one machine takes them. */
const MOST_TERMINALS = 256;

function systemMounts(root: string, { oneIdentity }: PlanOptions): Operation[] {
  const safe = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;
  return [
    op.mount('proc', `${root}/proc`, safe),
    op.mount('sysfs', `${root}/sys`, safe | MountFlag.readOnly),
    op.bind(stage.devices, `${root}/dev`, MountFlag.recursive),
    op.mount(
      'devpts',
      `${root}/dev/pts`,
      MountFlag.noSuid | MountFlag.noExec,
      `newinstance,max=${MOST_TERMINALS},ptmxmode=0666,mode=620${oneIdentity === undefined ? `,gid=${TTY_GROUP}` : ''}`,
    ),
    op.bind(root + SHARED_MEMORY, `${root}/dev/shm`),
    op.remount(`${root}/dev/shm`, MountFlag.noSuid | MountFlag.noDev),
  ];
}

/**
 * What a container engine leaves, and the network: enough for sshd, sudo, tcpdump, ip and a debugger; not to load
 * modules, mount, or make device nodes.
 */
const machineCapabilities = Object.values(Capability);

/** Its interfaces with their addresses, its settings, and its routes. */
function ways(machine: Machine, lab: Lab, routers: ReadonlySet<string>): Operation[] {
  const { interfaces, forward, sysctls = new Map<string, string>() } = machine;
  return [
    ...op.when(
      forward === true,
      op.requiredSysctl('net.ipv4.ip_forward', 1),
      op.sysctl('net.ipv6.conf.all.forwarding', 1),
    ),
    ...op.when(interfaces.length > 1, op.sysctl('net.ipv4.conf.all.rp_filter', 0)),
    ...interfaces.flatMap((port) => interfaceSettings(port, machine, lab.networks.get(port.network))),
    ...[...sysctls].map(([name, value]) => op.requiredSysctl(name, value)),
    ...interfaces.flatMap((port) => addressOperations(port, lab.networks.get(port.network))),
    ...routesOf(lab, machine, routers).map(({ to, via }) => op.route(to, via)),
  ];
}

/**
 * A packet that comes back another way than its answer goes is let through, as by the kernel's own default: some hosts
 * have another. What is written in the lab file is the only address of IPv6, and is there at once.
 */
function interfaceSettings(
  { name, address6 }: Interface,
  { interfaces }: Machine,
  network: Network | undefined,
): Operation[] {
  const hasIPv6 = network?.subnet6 !== undefined;
  return [
    ...op.when(interfaces.length > 1, op.interfaceSysctl(4, name, 'rp_filter', 0)),
    ...op.when(hasIPv6, op.interfaceSysctl(6, name, 'accept_dad', 0)),
    ...op.when(hasIPv6 && address6 !== undefined, op.interfaceSysctl(6, name, 'accept_ra', 0)),
  ];
}

function addressOperations({ name, address, address6 }: Interface, network: Network | undefined): Operation[] {
  return [
    ...op.when(address !== undefined, op.address(name, address ?? '', network?.subnet?.prefixLength ?? 24)),
    op.up(name),
    ...op.when(address6 !== undefined, op.address(name, address6 ?? '', network?.subnet6?.prefixLength ?? 64)),
  ];
}
