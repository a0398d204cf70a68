import type { HeldSocket, ProgramLook, SocketEnd, WaitKind } from '../core/program-look.ts';
import type { Facts, SocketFact, Task, TerminalFact } from './facts.ts';
import { callKind, type CallKind } from './system-calls.ts';

/** What one thread waits for: kinds, and the sockets that are meant, by number. */
interface Waiting {
  readonly kinds: readonly TaskKind[];
  readonly sockets: readonly string[];
  /** It goes on by itself after a while. */
  readonly isTimed?: boolean;
}

/** `other`: for something that says nothing about the program; `unknown`: it is not known, or changes. */
type TaskKind = WaitKind | 'other' | 'unknown';

/** Threads of a runtime wait for these all the time: they say something only when nothing else does. */
const weak: ReadonlySet<TaskKind> = new Set<TaskKind>(['child', 'lock', 'pipe', 'signal', 'other', 'unknown']);
const world: ReadonlySet<TaskKind> = new Set<TaskKind>(['keyboard', 'accept', 'receive']);

/** Functions of the kernel in which a thread sleeps, where its system call may not be seen (Yama, another account). */
const kernelFunctions: readonly (readonly [part: string, kind: TaskKind])[] = [
  ['accept', 'accept'],
  ['nanosleep', 'sleep'],
  ['futex', 'lock'],
  ['do_wait', 'child'],
  ['pause', 'signal'],
  ['skb_wait', 'receive'],
  ['inet_stream_connect', 'connect'],
  ['pipe_read', 'pipe'],
  ['unix_stream', 'other'],
];

/** What the program does whose first process is `root`; undefined when it is not there. */
export function classify(facts: Facts, root: number): ProgramLook | undefined {
  const [first] = facts.looks;
  const parents = new Map([...first.values()].map(({ pid, parent }) => [pid, parent]));
  if (!parents.has(root)) return undefined;
  const depths = depthsBelow(root, parents);
  const family = [...first.values()].filter(({ pid }) => depths.has(pid));
  const waiting = family.map((task) => ({ task, ...waitingOf(facts, task) }));
  const readers = waiting
    .filter(({ task, kinds }) => kinds.includes('keyboard') && isForeground(task))
    .toSorted((a, b) => depths.get(b.task.pid)! - depths.get(a.task.pid)!);
  const kinds = new Set(waiting.flatMap(({ task, kinds: all }) => all.map((kind) => asked(kind, task))));
  const waitedFor = new Set(waiting.flatMap(({ sockets }) => sockets));
  const terminal = terminalOf(facts, readers[0]?.task ?? family.find(({ pid }) => pid === root));
  return {
    waits: telling(kinds),
    ...(waiting.some(({ kinds: all, isTimed: timed }) => timed && all.some((kind) => world.has(kind))) && {
      isTimed: true as const,
    }),
    ...(terminal && { entry: terminal.isByLine ? (terminal.echoes ? 'line' : 'hidden') : 'keys' }),
    typedUnread: terminal?.unread ?? 0,
    sockets: socketsOf(facts, new Set(family.map(({ pid }) => pid)), waitedFor),
  };
}

/** The process and all that come from it, with how many are between. */
function depthsBelow(root: number, parents: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const children = Map.groupBy(parents.keys(), (pid) => parents.get(pid)!);
  const depths = new Map([[root, 0]]);
  // What is added on the way is visited, too.
  for (const [pid, depth] of depths)
    for (const child of children.get(pid) ?? []) if (!depths.has(child)) depths.set(child, depth + 1);
  return depths;
}

/** Only the foreground group of a terminal gets what is typed. */
function isForeground({ tty, group, foreground }: Task): boolean {
  return tty === 0 || group === foreground;
}

function asked(kind: TaskKind, task: Task): TaskKind {
  return kind === 'keyboard' && !isForeground(task) ? 'background' : kind;
}

/** What says most of all that the threads of a program wait for. */
function telling(kinds: ReadonlySet<TaskKind>): WaitKind[] {
  let strong = [...kinds].filter((kind) => !weak.has(kind));
  if (strong.some((kind) => world.has(kind))) strong = strong.filter((kind) => kind !== 'sleep');
  if (strong.includes('keyboard')) strong = strong.filter((kind) => kind !== 'file');
  const chosen = strong.length > 0 || kinds.has('unknown') ? strong : [...kinds];
  return chosen.filter((kind) => kind !== 'other' && kind !== 'unknown').toSorted();
}

/** Without a socket. */
function only(kind: TaskKind): Waiting {
  return { kinds: [kind], sockets: [] };
}

function waitingOf(facts: Facts, task: Task): Waiting {
  const { state, syscall, pid } = task;
  const again = facts.looks[1].get(`${pid}:${task.tid}`);
  if (state === 'T' || state === 't') return only('stopped');
  if (state === 'Z' || state === 'X') return only('other');
  if (state === 'R' || syscall?.[0] === 'running') return only(isBusy(task, again) ? 'busy' : 'unknown');
  if (syscall === undefined) return byKernelFunction(facts, task, again);
  // A call that is the same both times though it was left in between is one with a limit, in a loop: it holds.
  if (again !== undefined && (again.syscall?.[0] !== syscall[0] || again.syscall?.[1] !== syscall[1]))
    return only(again.cpu > task.cpu ? 'busy' : 'unknown');
  if (again !== undefined && again.cpu > task.cpu + 1) return only('busy');
  return byCall(facts, task, syscall);
}

function isBusy(task: Task, again: Task | undefined): boolean {
  return again !== undefined && (again.state === 'R' || again.syscall?.[0] === 'running' || again.cpu > task.cpu);
}

/** A thread in a system call. */
interface Call {
  readonly facts: Facts;
  readonly pid: number;
  readonly tid: number;
  /** Its arguments, in hex. */
  readonly words: readonly string[];
}

const waitingIn: Readonly<Record<CallKind, (call: Call) => Waiting>> = {
  read: (call) => ofDescriptor(call.facts, call.pid, argument(call, 0)),
  receive: (call) => ofDescriptor(call.facts, call.pid, argument(call, 0)),
  write: (call) => written(ofDescriptor(call.facts, call.pid, argument(call, 0))),
  send: (call) => written(ofDescriptor(call.facts, call.pid, argument(call, 0))),
  accept: (call) => ({ kinds: ['accept'], sockets: socketAt(call.facts, call.pid, argument(call, 0)) }),
  connect: (call) => ({ kinds: ['connect'], sockets: socketAt(call.facts, call.pid, argument(call, 0)) }),
  ioctl: (call) => onlyKeyboard(ofDescriptor(call.facts, call.pid, argument(call, 0))),
  poll: (call) => ({ ...ofSet(call, argument(call, 1)), isTimed: isTimed(call, 2) }),
  select: (call) => ({ ...ofSet(call, argument(call, 0)), isTimed: isTimed(call, 4) }),
  epoll: (call) => ({
    ...ofMany(call.facts, call.pid, call.facts.epolls.get(`${call.pid}:${argument(call, 0)}`) ?? []),
    isTimed: isTimed(call, 3),
  }),
  sleep: () => only('sleep'),
  child: () => only('child'),
  lock: () => only('lock'),
  signal: () => only('signal'),
  file: () => only('file'),
};

function argument({ words }: Call, index: number): number {
  return Number.parseInt(words[index] ?? '', 16) || 0;
}

/** A time limit is a pointer, or milliseconds, where -1 is none. */
function isTimed({ words }: Call, index: number): boolean {
  return !/^0x(?:0|f{8}|f{16})$/.test(words[index] ?? '');
}

function byCall(facts: Facts, { pid, tid, wchan }: Task, [number, ...words]: readonly string[]): Waiting {
  const kind = callKind(facts.arch, Number(number));
  // restart_syscall(2) goes on with what a signal had interrupted.
  if (kind === undefined) return only(wchan.includes('nanosleep') ? 'sleep' : 'unknown');
  return waitingIn[kind]({ facts, pid, tid, words });
}

/** What a thread waits for that reads from a descriptor. */
function ofDescriptor(facts: Facts, pid: number, descriptor: number): Waiting {
  const target = facts.descriptors.get(`${pid}:${descriptor}`);
  if (target === undefined) return only('unknown');
  if (/^\/dev\/(pts\/\d+|tty|console)$/.test(target)) return only('keyboard');
  if (target.startsWith('pipe:')) return only('pipe');
  const [inode] = socketAt(facts, pid, descriptor);
  if (inode === undefined) return only(target.startsWith('/') ? 'file' : 'other');
  return { kinds: [kindOfSocket(facts.sockets.get(inode)!)], sockets: [inode] };
}

function kindOfSocket({ state }: SocketFact): TaskKind {
  if (state === 'listen') return 'accept';
  return state === 'syn-sent' ? 'connect' : 'receive';
}

/** The same descriptor, written to. */
function written({ kinds, sockets }: Waiting): Waiting {
  const others: Partial<Record<TaskKind, TaskKind>> = { keyboard: 'print', receive: 'send', accept: 'unknown' };
  return { kinds: kinds.map((kind) => others[kind] ?? kind), sockets };
}

/** A call that may be about anything tells only that it is about a terminal. */
function onlyKeyboard(found: Waiting): Waiting {
  return found.kinds.includes('keyboard') ? found : { kinds: ['unknown'], sockets: [] };
}

/** What poll(2) or select(2) watches; with `count` 0 it is a way to sleep. */
function ofSet({ facts, pid, tid }: Call, count: number): Waiting {
  const set = facts.sets.get(`${pid}:${tid}`);
  return set === undefined ? only(count === 0 ? 'sleep' : 'unknown') : ofMany(facts, pid, set);
}

/** The TCP or UDP socket of a descriptor, as a list of one or none. */
function socketAt(facts: Facts, pid: number, descriptor: number): string[] {
  const inode = /^socket:\[(\d+)\]/.exec(facts.descriptors.get(`${pid}:${descriptor}`) ?? '')?.[1];
  return inode !== undefined && facts.sockets.has(inode) ? [inode] : [];
}

/** Of several descriptors, those of the runtime itself (an eventfd, a pipe to wake it) say nothing beside others. */
function ofMany(facts: Facts, pid: number, descriptors: readonly number[]): Waiting {
  const all = descriptors.map((descriptor) => ofDescriptor(facts, pid, descriptor));
  const kinds = new Set(all.flatMap((each) => each.kinds));
  const telling = [...kinds].filter((kind) => kind !== 'other' && kind !== 'pipe');
  if (kinds.size === 0) return { kinds: ['sleep'], sockets: [] };
  return { kinds: telling.length > 0 ? telling : [...kinds], sockets: all.flatMap(({ sockets }) => sockets) };
}

/** Where the call may not be seen: certain only where the kernel's function, or what is open, leaves one answer. */
function byKernelFunction(facts: Facts, task: Task, again: Task | undefined): Waiting {
  const { pid, wchan, cpu } = task;
  if (wchan === '-' || wchan === '0') return only('unknown');
  if (again !== undefined && again.cpu > cpu) return only('busy');
  const known = kernelFunctions.find(([part]) => wchan.includes(part));
  if (known !== undefined) return only(known[1]);
  const open = facts.open.get(pid) ?? [];
  if (wchan.includes('ep_poll'))
    return ofMany(
      facts,
      pid,
      open.flatMap((fd) => facts.epolls.get(`${pid}:${fd}`) ?? []),
    );
  if (wchan.includes('poll')) return only('unknown');
  const { kinds, sockets } = ofMany(facts, pid, open);
  const possible = kinds.filter((kind) => kind === 'keyboard' || kind === 'receive' || kind === 'connect');
  return possible.length === 1 ? { kinds: possible, sockets } : only('unknown');
}

function terminalOf(facts: Facts, task: Task | undefined): TerminalFact | undefined {
  if (task === undefined) return undefined;
  const input = facts.descriptors.get(`${task.pid}:0`) ?? '';
  const own = [...facts.terminals].find(([key]) => key.startsWith(`${task.pid}:`));
  return facts.terminals.get(`${task.pid}:${input}`) ?? own?.[1];
}

function socketsOf(facts: Facts, pids: ReadonlySet<number>, waitedFor: ReadonlySet<string>): HeldSocket[] {
  const held = new Set<string>();
  for (const [key, target] of facts.descriptors) {
    const inode = /^socket:\[(\d+)\]/.exec(target)?.[1];
    if (inode !== undefined && pids.has(Number.parseInt(key, 10))) held.add(inode);
  }
  return [...held].flatMap((inode) => {
    const found = facts.sockets.get(inode);
    if (found === undefined) return [];
    const { protocol, state, local, remote, received, unsent } = found;
    return [
      {
        protocol,
        state,
        local: plainEnd(local),
        ...(remote.port > 0 && { peer: plainEnd(remote) }),
        unread: received,
        unsent,
        isWaitedFor: waitedFor.has(inode),
      },
    ];
  });
}

/** An IPv4 address that an IPv6 socket has (RFC 4291, 2.5.5.2) is the address that the program means. */
function plainEnd({ address, port }: SocketEnd): SocketEnd {
  return { address: address.replace(/^::ffff:(?=\d+\.)/, ''), port };
}
