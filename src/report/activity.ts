import type { HeldSocket, WaitKind } from '../core/program-look.ts';
import type { EndlessOutput, Evidence, ProgramEvidence, ProgramStatus, StepProblem } from '../core/step-problem.ts';

/** What one program was doing, ready to be said in any language. */
export type Activity =
  | { readonly kind: 'ended'; readonly end: ProgramStatus }
  | { readonly kind: 'running'; readonly doing: readonly Doing[]; readonly remarks: readonly Remark[] };

/** What a program or one of its threads does, or waits for. Names are those of machines, roles or addresses. */
export type Doing =
  /** `known`: how many connections it has already. */
  | { readonly kind: 'accept'; readonly known: number }
  | { readonly kind: 'receive'; readonly peers: readonly string[] }
  /** `ports`: those of its own that it has chosen, and where anyone may send to. */
  | { readonly kind: 'datagram'; readonly peers: readonly string[]; readonly ports: readonly number[] }
  | { readonly kind: 'send'; readonly peers: readonly string[] }
  | { readonly kind: 'connect'; readonly to: readonly string[] }
  | ({ readonly kind: 'endless' } & EndlessOutput)
  | { readonly kind: Simple };

type Simple =
  'line' | 'hidden-line' | 'key' | Exclude<WaitKind, 'accept' | 'receive' | 'send' | 'connect' | 'keyboard'>;

/** What is remarkable about it besides. */
export type Remark =
  /** Bytes from a peer that it has not read. */
  | { readonly kind: 'unread'; readonly bytes: number; readonly from: string }
  /** How many they are, no table tells: the kernel counts the memory that they take. `from` is empty if any may send. */
  | { readonly kind: 'datagrams-unread'; readonly port: number; readonly from: string }
  /** Bytes that were typed and that it has not read. */
  | { readonly kind: 'typed-unread'; readonly bytes: number }
  /** Connections that it has not accepted. */
  | { readonly kind: 'not-accepted'; readonly count: number }
  /** It was to show a prompt, and shows none. */
  | { readonly kind: 'no-prompt' }
  /** The peer has closed its side of the connection, the program has not. */
  | { readonly kind: 'closed-by'; readonly peer: string };

/** What is said of all programs of a failed step: of two that block each other, in one sentence. */
export interface Situation {
  readonly deadlocks: readonly Deadlock[];
  /** Of all others that something is known of. */
  readonly programs: readonly { readonly role: string; readonly activity: Activity }[];
}

/** Two programs that wait for each other, at the two ends of one connection. */
export interface Deadlock {
  readonly roles: readonly [string, string];
  readonly call: 'receive' | 'send';
}

/** Where Linux begins to choose ports (net.ipv4.ip_local_port_range): the program knows none of these. */
const FIRST_CHOSEN_PORT = 32_768;

const silentWaits: ReadonlySet<WaitKind> = new Set(['child', 'lock', 'pipe', 'signal', 'sleep', 'file']);

/** What is known of a step besides what was seen of the programs. */
export type StepContext = Pick<StepProblem, 'expected' | 'seen' | 'nearest' | 'hint'>;

/** What the programs were doing, from the looks at them. The cause of a failure is told elsewhere. */
export function situationOf({ programs, names, cause }: Evidence, step?: StepContext): Situation {
  const evidence = { programs, names };
  const deadlocks = deadlocksOf(programs);
  const blocked = new Set(deadlocks.flatMap(({ roles }) => roles));
  const flooding = step?.seen.kind === 'endless-output' ? step.seen.role : undefined;
  const others = programs.filter(
    ({ role, end }) => !blocked.has(role) && role !== flooding && !(role === cause?.role && end),
  );
  return {
    deadlocks,
    programs: others.flatMap((program) => {
      const activity = activityOf(program, evidence);
      return activity === undefined
        ? []
        : [{ role: program.role, activity: withoutPrompt(program.role, activity, step) }];
    }),
  };
}

/** Says that the prompt is missing of a program that reads its keyboard all the same. */
function withoutPrompt(role: string, activity: Activity, step: StepContext | undefined): Activity {
  if (step === undefined || activity.kind !== 'running') return activity;
  const { expected, seen, nearest, hint } = step;
  const isMissing =
    expected.kind === 'prompt' &&
    expected.role === role &&
    seen.kind === 'nothing-in-time' &&
    nearest === undefined &&
    hint?.kind !== 'prompt-answered' &&
    activity.doing.some(({ kind }) => kind === 'line');
  return isMissing ? { ...activity, remarks: [{ kind: 'no-prompt' }, ...activity.remarks] } : activity;
}

function activityOf(program: ProgramEvidence, evidence: Evidence): Activity | undefined {
  const { end, look, endless } = program;
  if (end !== undefined) return { kind: 'ended', end };
  if (endless !== undefined) return { kind: 'running', doing: [{ kind: 'endless', ...endless }], remarks: [] };
  if (look === undefined) return undefined;
  const who = (socket: HeldSocket): string => peerName(socket, program, evidence);
  const { sockets, typedUnread } = look;
  const telling = look.waits.filter((wait) => !silentWaits.has(wait));
  const waits = telling.length === 0 ? look.waits : telling;
  const remarks: Remark[] = [
    ...sockets
      .filter((socket) => socket.protocol === 'tcp' && isConnected(socket) && socket.unread > 0)
      .map((socket): Remark => ({ kind: 'unread', bytes: socket.unread, from: who(socket) })),
    ...sockets
      .filter((socket) => socket.protocol === 'udp' && socket.unread > 0)
      .map((socket): Remark => ({ kind: 'datagrams-unread', port: socket.local.port, from: who(socket) })),
    ...(typedUnread > 0 ? [{ kind: 'typed-unread', bytes: typedUnread } as const] : []),
    ...sockets
      .filter((socket) => socket.state === 'listen' && socket.unread > 0 && !socket.isWaitedFor)
      .map((socket): Remark => ({ kind: 'not-accepted', count: socket.unread })),
    ...sockets
      .filter((socket) => socket.state === 'close-wait' && socket.unread === 0)
      .map((socket): Remark => ({ kind: 'closed-by', peer: who(socket) })),
  ];
  const doing = waits.map((wait) => doingOf(wait, look, who));
  return doing.length + remarks.length === 0 ? undefined : { kind: 'running', doing, remarks };
}

type Look = NonNullable<ProgramEvidence['look']>;

function doingOf(wait: WaitKind, { entry, sockets }: Look, who: (socket: HeldSocket) => string): Doing {
  const waitedFor = sockets.filter(({ isWaitedFor }) => isWaitedFor);
  const peersOf = (chosen: readonly HeldSocket[]): string[] => [...new Set(chosen.filter(({ peer }) => peer).map(who))];
  if (wait === 'accept') return { kind: 'accept', known: sockets.filter(isConnected).length };
  if (wait === 'send') return { kind: 'send', peers: peersOf(waitedFor) };
  if (wait === 'connect') return { kind: 'connect', to: peersOf(sockets.filter(({ state }) => state === 'syn-sent')) };
  if (wait === 'keyboard') return { kind: entry === 'keys' ? 'key' : entry === 'hidden' ? 'hidden-line' : 'line' };
  if (wait !== 'receive') return { kind: wait };
  const isUdp = waitedFor.length > 0 && waitedFor.every(({ protocol }) => protocol === 'udp');
  const peers = peersOf(waitedFor.filter(isConnected));
  if (!isUdp) return { kind: 'receive', peers };
  const ports = waitedFor.flatMap(({ peer, local: { port } }) => (peer === undefined ? [port] : []));
  return { kind: 'datagram', peers, ports: [...new Set(ports)].filter((port) => port < FIRST_CHOSEN_PORT) };
}

function isConnected({ protocol, state, peer }: HeldSocket): boolean {
  return peer !== undefined && (protocol === 'udp' || state === 'established' || state === 'close-wait');
}

/** The machine at the other end; its program, where that is on the same machine; else the address. */
function peerName(socket: HeldSocket, program: ProgramEvidence, { programs, names = {} }: Evidence): string {
  const { peer } = socket;
  if (peer === undefined) return '';
  const other = programs.find(({ look }) => look?.sockets.some((candidate) => areEnds(socket, candidate)));
  if (other !== undefined && other.machine === program.machine) return other.role;
  const machine = names[peer.address] ?? other?.machine;
  if (machine !== undefined && socket.state !== 'syn-sent') return machine;
  return `${machine ?? peer.address}:${peer.port}`;
}

/** Whether two sockets are the two ends of one connection. */
function areEnds(one: HeldSocket, other: HeldSocket): boolean {
  return isSameEnd(one.local, other.peer) && isSameEnd(one.peer, other.local);
}

function isSameEnd(a: HeldSocket['peer'], b: HeldSocket['peer']): boolean {
  return a !== undefined && b !== undefined && a.address === b.address && a.port === b.port;
}

function deadlocksOf(programs: readonly ProgramEvidence[]): Deadlock[] {
  return (['receive', 'send'] as const).flatMap((call) =>
    programs.flatMap((one, index) =>
      programs
        .slice(index + 1)
        .filter((other) => blockEachOther(one, other, call))
        .map((other): Deadlock => ({ roles: [one.role, other.role], call })),
    ),
  );
}

/** Each does nothing but wait in this call, on its end of a connection between the two. */
function blockEachOther(one: ProgramEvidence, other: ProgramEvidence, call: Deadlock['call']): boolean {
  const [end, otherEnd] = [onlyWait(one, call), onlyWait(other, call)];
  return end !== undefined && otherEnd !== undefined && areEnds(end, otherEnd);
}

/** The one socket that a program waits for, if it does nothing else and nothing has come that would wake it. */
function onlyWait({ end, look }: ProgramEvidence, call: Deadlock['call']): HeldSocket | undefined {
  if (end !== undefined || look === undefined) return undefined;
  if (!look.waits.every((wait) => wait === call || wait === 'lock' || wait === 'child')) return undefined;
  const waitedFor = look.sockets.filter(({ isWaitedFor }) => isWaitedFor);
  const [socket] = waitedFor;
  if (socket === undefined || waitedFor.length > 1 || !look.waits.includes(call)) return undefined;
  return call === 'send' || socket.unread === 0 ? socket : undefined;
}
