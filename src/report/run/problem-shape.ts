import { limitNames } from '../../core/program-hint.ts';
import { toldAttempt } from './attempt-shapes.ts';
import {
  count,
  list,
  number,
  object,
  objectOf,
  oneOf,
  optional,
  orWord,
  port,
  record,
  ShapeError,
  text,
  truth,
  whole,
  type FieldsOf,
  type Shape,
} from '../../core/json/shape.ts';
import type {
  CountRange,
  DatagramErrorName,
  DatagramName,
  PacketFinding,
  PacketName,
  PacketProblem,
  PacketWish,
} from '../../core/packet-problem.ts';
import type { HeldSocket, ProgramLook, WaitKind } from '../../core/program-look.ts';
import type {
  Advice,
  Cause,
  EndlessOutput,
  Evidence,
  Expectation,
  Finding,
  ProgramEvidence,
  ProgramStatus,
  StepProblem,
} from '../../core/step-problem.ts';

/** The fields of each kind of something, `kind` apart. */
type FieldsByKind<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: FieldsOf<Omit<Extract<T, { readonly kind: K }>, 'kind'>>;
};

/** One of several kinds of object, each with fields of its own. */
function byKind<T extends { readonly kind: string }>(fields: FieldsByKind<T>): Shape<T> {
  const shapes = new Map(
    Object.entries(fields).map(([kind, own]) => [kind, object<object>({ kind: text, ...(own as FieldsOf<object>) })]),
  );
  return (value, where) => {
    const kind = text(objectOf(value, where)['kind'], `${where}.kind`);
    const shape = shapes.get(kind);
    if (shape === undefined)
      throw new ShapeError(`${where}.kind`, 'one that this lab knows; a newer one may have written it', kind);
    return shape(value, where) as T;
  };
}

const duration = number(0, 1e12);
const protocol = oneOf('tcp', 'udp');

const endlessOutput = { bytes: count, ms: duration, lines: optional(count) };

const programStatus = object<ProgramStatus>({ exitCode: optional(whole(-(2 ** 31), 2 ** 32)), signal: optional(text) });

const side = oneOf('client', 'server');
const packetName = object<PacketName>({ number: count, flags: text, from: side, afterMs: number(-1e12, 1e12) });
const maybePacket = { packet: optional(packetName) };

const range = object<CountRange>({ least: count, most: optional(count) });
const datagramName = object<DatagramName>({ number: count, from: side, length: count, afterMs: number(-1e12, 1e12) });

const countOrSome = orWord('some', count);

const packetWish = byKind<PacketWish>({
  connections: { count },
  'no-connection': {},
  handshake: {},
  close: { by: optional(oneOf('client', 'server', 'both')), how: optional(oneOf('fin', 'rst', 'open')) },
  reset: { by: oneOf('none', 'any', 'client', 'server') },
  retransmissions: { count: countOrSome },
  'zero-windows': { count: countOrSome },
  payload: { side, pattern: text },
  datagrams: { side, count: range },
  answered: { count: range },
  'datagram-fate': { fate: oneOf('lost', 'duplicated', 'reordered', 'fragmented'), count: range },
  unreachable: { count: range },
});

const packetFinding = byKind<PacketFinding>({
  nobody: {},
  connections: { count, first: list(object({ end: text, packet: count })) },
  connected: { end: text, ...maybePacket },
  refused: { place: text, ...maybePacket },
  unanswered: { lacks: oneOf('SYN ACK', 'ACK'), ...maybePacket },
  open: maybePacket,
  ended: maybePacket,
  'ended-by-both': { ...maybePacket, other: optional(packetName) },
  'no-fin': { side, ...maybePacket },
  'fin-not-acknowledged': maybePacket,
  packet: { packet: packetName, isOnly: optional(oneOf(true)) },
  none: {},
  packets: { count, first: list(packetName) },
  'sent-nothing': { side },
  sent: {
    firstPacket: count,
    lastPacket: count,
    text,
    isCutBefore: optional(oneOf(true)),
    isCutAfter: optional(oneOf(true)),
  },
  'no-datagrams': {},
  datagrams: { count, first: list(datagramName) },
  answered: { count, of: count, unanswered: list(datagramName) },
  'datagram-errors': {
    count,
    first: list(
      object<DatagramErrorName>({
        packet: count,
        by: text,
        reason: oneOf('network', 'host', 'protocol', 'port', 'prohibited', 'hops', 'reassembly', 'other'),
        place: text,
      }),
    ),
  },
});

const packetProblem = object<PacketProblem>({ wanted: packetWish, found: packetFinding });

const wantedEnd: Shape<number | string> = (value, where) =>
  typeof value === 'number' ? whole(0, 255)(value, where) : text(value, where);

const expectation = byKind<Expectation>({
  text: { role: text, pattern: text },
  'any-text': { texts: list(object({ role: text, pattern: text })) },
  'no-text': { role: text, pattern: text, ms: duration },
  prompt: { role: text, pattern: text },
  input: { role: text },
  listen: { role: text, machine: text, protocol: optional(oneOf('udp')), port },
  end: { role: text, end: wantedEnd },
  typed: { role: text, text },
  signal: { role: text, signal: text },
  'command-end': { command: text, machine: text, end: wantedEnd },
  'command-output': { command: text, machine: text, pattern: text },
  packets: { wishes: list(packetWish) },
  possible: { step: text },
  other: { text },
});

const finding = byKind<Finding>({
  shown: { line: optional(text) },
  'nothing-in-time': {},
  'in-vain': {},
  'asks-first': { role: text },
  'ended-first': { role: text, end: programStatus },
  'ended-otherwise': { end: programStatus, printed: optional(text) },
  'printed-otherwise': { printed: text },
  'listens-otherwise': {
    role: text,
    way: oneOf(
      'loopback-only',
      'other-address',
      'ipv6-only',
      'ipv4-only',
      'other-protocol',
      'byte-swapped',
      'other-port',
      'system-chosen',
      'not-yet',
    ),
    wanted: object({ protocol, port }),
    found: object({ protocol, address: text, port }),
    text,
  },
  packets: { problems: list(packetProblem) },
  'not-asked': { role: text },
  'endless-output': { role: text, ...endlessOutput },
  'time-wait': { role: text, machine: text, port, endedMsAgo: optional(duration), end: optional(programStatus) },
  other: { text },
});

const advice = byKind<Advice>({
  'used-up': { role: optional(text), pattern: optional(text) },
  'lines-dropped': { lines: count },
  'prompt-answered': {},
  'command-not-found': { machine: text, command: text },
  'program-folder': { program: text, file: text, step: text },
  'interpreter-missing': { machine: text, command: text, instead: text },
  'hidden-command': { machine: text, command: text, place: text, folders: text },
  'windows-line-ends': { file: text },
  'file-unsent': { role: text, file: text },
  'module-missing': { language: oneOf('python', 'node', 'perl'), machine: text, module: text },
  'class-missing': { role: text, name: text },
  'low-port': { port, command: optional(text) },
  'no-display': {},
  'python-2': {},
  'datagram-too-long': { role: text },
  'not-executable': { file: text },
  'in-background': { role: text, port },
  'first-line': { machine: text, file: text, interpreter: optional(text) },
  'not-utf8': { role: text, byte: text },
  'limit-met': {
    role: text,
    machine: text,
    limit: oneOf(...limitNames),
    amount: optional(text),
    hasEnded: oneOf(true, false),
  },
  'asks-first': { role: text },
  'look-at-packets': {},
  longer: { role: text, limitMs: duration },
  'endless-output': {},
  'time-wait': {
    role: text,
    machine: text,
    port,
    isBarredToAll: truth,
    remainingMs: optional(duration),
    canBeFresh: truth,
  },
  other: { text },
});

const socketEnd = object<HeldSocket['local']>({ address: text, port });
const programLook = object<ProgramLook>({
  waits: list(
    oneOf(
      'keyboard',
      'accept',
      'receive',
      'connect',
      'send',
      'print',
      'sleep',
      'child',
      'lock',
      'pipe',
      'file',
      'signal',
      'stopped',
      'background',
      'busy',
    ) satisfies Shape<WaitKind>,
  ),
  isTimed: optional(oneOf(true)),
  entry: optional(oneOf('line', 'hidden', 'keys')),
  typedUnread: count,
  sockets: list(
    object<HeldSocket>({
      protocol,
      state: text,
      local: socketEnd,
      peer: optional(socketEnd),
      unread: count,
      unsent: count,
      isWaitedFor: truth,
    }),
  ),
});
const programEvidence = object<ProgramEvidence>({
  role: text,
  machine: text,
  look: optional(programLook),
  endless: optional(object<EndlessOutput>(endlessOutput)),
  end: optional(programStatus),
});
const cause = object<Cause>({ role: text, machine: text, end: optional(programStatus), line: optional(text) });
const evidence = object<Evidence>({
  programs: list(programEvidence),
  cause: optional(cause),
  names: optional(record(text)),
});

/** Why a step failed, as it was read from outside. */
export const stepProblem: Shape<StepProblem> = object<StepProblem>({
  expected: expectation,
  seen: finding,
  nearest: optional(text),
  role: optional(text),
  also: optional(list(text)),
  limitMs: optional(duration),
  hint: optional(advice),
  evidence: optional(evidence),
  attempts: optional(list(toldAttempt)),
});
