import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PacketFinding, PacketWish } from '../../src/core/packet-problem.ts';
import type { ProgramLook } from '../../src/core/program-look.ts';
import type { Advice, Expectation, Finding, StepProblem } from '../../src/core/step-problem.ts';
import { english } from '../../src/report/language/failure-en.ts';
import { french } from '../../src/report/language/failure-fr.ts';
import { packets as packetsEnglish } from '../../src/report/language/packets-en.ts';
import { packets as packetsFrench } from '../../src/report/language/packets-fr.ts';
import { eventLine, readEventLine } from '../../src/report/run/event-line.ts';
import { assertGolden } from '../helpers/golden.ts';

type ByKind<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: readonly Extract<T, { readonly kind: K }>[];
};

const status = (exitCode: number): { exitCode: number; signal: undefined } => ({ exitCode, signal: undefined });
const killed = { exitCode: undefined, signal: 'KILL' };

const packet = { number: 12, flags: 'FIN ACK', from: 'client', afterMs: 0.304 } as const;
const other = { number: 13, flags: '', from: 'server', afterMs: 1500 } as const;

const wishes: ByKind<PacketWish> = {
  connections: [1, 3].map((count) => ({ kind: 'connections', count })),
  'no-connection': [{ kind: 'no-connection' }],
  handshake: [{ kind: 'handshake' }],
  close: [
    { kind: 'close', by: 'client', how: 'fin' },
    { kind: 'close', by: 'both' },
    { kind: 'close', how: 'rst' },
    { kind: 'close', how: 'open' },
  ],
  reset: (['none', 'any', 'server'] as const).map((by) => ({ kind: 'reset', by })),
  retransmissions: ([0, 1, 2, 'some'] as const).map((count) => ({ kind: 'retransmissions', count })),
  'zero-windows': ([0, 1, 2, 'some'] as const).map((count) => ({ kind: 'zero-windows', count })),
  payload: [{ kind: 'payload', side: 'client', pattern: '"Hello"' }],
  datagrams: [{ least: 0, most: 0 }, { least: 1 }, { least: 10, most: 10 }, { least: 0, most: 3 }].map((count) => ({
    kind: 'datagrams',
    side: 'client',
    count,
  })),
  answered: [{ kind: 'answered', count: { least: 8 } }],
  'datagram-fate': (['lost', 'duplicated', 'reordered', 'fragmented'] as const).map((fate) => ({
    kind: 'datagram-fate',
    fate,
    count: { least: 1, most: 2 },
  })),
  unreachable: [{ kind: 'unreachable', count: { least: 0, most: 0 } }],
};

const datagram = { number: 3, from: 'client', length: 12, afterMs: 0.304 } as const;

const packetFindings: ByKind<PacketFinding> = {
  nobody: [{ kind: 'nobody' }],
  connections: [
    { kind: 'connections', count: 1, first: [{ end: 'vm2:41000', packet: 1 }] },
    { kind: 'connections', count: 7, first: [{ end: 'vm2:41000', packet: 1 }] },
  ],
  connected: [{ kind: 'connected', end: 'vm2:41000', packet }],
  refused: [{ kind: 'refused', place: '10.0.0.1:7999', packet }],
  unanswered: [{ kind: 'unanswered', lacks: 'SYN ACK' }],
  open: [{ kind: 'open', packet }],
  ended: [{ kind: 'ended', packet }],
  'ended-by-both': [{ kind: 'ended-by-both', packet, other }],
  'no-fin': [{ kind: 'no-fin', side: 'server', packet }],
  'fin-not-acknowledged': [{ kind: 'fin-not-acknowledged', packet: other }],
  packet: [
    { kind: 'packet', packet },
    { kind: 'packet', packet: other, isOnly: true },
  ],
  none: [{ kind: 'none' }],
  packets: [
    { kind: 'packets', count: 1, first: [packet] },
    { kind: 'packets', count: 4, first: [packet, other] },
  ],
  'sent-nothing': [{ kind: 'sent-nothing', side: 'server' }],
  sent: [
    { kind: 'sent', firstPacket: 4, lastPacket: 4, text: 'Hello\n' },
    { kind: 'sent', firstPacket: 4, lastPacket: 9, text: 'vm1', isCutBefore: true, isCutAfter: true },
  ],
  'no-datagrams': [{ kind: 'no-datagrams' }],
  datagrams: [
    { kind: 'datagrams', count: 1, first: [datagram] },
    { kind: 'datagrams', count: 7, first: [datagram, { ...datagram, number: 4, from: 'server', length: 1 }] },
  ],
  answered: [
    { kind: 'answered', count: 8, of: 10, unanswered: [datagram] },
    { kind: 'answered', count: 1, of: 1, unanswered: [] },
  ],
  'datagram-errors': (
    ['network', 'host', 'protocol', 'port', 'prohibited', 'hops', 'reassembly', 'other'] as const
  ).map((reason) => ({
    kind: 'datagram-errors',
    count: 2,
    first: [{ packet: 4, by: 'vm1', reason, place: 'vm1:7999' }],
  })),
};

const expectations: ByKind<Expectation> = {
  text: [{ kind: 'text', role: 'server', pattern: '/from client .*/i' }],
  'any-text': [
    {
      kind: 'any-text',
      texts: [
        { role: 'client', pattern: '"OK"' },
        { role: 'server', pattern: '/busy/' },
      ],
    },
  ],
  'no-text': [{ kind: 'no-text', role: 'client-2', pattern: '"secret"', ms: 1000 }],
  prompt: [{ kind: 'prompt', role: 'client', pattern: '"> "' }],
  input: [{ kind: 'input', role: 'client' }],
  listen: [
    { kind: 'listen', role: 'server', machine: 'vm1', port: 7999 },
    { kind: 'listen', role: 'server', machine: 'vm1', protocol: 'udp', port: 7999 },
  ],
  end: [
    { kind: 'end', role: 'client', end: 0 },
    { kind: 'end', role: 'server', end: 'INT' },
  ],
  typed: [{ kind: 'typed', role: 'client', text: 'say "hi"\n' }],
  signal: [{ kind: 'signal', role: 'server', signal: 'TERM' }],
  'command-end': [{ kind: 'command-end', command: 'ls -l', machine: 'vm1', end: 2 }],
  'command-output': [{ kind: 'command-output', command: 'ss -ltn', machine: 'vm2', pattern: '":7999"' }],
  packets: [{ kind: 'packets', wishes: [wishes.handshake[0]!, wishes.reset[0]!] }],
  possible: [{ kind: 'possible', step: 'start: server' }],
  other: [{ kind: 'other', text: 'no RST' }],
};

const findings: ByKind<Finding> = {
  shown: [{ kind: 'shown', line: 'client-1: secret' }, { kind: 'shown' }],
  'nothing-in-time': [{ kind: 'nothing-in-time' }],
  'in-vain': [{ kind: 'in-vain' }],
  'asks-first': [{ kind: 'asks-first', role: 'server' }],
  'ended-first': [
    { kind: 'ended-first', role: 'server', end: status(7) },
    { kind: 'ended-first', role: 'server', end: killed },
    { kind: 'ended-first', role: 'server', end: {} },
  ],
  'ended-otherwise': [
    { kind: 'ended-otherwise', end: status(1) },
    { kind: 'ended-otherwise', end: { exitCode: undefined, signal: 'SEGV' } },
    { kind: 'ended-otherwise', end: killed, printed: '' },
    { kind: 'ended-otherwise', end: status(2), printed: 'ls: no such file' },
  ],
  'printed-otherwise': [
    { kind: 'printed-otherwise', printed: '' },
    { kind: 'printed-otherwise', printed: 'a\nb' },
  ],
  'listens-otherwise': (
    [
      ['loopback-only', '127.0.0.1', 7999, 'tcp'],
      ['other-address', '10.0.0.4', 7999, 'tcp'],
      ['byte-swapped', '0.0.0.0', 16_159, 'tcp'],
      ['other-protocol', '0.0.0.0', 7999, 'udp'],
      ['other-port', '0.0.0.0', 8000, 'tcp'],
      ['system-chosen', '0.0.0.0', 40_123, 'tcp'],
      ['not-yet', '0.0.0.0', 7998, 'tcp'],
      ['ipv6-only', '::', 7999, 'tcp'],
    ] as const
  ).map(([way, address, port, protocol]) => ({
    kind: 'listens-otherwise',
    role: 'server',
    way,
    wanted: { protocol: 'tcp', port: 7999 },
    found: { protocol, address, port },
    text: `server listens on ${address}:${port}`,
  })),
  'not-asked': [{ kind: 'not-asked', role: 'client' }],
  'endless-output': [
    { kind: 'endless-output', role: 'client', bytes: 3_100_000, ms: 10_000, lines: 2 },
    { kind: 'endless-output', role: 'client', bytes: 812, ms: 900, lines: 1 },
    { kind: 'endless-output', role: 'client', bytes: 260_000_000, ms: 4100 },
  ],
  'time-wait': [
    { kind: 'time-wait', role: 'server', machine: 'vm1', port: 7999, endedMsAgo: 3200 },
    { kind: 'time-wait', role: 'server', machine: 'vm1', port: 7999, end: status(1) },
  ],
  packets: [
    { kind: 'packets', problems: [{ wanted: wishes.handshake[0]!, found: { kind: 'nobody' } }] },
    {
      kind: 'packets',
      problems: [
        { wanted: wishes.handshake[0]!, found: { kind: 'nobody' } },
        { wanted: wishes.reset[0]!, found: { kind: 'none' } },
      ],
    },
  ],
  other: [{ kind: 'other', text: 'packet 3 (RST of the server)' }],
};

const advices: ByKind<Advice> = {
  'used-up': [{ kind: 'used-up' }],
  'lines-dropped': [{ kind: 'lines-dropped', lines: 1200 }],
  'prompt-answered': [{ kind: 'prompt-answered' }],
  'command-not-found': [{ kind: 'command-not-found', machine: 'vm1', command: 'which python' }],
  'program-folder': [
    { kind: 'program-folder', program: 'server', file: 'got.jpg', step: 'run: { program: server, command: [ls] }' },
  ],
  'interpreter-missing': [{ kind: 'interpreter-missing', machine: 'vm1', command: 'python', instead: 'python3' }],
  'hidden-command': [
    {
      kind: 'hidden-command',
      machine: 'vm1',
      command: 'python3',
      place: '/usr/local/bin',
      folders: '/opt, /usr/local',
    },
  ],
  'windows-line-ends': [{ kind: 'windows-line-ends', file: 'run.sh' }],
  'file-unsent': [{ kind: 'file-unsent', role: 'server', file: 'src/util.py' }],
  'module-missing': (['python', 'node', 'perl'] as const).map((language) => ({
    kind: 'module-missing',
    language,
    machine: 'vm1',
    module: 'colour',
  })),
  'class-missing': [{ kind: 'class-missing', role: 'server', name: 'Server' }],
  'low-port': [
    { kind: 'low-port', port: 80, command: 'python3' },
    { kind: 'low-port', port: 443 },
  ],
  'no-display': [{ kind: 'no-display' }],
  'python-2': [{ kind: 'python-2' }],
  'datagram-too-long': [{ kind: 'datagram-too-long', role: 'client' }],
  'in-background': [{ kind: 'in-background', role: 'server', port: 7999 }],
  'not-executable': [{ kind: 'not-executable', file: 'server.py' }],
  'first-line': [
    { kind: 'first-line', machine: 'vm1', file: 'server.rb', interpreter: 'ruby' },
    { kind: 'first-line', machine: 'vm1', file: 'server.rb' },
  ],
  'limit-met': [
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'memory', amount: '256M', hasEnded: true },
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'memory', hasEnded: true },
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'processes', amount: '100', hasEnded: false },
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'open-files', amount: '64', hasEnded: true },
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'file-size', amount: '10M', hasEnded: true },
    { kind: 'limit-met', role: 'server', machine: 'vm1', limit: 'disk', amount: '1G', hasEnded: false },
  ],
  'not-utf8': [{ kind: 'not-utf8', role: 'server', byte: 'E9' }],
  'asks-first': [{ kind: 'asks-first', role: 'server' }],
  'endless-output': [{ kind: 'endless-output' }],
  'look-at-packets': [{ kind: 'look-at-packets' }],
  longer: [{ kind: 'longer', role: 'server', limitMs: 30_000 }],
  'time-wait': [
    {
      kind: 'time-wait',
      role: 'server',
      machine: 'vm1',
      port: 7999,
      isBarredToAll: true,
      remainingMs: 41_000,
      canBeFresh: true,
    },
    { kind: 'time-wait', role: 'server', machine: 'vm1', port: 7999, isBarredToAll: false, canBeFresh: false },
  ],
  other: [{ kind: 'other', text: 'Wait.' }],
};

const serverLook: ProgramLook = {
  waits: ['accept', 'keyboard'],
  entry: 'line',
  typedUnread: 0,
  sockets: [
    {
      protocol: 'tcp',
      state: 'established',
      local: { address: '192.168.100.4', port: 7999 },
      peer: { address: '192.168.100.5', port: 40_000 },
      unread: 8,
      unsent: 0,
      isWaitedFor: false,
    },
  ],
};

const all = <T>(byKind: Readonly<Record<string, readonly T[]>>): T[] => Object.values(byKind).flat();

test('each kind of problem has words in English and French', () => {
  const paragraphs = [english, french].flatMap((words) => [
    all<Expectation>(expectations).map((expected) => words.expected(expected)),
    all<Expectation>(expectations).map((expected) =>
      words.seen({ expected, seen: { kind: 'nothing-in-time' }, limitMs: 2500 }),
    ),
    all<Finding>(findings).map((seen) => words.seen({ expected: expectations.text[0]!, seen })),
    all<Advice>(advices).map((advice) => words.hint(advice)),
  ]);
  const text = paragraphs.map((lines) => `${lines.join('\n')}\n`).join('\n');
  assertGolden(join(import.meta.dirname, 'golden/failure-words.txt'), text);
});

test('each wish about packets, and each finding, has words in English and French', () => {
  const words = [packetsEnglish, packetsFrench].flatMap((packets) => [
    all<PacketWish>(wishes).map((wanted) => packets.wishes([wanted])),
    all<PacketFinding>(packetFindings).map((found) => packets.found([{ wanted: wishes.handshake[0]!, found }], '')),
  ]);
  const text = words.map((lines) => `${lines.join('\n')}\n`).join('\n');
  assertGolden(join(import.meta.dirname, 'golden/packet-words.txt'), text);
});

test('every problem is the same when it is read from a stored run', () => {
  const problems: StepProblem[] = [
    ...all<Expectation>(expectations).map((expected) => ({ expected, seen: { kind: 'nothing-in-time' } as const })),
    ...all<Finding>(findings).map((seen) => ({
      expected: expectations.end[1]!,
      seen,
      nearest: 'almost',
      role: 'server',
      limitMs: 250,
    })),
    ...all<PacketFinding>(packetFindings).map((found) => {
      const problems = all<PacketWish>(wishes).map((wanted) => ({ wanted, found }));
      return { expected: expectations.packets[0]!, seen: { kind: 'packets', problems } as const };
    }),
    ...all<Advice>(advices).map((hint) => ({
      expected: expectations.other[0]!,
      seen: findings.other[0]!,
      hint,
      evidence: {
        programs: [
          { role: 'server', machine: 'vm1', look: serverLook },
          { role: 'client', machine: 'vm2', end: { exitCode: 1 } },
          { role: 'printer', machine: 'vm2', endless: { bytes: 1, ms: 2, lines: 3 } },
        ],
        cause: { role: 'client', machine: 'vm2', end: { signal: 'SEGV' }, line: 'oops' },
        names: { '192.168.100.5': 'vm2' },
      },
    })),
  ];
  for (const problem of problems) {
    const event = {
      at: { monotonicMs: 1, wallMs: 2 },
      kind: 'scenario-step-failed',
      index: 0,
      line: 1,
      text: 'x',
      durationMs: 1,
      reason: 'y',
      problem,
    } as const;
    const stored = JSON.parse(JSON.stringify(event)) as unknown;
    assert.deepEqual(readEventLine(eventLine(event)), stored);
  }
  const unknown = JSON.stringify({
    at: { monotonicMs: 1, wallMs: 2 },
    kind: 'scenario-step-failed',
    index: 0,
    line: 1,
  });
  assert.throws(
    () =>
      readEventLine(
        `${unknown.slice(0, -1)},"text":"x","durationMs":1,"reason":"y","problem":{"expected":{"kind":"wish"}}}`,
      ),
    /problem\.expected\.kind is "wish", not one that this lab knows/,
  );
});
