import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { ownerOf, processes } from '../host/processes.ts';

/** What this host is, for the machines to be compared with. */
export interface HostLook {
  readonly bootId: string | undefined;
  readonly namespaces: ReadonlyMap<string, string>;
  /** Number of the last capability that its kernel has. */
  readonly lastCapability: number;
  /** The user who runs lab. */
  readonly uid: number | undefined;
  /** Names of accounts by their numbers. */
  readonly accounts: ReadonlyMap<number, string>;
  readonly addresses: readonly string[];
  /** What shows whose a folder is: a few things that lie there, by the folder; none of an empty one. */
  readonly samples: ReadonlyMap<string, readonly string[]>;
  /** What no machine may see: homes, sockets of services. */
  readonly secrets: readonly string[];
}

const namespaceNames = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'];
/** What every /usr/local has is no sign of this host's. */
const usual = new Set(['bin', 'etc', 'games', 'include', 'lib', 'man', 'sbin', 'share', 'src', 'lab']);
const sampled: Readonly<Record<string, readonly string[]>> = {
  '/usr': ['/usr/bin'],
  '/etc': ['/etc'],
  '/opt': ['/opt'],
  '/usr/local': ['/usr/local/bin', '/usr/local/sbin', '/usr/local/share', '/usr/local'],
};
const MOST_SAMPLES = 3;
const MOST_ADDRESSES = 8;
const MOST_HOMES = 8;
const possibleSockets = ['/run/docker.sock', '/run/systemd/private', '/run/dbus/system_bus_socket', '/run/containerd'];

export function lookAtHost(): HostLook {
  return {
    bootId: textOf('/proc/sys/kernel/random/boot_id') || undefined,
    namespaces: new Map(namespaceNames.flatMap((name) => namespaceEntry(name))),
    lastCapability: Number(textOf('/proc/sys/kernel/cap_last_cap') || 40),
    uid: process.getuid?.(),
    accounts: accounts(),
    addresses: addresses(),
    samples: new Map(Object.entries(sampled).map(([folder, places]) => [folder, samplesOf(places)])),
    secrets: [
      ...namesIn('/home')
        .slice(0, MOST_HOMES)
        .map((name) => join('/home', name)),
      ...possibleSockets.filter((path) => existsSync(path)),
    ],
  };
}

/** What this host knows of processes with a word in their arguments. */
export interface OutsideLook {
  /** Users of this host as whom they run; empty when there are no such processes here. */
  readonly users: ReadonlySet<number>;
  /** Bytes of memory that the control group of the first has; undefined when it has no limit. */
  readonly memoryBytes: number | undefined;
}

export function lookFromOutside(mark: string): OutsideLook {
  const found = [...processes()].filter(({ args }) => args.includes(mark)).map(({ pid }) => pid);
  const users = found.map((pid) => ownerOf(pid)).filter((uid) => uid !== undefined);
  return {
    users: new Set(users),
    memoryBytes: found.map((pid) => memoryLimit(pid)).find((limit) => limit !== undefined),
  };
}

/** What a control group without a limit says: the largest number of pages, or the word (cgroup-v1, cgroup-v2). */
const NO_LIMIT_BYTES = 2 ** 60;

/** The smallest limit of the control groups that a process is in, and those above (cgroups(7)). */
function memoryLimit(pid: number): number | undefined {
  const limits = textOf(`/proc/${pid}/cgroup`)
    .split('\n')
    .flatMap((line) => memoryGroups(line))
    .flatMap((folder) => aboveToo(folder))
    .map((folder) => Number(textOf(join(folder, 'memory.max')) || textOf(join(folder, 'memory.limit_in_bytes')) || NaN))
    .filter((bytes) => bytes < NO_LIMIT_BYTES);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Folders that a line of /proc/PID/cgroup can mean, of version 1 or 2. */
function memoryGroups(line: string): string[] {
  const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (path === undefined) return [];
  if (controllers.split(',').includes('memory')) return [join(GROUPS, 'memory', path)];
  return controllers === '' ? [join(GROUPS, path), join(GROUPS, 'unified', path)] : [];
}

const GROUPS = '/sys/fs/cgroup';

function aboveToo(folder: string): string[] {
  return folder.startsWith(`${GROUPS}/`) ? [folder, ...aboveToo(dirname(folder))] : [];
}

function namespaceEntry(name: string): [string, string][] {
  try {
    return [[name, readlinkSync(`/proc/self/ns/${name}`)]];
  } catch {
    return [];
  }
}

function accounts(): Map<number, string> {
  return new Map(
    textOf('/etc/passwd')
      .split('\n')
      .flatMap((line): [number, string][] => {
        const [name = '', , uid = ''] = line.split(':');
        return /^\d+$/.test(uid) ? [[Number(uid), name]] : [];
      }),
  );
}

/** Those that a machine could try; link-local ones of IPv6 mean something else on each link. */
function addresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = own.map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
  return [...new Set(['127.0.0.1', ...found])].slice(0, MOST_ADDRESSES);
}

function samplesOf(places: readonly string[]): string[] {
  const found = places.flatMap((place) =>
    namesIn(place)
      .filter((name) => !usual.has(name) && !/[\t\n]/.test(name) && isOpen(join(place, name)))
      .map((name) => join(place, name)),
  );
  return found.slice(0, MOST_SAMPLES);
}

/** Whether everybody may read it: what is closed to others may be hidden in machines, too. */
function isOpen(path: string): boolean {
  try {
    return (statSync(path).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
