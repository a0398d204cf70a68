import { existsSync } from 'node:fs';
import { say } from '../core/language/say.ts';
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
    triedWall('system calls', callsTried, facts),
    triedWall('priority', prioritiesTried, facts),
    devicesWall(facts),
    writingWall(facts),
  ];
}

function kernelWall({ inside, host }: HostFacts): Wall {
  if (inside.bootId === undefined || host.bootId === undefined)
    return wall('kernel', 'unknown', say`the machine does not tell which kernel runs it`);
  return inside.bootId === host.bootId
    ? wall(
        'kernel',
        'shared',
        say`it is that of this host; for programs of strangers provider qemu has one for each machine`,
      )
    : wall('kernel', 'holds', say`it has a kernel of its own (the boot ID is not that of this host)`);
}

function processesWall({ users }: HostFacts): Wall {
  return users.size === 0
    ? wall('processes', 'holds', say`none of its processes is one of this host (looked for by its arguments)`)
    : wall('processes', 'open', say`its processes are processes of this host`);
}

/** Which users of this host the machine's are. */
function usersWall({ machine, users, host }: HostFacts): Wall {
  if (users.size === 0)
    return wall(
      'users',
      'unknown',
      say`this user sees no process of ${machine} on this host (is /proc mounted with hidepid?)`,
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
      say`its programs run as ${inWords(others.map((uid) => host.accounts.get(uid) ?? `${uid}`))} of this host`,
    );
  const numbers = inWords(strange.map(String));
  if (known.length === 0)
    return wall(
      'users',
      'holds',
      say`its programs, those of its root too, are users ${numbers} here, which no account of this host has`,
    );
  return wall(
    'users',
    'shared',
    strange.length === 0
      ? say`its root is you on this host`
      : say`its root is you on this host; its others are users ${numbers} here, which no account of this host has`,
  );
}

const namespaceWords: Readonly<Record<string, string>> = {
  pid: say`processes`,
  mnt: say`files`,
  net: say`network`,
  user: say`users`,
  ipc: say`shared memory`,
  uts: say`host name`,
};

function namespacesWall({ inside, host }: HostFacts): Wall {
  const kinds = Object.keys(namespaceWords);
  const unknown = kinds.filter((kind) => !inside.namespaces.has(kind) || !host.namespaces.has(kind));
  const shared = kinds.filter((kind) => inside.namespaces.get(kind) === host.namespaces.get(kind));
  const words = (list: readonly string[]): string => inWords(list.map((kind) => namespaceWords[kind] ?? kind));
  if (unknown.length > 0) return wall('namespaces', 'unknown', say`not told: ${words(unknown)}`);
  if (shared.length > 0) return wall('namespaces', 'open', say`the same as on this host: ${words(shared)}`);
  return wall('namespaces', 'holds', say`${words(kinds)} are its own (other inodes than those of this host)`);
}

/** Whether programs there become root, which was tried by who tries the walls. */
function sudoWall({ inside: { uid, noNewPrivileges } }: HostFacts): Wall {
  if (uid === 0) return wall('sudo', 'shared', say`its user may become root of the machine, and has`);
  return noNewPrivileges === true
    ? wall('sudo', 'holds', say`no program gets more rights than its user has (no_new_privs, which nothing takes back)`)
    : wall('sudo', 'holds', say`its user has not become root without a password`);
}

/** Rights of root that reach beyond a namespace, by number (capabilities(7)). */
const strongRights: Readonly<Record<number, string>> = {
  21: say`mount`,
  16: say`load modules`,
  17: say`hardware`,
  22: say`restart`,
  25: say`clock`,
  27: say`device files`,
  38: say`performance counters`,
  39: 'BPF',
};

function rightsWall({ inside: { bounding }, host }: HostFacts): Wall {
  if (bounding === undefined)
    return wall('rights', 'unknown', say`the machine does not tell which capabilities it has`);
  const has = (bit: number): boolean => ((bounding >> BigInt(bit)) & 1n) === 1n;
  const all = Array.from({ length: host.lastCapability + 1 }, (_, bit) => bit);
  const lacking = all.filter((bit) => !has(bit));
  const strong = Object.entries(strongRights).filter(([bit]) => has(Number(bit)));
  if (strong.length > 0)
    return wall('rights', 'open', say`its root has, among others: ${inWords(strong.map(([, name]) => name))}`);
  return wall(
    'rights',
    'holds',
    say`no program gets ${lacking.length} of ${all.length} rights of root: ${inWords(Object.values(strongRights))}, …`,
  );
}

/** What walls-probe.pl tries, by its names. */
type Tried = Readonly<Record<string, string>>;

const callsTried: Tried = {
  mount: say`mount`,
  'new namespaces': say`new namespaces`,
  'namespaces of init': say`namespaces of init`,
  'trace init': say`trace init`,
  'kernel keys': say`kernel keys`,
  BPF: 'BPF',
  'kernel modules': say`kernel modules`,
  restart: say`restart`,
  swap: 'swap',
  io_uring: 'io_uring',
  'kernel settings': say`kernel settings`,
  'kernel memory': say`kernel memory`,
};
const prioritiesTried: Tried = {
  'real-time priority': say`real-time priority`,
  'higher priority': say`higher priority`,
};
const devicesTried: Tried = { 'device files': say`new device files` };
/** What a kernel says that asks for rights, or has no such call; and of a file that is not there. */
const refusals = new Set(['EPERM', 'EACCES', 'ENOSYS', 'EROFS', 'ENOENT']);

function triedWall(name: string, what: Tried, { inside }: HostFacts): Wall {
  const { state, seen } = judged(what, inside);
  return wall(name, state, seen);
}

function judged(what: Tried, { tried, uid }: InsideFacts): { state: WallState; seen: string } {
  const calls = Object.keys(what);
  const words = (list: readonly string[]): string => inWords(list.map((call) => what[call]!));
  const open = calls.filter((call) => tried.has(call) && !refusals.has(tried.get(call)!));
  if (open.length > 0)
    return {
      state: 'open',
      seen: uid === 0 ? say`root is not refused: ${words(open)}` : say`its user is not refused: ${words(open)}`,
    };
  if (!calls.every((call) => tried.has(call))) return { state: 'unknown', seen: say`not all could be tried` };
  return {
    state: 'holds',
    seen: uid === 0 ? say`root is refused: ${words(calls)}` : say`its user is refused: ${words(calls)}`,
  };
}

function devicesWall({ inside }: HostFacts): Wall {
  const { state, seen } = judged(devicesTried, inside);
  // Links to terminals and to the files of a process.
  const names = inside.devices.filter((name) => !/^(?:std|tty\d|ptmx)/.test(name));
  return wall('devices', state, say`it has ${inWords(names)}; ${seen}`);
}

/** Files that were made in the machine, where this host has a folder of that name. */
function writingWall({ inside: { made, uid }, mark }: HostFacts): Wall {
  const tried = [...made.keys()].filter((folder) => !folder.includes('/runtime/'));
  const here = tried.filter((folder) => existsSync(`${folder}/lab-walls-${mark}`));
  if (tried.length === 0) return wall('writing', 'unknown', say`nothing could be tried`);
  const isRoot = uid === 0;
  if (here.length > 0) {
    const where = inWords(here);
    return wall(
      'writing',
      'open',
      isRoot
        ? say`what root writes to ${where} is on this host`
        : say`what its user writes to ${where} is on this host`,
    );
  }
  const runtime = [...made].find(([folder]) => folder.includes('/runtime/'))?.[1];
  if (runtime === 'done')
    return wall(
      'writing',
      'open',
      isRoot
        ? say`root may write into the folder of the Node.js that lab runs on`
        : say`its user may write into the folder of the Node.js that lab runs on`,
    );
  const done = inWords(tried.filter((folder) => made.get(folder) === 'done'));
  const seen = isRoot
    ? say`what root writes to ${done} is not on this host`
    : say`what its user writes to ${done} is not on this host`;
  return wall('writing', 'holds', runtime === undefined ? seen : say`${seen}; lab's Node.js cannot be written to`);
}
