import { familyOf, type Family } from '../../../core/address-family.ts';
import { MountFlag } from './syscalls.ts';

/** What executor.pl can do, and what each operation takes, in this order. */
interface Fields {
  // Settings of the executor itself.
  syscall: [name: string, number: number];
  set: [name: string, value: string | number];
  // Operations from one to the other are the machine's own init's, the others the lab's.
  machine: [name: string, account: number, processes: number];
  'end-machine': [];
  // Files.
  mkdir: [path: string, mode: string, uid: number, gid: number];
  write: [path: string, mode: string, uid: number, gid: number, content: string];
  symlink: [target: string, path: string];
  copy: [source: string, path: string, mode: string, uid: number, gid: number];
  own: [path: string, mode: string, uid: number, gid: number];
  'copy-tree': [source: string, path: string];
  'set-xattr': [path: string, name: string, value: string];
  whiteout: [path: string];
  device: [path: string, major: number, minor: number];
  sysctl: [path: string, value: string];
  // Mounts and namespaces.
  layer: [source: string, target: string, attributes: number, recursive: number, mapped: number];
  mount: [source: string, target: string, type: string, flags: number, data: string];
  hostname: [name: string];
  'new-mount-namespace': [];
  'new-user-namespace': [map: string];
  'enter-user-namespace': [];
  'new-network-namespace': [];
  'release-helpers': [];
  root: [folder: string];
  // Rights.
  'keep-capabilities': [numbers: string];
  'filter-system-calls': [program: string];
  'no-new-privileges': [];
  'not-dumpable': [];
  limit: [resource: number, soft: number, hard: number];
  processors: [mask: string];
  'control-group': [machine: string, file: string];
  'watch-memory': [machine: string, bytes: number, withFiles: number];
  // Network.
  bridge: [name: string, mac: string];
  veth: [
    bridge: string,
    outerName: string,
    machine: string,
    innerName: string,
    mac: string,
    mtu: number,
    innerMtu: number,
  ];
  'links-made': [];
  'await-links': [];
  address: [link: string, address: string, prefixLength: number];
  up: [link: string];
  advertise: [link: string, machine: string, prefix: string, mtu: number];
  'serve-advertisements': [];
  route: [to: string, prefixLength: number, via: string];
  // Processes.
  helper: [input: string, ...command: (string | number)[]];
  'listen-unix': [folder: string, name: string, machine: string];
  'listen-tcp': [port: number];
  ready: [];
  serve: [log: string, ...command: string[]];
  'listen-captures': [folder: string, name: string];
  'serve-captures': [root: string, ...command: string[]];
  'listen-netfilter': [folder: string, name: string];
  'serve-netfilter': [];
  'listen-outside': [folder: string, name: string];
  'serve-outside': [];
}

type Name = keyof Fields;

/** One line of a plan. Only the functions of this file make one; their names are those that executor.pl knows. */
export type Operation = { [N in Name]: Line<N> }[Name];

interface Line<N extends Name> {
  readonly name: N;
  readonly fields: Readonly<Fields[N]>;
  /** Whether the rest works without it, so that it may fail without harm. */
  readonly mayFail: boolean;
}

function operation<N extends Name>(name: N, ...fields: Fields[N]): Line<N> {
  return { name, fields, mayFail: false };
}

/** The plan as the executor reads it: fields separated by tabs; bytes that would disturb that as %XX. */
export function encodePlan(operations: readonly Operation[]): string {
  const lines = operations.map(({ name, fields, mayFail }) => encodeFields([mayFail ? `${name}?` : name, ...fields]));
  return `${lines.join('\n')}\nend-plan\n`;
}

/** Fields as the executor reads them in one line. */
export function encodeFields(fields: readonly (string | number)[]): string {
  return fields.map(encodeField).join('\t');
}

function encodeField(field: string | number): string {
  return String(field).replaceAll(
    /[%\t\n\r\0-\x08]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The operation, or nothing, as a spreadable list. */
export function when(condition: boolean, ...operations: Operation[]): Operation[] {
  return condition ? operations : [];
}

/** The operation, but the rest works without it. */
export function optional(line: Operation): Operation {
  return { ...line, mayFail: true };
}

/** The number of a system call on this architecture. */
export const syscallNumber = (name: string, number: number): Operation => operation('syscall', name, number);

/** A setting of the executor. */
export const setting = (name: string, value: string | number): Operation => operation('set', name, value);

/** What makes a machine one of its own for the kernel. */
export interface MachineAccount {
  readonly name: string;
  /** User ID in the lab in whose name its user namespace is made, and nothing else: what is in it is counted to it. */
  readonly account: number;
  /** How many processes and threads there may be in it, all its users together. */
  readonly processes: number;
}

/** What the init of a machine does. */
export function machine({ name, account, processes }: MachineAccount, operations: readonly Operation[]): Operation[] {
  return [operation('machine', name, account, processes), ...operations, operation('end-machine')];
}

export const mkdir = (path: string, mode = 0o755, owner = 0): Operation =>
  operation('mkdir', path, mode.toString(8), owner, owner);

export const write = (path: string, content: string, mode = 0o644, owner = 0): Operation =>
  operation('write', path, mode.toString(8), owner, owner, content);

export const copy = (source: string, path: string, mode: number): Operation =>
  operation('copy', source, path, mode.toString(8), 0, 0);

/** Gives what is there to another user. */
export const own = (
  path: string,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Operation => operation('own', path, mode.toString(8), uid, gid);

/** A folder with all below it that this user may read. */
export const copyTree = (source: string, path: string): Operation => operation('copy-tree', source, path);

export const symlink = (target: string, path: string): Operation => operation('symlink', target, path);

/** An extended attribute (xattr(7)), where the file system has them. */
export const setXattr = (path: string, name: string, value: string): Operation =>
  optional(operation('set-xattr', path, name, value));

/** Hides what lower layers of an overlay have at this path (Documentation/filesystems/overlayfs.rst). */
export const whiteout = (path: string): Operation => optional(operation('whiteout', path));

export const device = (path: string, major: number, minor: number): Operation =>
  operation('device', path, major, minor);

/** A file of `/proc/sys`; many are absent on some kernel, and the machine works without the ones that are set here. */
export const sysctl = (name: string, value: string | number): Operation => optional(requiredSysctl(name, value));

/** The same, but the machine is not what it should be without it. */
export const requiredSysctl = (name: string, value: string | number): Operation =>
  operation('sysctl', `/proc/sys/${name.replaceAll('.', '/')}`, String(value));

/** One of an interface, whose name may have dots in it. */
export const interfaceSysctl = (family: Family, link: string, name: string, value: string | number): Operation =>
  optional(operation('sysctl', `/proc/sys/net/ipv${family}/conf/${link}/${name}`, String(value)));

export interface LayerOptions {
  readonly attributes: number;
  /** With all mounts below it. Without, a folder with mounts in it is refused to an ordinary user. */
  readonly recursive?: boolean;
  /** Whether files of the host's root belong to root of the lab. */
  readonly mapped?: boolean;
}

/** A folder or file of the host. */
export function layer(source: string, target: string, options: LayerOptions): Operation {
  const { attributes, recursive = false, mapped = false } = options;
  return operation('layer', source, target, attributes, Number(recursive), Number(mapped));
}

export const mount = (type: string, target: string, flags: number, data = ''): Operation =>
  operation('mount', type, target, type, flags, data);

export interface TmpfsOptions {
  readonly flags?: number;
  readonly label?: string;
}

export function tmpfs(target: string, data: string, options: TmpfsOptions = {}): Operation {
  const { flags = MountFlag.noSuid | MountFlag.noDev, label = 'tmpfs' } = options;
  return operation('mount', label, target, 'tmpfs', flags, data);
}

export const bind = (source: string, target: string, flags = 0): Operation =>
  operation('mount', source, target, '', MountFlag.bind | flags, '');

/** A second step, because mount(2) ignores the flags in the call that makes a bind mount. */
export const remount = (target: string, flags: number): Operation =>
  operation('mount', '', target, '', MountFlag.remount | MountFlag.bind | flags, '');

/** Mounts made from here on are seen in no other mount namespace (mount_namespaces(7)). */
export const makeMountsPrivate = (): Operation =>
  operation('mount', 'none', '/', '', MountFlag.recursive | MountFlag.private, '');

export const hostname = (name: string): Operation => operation('hostname', name);
export const newMountNamespace = (): Operation => operation('new-mount-namespace');
/** `map`: lines of uid_map and gid_map (user_namespaces(7)). It is entered later. */
export const newUserNamespace = (map: string): Operation => operation('new-user-namespace', map);
export const enterUserNamespace = (): Operation => operation('enter-user-namespace');
export const newNetworkNamespace = (): Operation => operation('new-network-namespace');
/** Lets the helpers begin: from now on init stays in the lab's own network, where they look for it. */
export const releaseHelpers = (): Operation => operation('release-helpers');
/** The folder becomes the root; what was there before is gone (pivot_root(2)). */
export const root = (folder: string): Operation => operation('root', folder);

/** Drops all other capabilities, by number (capabilities(7)). */
export const keepCapabilities = (numbers: readonly number[]): Operation =>
  operation('keep-capabilities', numbers.join(' '));

/** A seccomp(2) program. */
export const filterSystemCalls = (program: string): Operation => operation('filter-system-calls', program);
export const noNewPrivileges = (): Operation => operation('no-new-privileges');
/** For this process and all that it starts (getrlimit(2)); nobody inside raises it. `resource` as in `Resource`. */
export const limit = (resource: number, soft: number, hard = soft): Operation =>
  operation('limit', resource, soft, hard);
/** The processors that this process and all that it starts run on, by number (sched_setaffinity(2)). */
export function processors(numbers: readonly number[]): Operation {
  const bits = Array.from({ length: Math.max(...numbers) + 1 }, (_, number) => Number(numbers.includes(number)));
  return operation('processors', bits.join(''));
}

/** The machine is in that group from its beginning. */
export const controlGroup = (machineName: string, folder: string): Operation =>
  operation('control-group', machineName, `${folder}/cgroup.procs`);
/** Ends the largest program of a machine whose programs, with its files or without, have more than so many bytes. */
export const watchMemory = (machineName: string, bytes: number, withFiles: boolean): Operation =>
  operation('watch-memory', machineName, bytes, Number(withFiles));
export const notDumpable = (): Operation => operation('not-dumpable');

/** `mac` in hexadecimal without colons, here and below. */
export const bridge = (name: string, mac: string): Operation => operation('bridge', name, mac);

/** A pair of interfaces: one end at a bridge, the other in a machine. */
export interface Cable {
  readonly bridge: string;
  readonly outerName: string;
  readonly machine: string;
  readonly innerName: string;
  readonly mac: string;
  /** In bytes, of the end at the bridge and of that in the machine. */
  readonly mtu: number;
  readonly innerMtu: number;
}

export const veth = ({ bridge: at, outerName, machine: inside, innerName, mac, mtu, innerMtu }: Cable): Operation =>
  operation('veth', at, outerName, inside, innerName, mac, mtu, innerMtu);

/** Tells all machines, which wait for it with `awaitLinks`, that their interfaces are there. */
export const linksMade = (): Operation => operation('links-made');
export const awaitLinks = (): Operation => operation('await-links');

/** Of either family. */
export const address = (link: string, ip: string, prefixLength: number): Operation =>
  operation('address', link, ip, prefixLength);

/** Who announces a network (RFC 4861): the bridge `link`, or this interface of a machine. */
export interface Announcement {
  readonly link: string;
  readonly machine: string | undefined;
  /** The first address of the /64. */
  readonly prefix: string;
  readonly mtu: number;
}

export const advertise = ({ link, machine: of, prefix, mtu }: Announcement): Operation =>
  operation('advertise', link, of ?? '', prefix, mtu);
/** Begins to send what was announced; all interfaces are there. */
export const serveAdvertisements = (): Operation => operation('serve-advertisements');

export const up = (link: string): Operation => operation('up', link);
/** A route of either family to a subnet in CIDR notation, or the default route. */
export function route(to: string, via: string): Operation {
  const [network, length] = to === 'default' ? [familyOf(via) === 4 ? '0.0.0.0' : '::', '0'] : to.split('/');
  return operation('route', network!, Number(length), via);
}

/** Starts a program on this side, which reads `input` and says when it is ready. */
export const helper = (input: string, command: readonly (string | number)[]): Operation =>
  operation('helper', input, ...command);

/** The Unix socket of a machine. */
export const listenUnix = (folder: string, name: string, machineName: string): Operation =>
  operation('listen-unix', folder, name, machineName);

export const listenTcp = (port: number): Operation => operation('listen-tcp', port);
export const ready = (): Operation => operation('ready');

/** Runs the command for each connection; what it says on standard error goes to the log. */
export const serve = (log: string, command: readonly string[]): Operation => operation('serve', log, ...command);
export const listenCaptures = (folder: string, name: string): Operation => operation('listen-captures', folder, name);

/** Runs the command, in that root, for each connection to the socket of captures. */
export const serveCaptures = (folder: string, command: readonly string[]): Operation =>
  operation('serve-captures', folder, ...command);

/** The socket through which the nftables of all machines are reached. */
export const listenNetfilter = (folder: string, name: string): Operation => operation('listen-netfilter', folder, name);
/** Begins to serve that socket; the machines were made before. */
export const serveNetfilter = (): Operation => operation('serve-netfilter');
/** The socket through which lab looks at all machines from outside. */
export const listenOutside = (folder: string, name: string): Operation => operation('listen-outside', folder, name);
/** Begins to serve that socket; the machines were made before. */
export const serveOutside = (): Operation => operation('serve-outside');
