import type { SocketEnd } from '../core/program-look.ts';
import { parseProcAddress } from '../core/socket-address.ts';

/** One thread of a program, at one look. */
export interface Task {
  readonly pid: number;
  readonly tid: number;
  /** As in proc_pid_stat(5): `R`, `S`, `D`, `T`, `Z`, … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Device number of its controlling terminal; 0: none. */
  readonly tty: number;
  /** The process group that its terminal listens to. */
  readonly foreground: number;
  /** Clock ticks that it has computed. */
  readonly cpu: number;
  /** Function of the kernel that it sleeps in; `-` or `0` when that may not be seen. */
  readonly wchan: string;
  /** `running`, or the number of the call and its arguments in hex; undefined when that may not be seen. */
  readonly syscall: readonly string[] | undefined;
}

export interface SocketFact {
  readonly protocol: 'tcp' | 'udp';
  readonly state: string;
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  readonly received: number;
  readonly unsent: number;
}

export interface TerminalFact {
  readonly echoes: boolean;
  readonly isByLine: boolean;
  readonly unread: number;
}

/** What look.pl printed, as data. */
export interface Facts {
  readonly arch: string;
  /** Of the first look and of the second, if there was one. */
  readonly looks: readonly [ReadonlyMap<string, Task>, ReadonlyMap<string, Task>];
  /** By process and descriptor: `12:0` → `/dev/pts/3`. */
  readonly descriptors: ReadonlyMap<string, string>;
  /** By process: its descriptors. */
  readonly open: ReadonlyMap<number, readonly number[]>;
  /** By process and descriptor of an epoll instance: descriptors that it watches for input. */
  readonly epolls: ReadonlyMap<string, readonly number[]>;
  /** By process and thread: descriptors that poll(2) or select(2) watches for input. */
  readonly sets: ReadonlyMap<string, readonly number[]>;
  /** By number. */
  readonly sockets: ReadonlyMap<string, SocketFact>;
  /** By process and name: `12:/dev/pts/3`. */
  readonly terminals: ReadonlyMap<string, TerminalFact>;
}

/** States of proc_net_tcp(5), in the order of their numbers from 1. */
const tcpStates = [
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
];

/** Hexadecimal digits of what look.pl reads of a set at most. */
const LONGEST_SET = 8192;
/** Readiness to be read, the same in poll(2) and epoll_ctl(2). */
const READABLE = 1;

/** Reads what look.pl printed. Lines that make no sense are left out: a machine may say anything. */
export function readFacts(text: string): Facts {
  const looks = [new Map<string, Task>(), new Map<string, Task>()] as const;
  const descriptors = new Map<string, string>();
  const open = new Map<number, number[]>();
  const epolls = new Map<string, number[]>();
  const sets = new Map<string, readonly number[]>();
  const sockets = new Map<string, SocketFact>();
  const terminals = new Map<string, TerminalFact>();
  let arch = '';
  for (const line of text.split('\n')) {
    const [kind, ...words] = line.split(' ');
    if (kind === 'arch') arch = words[0] ?? '';
    else if (kind === 'task') addTask(looks[words[0] === '2' ? 1 : 0], words.slice(1));
    else if (kind === 'fd') {
      descriptors.set(`${words[0]}:${words[1]}`, words[2] ?? '');
      addTo(open, Number(words[0]), Number(words[1]));
    } else if (kind === 'epoll') {
      if (Number.parseInt(words[3] ?? '', 16) & READABLE) addTo(epolls, `${words[0]}:${words[1]}`, Number(words[2]));
    } else if (kind === 'set') sets.set(`${words[0]}:${words[1]}`, watched(words.slice(2)));
    else if (kind === 'net') addSocket(sockets, words);
    else if (kind === 'tty')
      terminals.set(`${words[0]}:${words[1]}`, {
        echoes: words[2]?.[0] === 'e',
        isByLine: words[2]?.[1] === 'c',
        unread: Number(words[3]) || 0,
      });
  }
  return { arch, looks, descriptors, open, epolls, sets, sockets, terminals };
}

function addTo<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function addTask(look: Map<string, Task>, words: readonly string[]): void {
  const [pid, tid, state = '', parent, group, tty, foreground, cpu, wchan = '-', ...syscall] = words;
  if (syscall.length === 0) return;
  look.set(`${pid}:${tid}`, {
    pid: Number(pid),
    tid: Number(tid),
    state,
    parent: Number(parent),
    group: Number(group),
    tty: Number(tty),
    foreground: Number(foreground),
    cpu: Number(cpu),
    wchan,
    syscall: syscall[0] === '-' ? undefined : syscall,
  });
}

function addSocket(sockets: Map<string, SocketFact>, words: readonly string[]): void {
  const [table = '', local = '', remote = '', state = '', queues = '', inode = ''] = words;
  const [here, there] = [parseProcAddress(local), parseProcAddress(remote)];
  const [unsent = '', received = ''] = queues.split(':');
  if (here === undefined || there === undefined) return;
  const protocol = table.startsWith('udp') ? 'udp' : 'tcp';
  const number = Number.parseInt(state, 16);
  sockets.set(inode, {
    protocol,
    // proc_net_udp(5) has 7 for a socket without a peer.
    state: protocol === 'udp' && number === 7 ? 'unconnected' : (tcpStates[number - 1] ?? state),
    local: here,
    remote: there,
    received: Number.parseInt(received, 16) || 0,
    unsent: Number.parseInt(unsent, 16) || 0,
  });
}

/** Descriptors in an array of `struct pollfd`, or in an `fd_set` (both little-endian). */
function watched([kind, , hex = '']: readonly string[]): number[] {
  const bytes = Buffer.from(hex.slice(0, LONGEST_SET), 'hex');
  if (kind === 'select')
    return [...bytes].flatMap((byte, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => 8 * at + bit),
    );
  const entries = Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) =>
    bytes.subarray(8 * index, 8 * index + 8),
  );
  return entries.filter((entry) => entry.readUInt16LE(4) & READABLE).map((entry) => entry.readInt32LE(0));
}
