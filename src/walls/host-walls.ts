import { existsSync } from 'node:fs';
import type { HostLook } from './host-look.ts';
import type { InsideFacts } from './probe-facts.ts';
import { hostWall as wall, inWords, type Wall, type WallState } from './wall-report.ts';

/** All that is known of one machine, from within and from this host. */
export interface HostFacts {
  readonly machine: string;
  readonly inside: InsideFacts;
  readonly host: HostLook;
  /** Users of this host as whom programs of the machine run. */
  readonly users: ReadonlySet<number>;
  /** The word in what was made on the machine. */
  readonly mark: string;
}

/** What separates a machine from this host, but for files by name and the network, which need questions. */
export function hostWalls(facts: HostFacts): Wall[] {
  const kernel = kernelWall(facts);
  if (kernel.state === 'holds') return [kernel, processesWall(facts), sudoWall(facts), writingWall(facts)];
  return [
    kernel,
    usersWall(facts),
    namespacesWall(facts),
    sudoWall(facts),
    rightsWall(facts),
    triedWall('system calls', calls, facts),
    triedWall('priority', priorities, facts),
    devicesWall(facts),
    writingWall(facts),
  ];
}

function kernelWall({ inside, host }: HostFacts): Wall {
  if (inside.bootId === undefined || host.bootId === undefined)
    return wall('kernel', 'unknown', 'the machine does not tell which kernel runs it');
  return inside.bootId === host.bootId
    ? wall(
        'kernel',
        'shared',
        'it is that of this host; for programs of strangers provider qemu has one for each machine',
      )
    : wall('kernel', 'holds', 'it has a kernel of its own (the boot ID is not that of this host)');
}

function processesWall({ users }: HostFacts): Wall {
  return users.size === 0
    ? wall('processes', 'holds', 'none of its processes is one of this host (looked for by its arguments)')
    : wall('processes', 'open', 'its processes are processes of this host');
}

/** Which users of this host the machine's are. */
function usersWall({ machine, users, host }: HostFacts): Wall {
  if (users.size === 0)
    return wall(
      'users',
      'unknown',
      `this user sees no process of ${machine} on this host (is /proc mounted with hidepid?)`,
    );
  const isAccount = (uid: number): boolean => uid === host.uid || host.accounts.has(uid);
  const [known, strange] = [true, false].map((wanted) =>
    [...users].filter((uid) => isAccount(uid) === wanted).toSorted((a, b) => a - b),
  ) as [number[], number[]];
  const others = known.filter((uid) => uid !== host.uid || uid === 0);
  if (others.length > 0)
    return wall(
      'users',
      'open',
      `its programs run as ${inWords(others.map((uid) => host.accounts.get(uid) ?? `${uid}`))} of this host`,
    );
  const rest = `users ${inWords(strange.map(String))} here, which no account of this host has`;
  if (known.length === 0) return wall('users', 'holds', `its programs, those of its root too, are ${rest}`);
  return wall(
    'users',
    'shared',
    `its root is you on this host${strange.length === 0 ? '' : `; its others are ${rest}`}`,
  );
}

const namespaceWords: Readonly<Record<string, string>> = {
  pid: 'processes',
  mnt: 'files',
  net: 'network',
  user: 'users',
  ipc: 'shared memory',
  uts: 'host name',
};

function namespacesWall({ inside, host }: HostFacts): Wall {
  const kinds = Object.keys(namespaceWords);
  const unknown = kinds.filter((kind) => !inside.namespaces.has(kind) || !host.namespaces.has(kind));
  const shared = kinds.filter((kind) => inside.namespaces.get(kind) === host.namespaces.get(kind));
  const words = (list: readonly string[]): string => inWords(list.map((kind) => namespaceWords[kind] ?? kind));
  if (unknown.length > 0) return wall('namespaces', 'unknown', `not told: ${words(unknown)}`);
  if (shared.length > 0) return wall('namespaces', 'open', `the same as on this host: ${words(shared)}`);
  return wall('namespaces', 'holds', `${words(kinds)} are its own (other inodes than those of this host)`);
}

/** Whether programs there become root, which was tried by who tries the walls. */
function sudoWall({ inside: { uid, noNewPrivileges } }: HostFacts): Wall {
  if (uid === 0) return wall('sudo', 'shared', 'its user may become root of the machine, and has');
  return noNewPrivileges === true
    ? wall('sudo', 'holds', 'no program gets more rights than its user has (no_new_privs, which nothing takes back)')
    : wall('sudo', 'holds', 'its user has not become root without a password');
}

/** Rights of root that reach beyond a namespace, by number (capabilities(7)). */
const strongRights: Readonly<Record<number, string>> = {
  21: 'mount',
  16: 'load modules',
  17: 'hardware',
  22: 'restart',
  25: 'clock',
  27: 'device files',
  38: 'performance counters',
  39: 'BPF',
};

function rightsWall({ inside: { bounding }, host }: HostFacts): Wall {
  if (bounding === undefined) return wall('rights', 'unknown', 'the machine does not tell which capabilities it has');
  const has = (bit: number): boolean => ((bounding >> BigInt(bit)) & 1n) === 1n;
  const all = Array.from({ length: host.lastCapability + 1 }, (_, bit) => bit);
  const lacking = all.filter((bit) => !has(bit));
  const strong = Object.entries(strongRights).filter(([bit]) => has(Number(bit)));
  if (strong.length > 0)
    return wall('rights', 'open', `its root has, among others: ${inWords(strong.map(([, name]) => name))}`);
  return wall(
    'rights',
    'holds',
    `no program gets ${lacking.length} of ${all.length} rights of root: ${inWords(Object.values(strongRights))}, …`,
  );
}

const calls = [
  'mount',
  'new namespaces',
  'namespaces of init',
  'trace init',
  'kernel keys',
  'BPF',
  'kernel modules',
  'restart',
  'swap',
  'io_uring',
  'kernel settings',
  'kernel memory',
];
const priorities = ['real-time priority', 'higher priority'];
/** What a kernel says that asks for rights, or has no such call; and of a file that is not there. */
const refusals = new Set(['EPERM', 'EACCES', 'ENOSYS', 'EROFS', 'ENOENT']);

function triedWall(name: string, what: readonly string[], { inside }: HostFacts): Wall {
  const { state, seen } = judged(what, inside);
  return wall(name, state, seen);
}

function judged(what: readonly string[], { tried, uid }: InsideFacts): { state: WallState; seen: string } {
  const open = what.filter((call) => tried.has(call) && !refusals.has(tried.get(call)!));
  const who = uid === 0 ? 'root' : 'its user';
  if (open.length > 0) return { state: 'open', seen: `${who} is not refused: ${inWords(open)}` };
  const refused = what.filter((call) => tried.has(call));
  return refused.length < what.length
    ? { state: 'unknown', seen: 'not all could be tried' }
    : { state: 'holds', seen: `${who} is refused: ${inWords(refused)}` };
}

function devicesWall({ inside }: HostFacts): Wall {
  const { state, seen } = judged(['device files'], inside);
  // Links to terminals and to the files of a process.
  const names = inside.devices.filter((name) => !/^(?:std|tty\d|ptmx)/.test(name));
  return wall('devices', state, `it has ${inWords(names)}; ${seen.replace('device files', 'new device files')}`);
}

/** Files that were made in the machine, where this host has a folder of that name. */
function writingWall({ inside: { made, uid }, mark }: HostFacts): Wall {
  const tried = [...made.keys()].filter((folder) => !folder.includes('/runtime/'));
  const here = tried.filter((folder) => existsSync(`${folder}/lab-walls-${mark}`));
  const who = uid === 0 ? 'root' : 'its user';
  if (tried.length === 0) return wall('writing', 'unknown', 'nothing could be tried');
  if (here.length > 0) return wall('writing', 'open', `what ${who} writes to ${inWords(here)} is on this host`);
  const done = tried.filter((folder) => made.get(folder) === 'done');
  const runtime = [...made].find(([folder]) => folder.includes('/runtime/'))?.[1];
  if (runtime === 'done')
    return wall('writing', 'open', `${who} may write into the folder of the Node.js that lab runs on`);
  const readOnly = runtime === undefined ? '' : "; lab's Node.js cannot be written to";
  return wall('writing', 'holds', `what ${who} writes to ${inWords(done)} is not on this host${readOnly}`);
}
