import type { Event, EventBody } from '../../src/core/events.ts';

/** 23 November 2026, 14:30:15.042 UTC. */
const STARTED_MS = Date.UTC(2026, 10, 23, 14, 30, 15, 42);

/** Stamps events with times that are `gapMs` apart. */
export function stamped(bodies: readonly EventBody[], gapMs = 17.25): Event[] {
  return bodies.map((body, i) => ({
    at: { monotonicMs: 1000 + i * gapMs, wallMs: STARTED_MS + Math.floor(i * gapMs) },
    ...body,
  }));
}

export const tp1Roles = [
  { role: 'server', machine: 'vm1', user: 'ildvm1', address: '192.168.100.4' },
  { role: 'client', machine: 'vm2', user: 'ildvm2', address: '192.168.100.5' },
];

const netstat = 'Active Internet connections (servers and established)\n';

function step(index: number, line: number, text: string, inner: readonly EventBody[]): EventBody[] {
  return [
    { kind: 'scenario-step-started', index, line, text },
    ...inner,
    { kind: 'scenario-step-passed', index, line, text, durationMs: 12.5 + index },
  ];
}

function opened(role: string, machine: string, command: readonly string[]): EventBody {
  return { kind: 'terminal-opened', role, machine, columns: 80, rows: 24, command };
}

function printed(role: string, data: string): EventBody {
  return { kind: 'terminal-output', role, data };
}

function typed(role: string, data: string): EventBody {
  return { kind: 'terminal-input', role, data, by: 'scenario' };
}

/** What happens in the reference session of the practical: both terminals, cut as a network may cut them. */
export const tp1Bodies: readonly EventBody[] = [
  { kind: 'run-started', run: '20261123-143015-tp1', scenario: 'tp1', lab: 'tp1', roles: tp1Roles },
  ...step(0, 20, 'start: server', [
    { kind: 'port-checked', machine: 'vm1', port: 7999, state: 'free', holders: [], raw: netstat },
    opened('server', 'vm1', ['node', 'server.js', '--port', '7999']),
    printed('server', 'TP1 Server\r\nListen'),
    printed('server', 'ing ...\r\n'),
  ]),
  ...step(1, 21, 'start: client', [
    opened('client', 'vm2', ['node', 'client.js', 'vm1', '7999']),
    printed('client', 'TP1 CLI\r\nclient@vm2:7999$ '),
    printed('server', "Connected by : ('192.168.100.5', 36222)\r\n"),
  ]),
  ...step(2, 22, 'send: { client: "Hello vm1" }', [typed('client', 'Hello vm1\r'), printed('client', 'Hello vm1\r\n')]),
  ...step(3, 23, `expect: { server: "from client 'Hello vm1'" }`, [
    printed('server', "from client 'Hello vm1'\r\nserver@vm1:7999$ "),
  ]),
  ...step(4, 24, `send: { server: "Hello ! ,What's up VM2" }`, [
    typed('server', "Hello ! ,What's up VM2\r"),
    printed('server', "Hello ! ,What's up VM2\r\n"),
    printed('client', "from server Hello ! ,What's up VM2\r\nclient@vm2:7999$ "),
  ]),
  ...step(5, 25, 'send: { client: "exit" }', [
    typed('client', 'exit\r'),
    printed('client', 'exit\r\nfrom server Hello vm1\r\n'),
  ]),
  ...step(6, 26, 'exit: { client: 0, server: 0 }', [
    { kind: 'program-exited', role: 'client', machine: 'vm2', exitCode: 0, signal: undefined },
    { kind: 'program-exited', role: 'server', machine: 'vm1', exitCode: 0, signal: undefined },
  ]),
  { kind: 'run-finished', run: '20261123-143015-tp1', result: 'passed', durationMs: 612.25 },
];

/** A run that goes wrong in every way that a report must tell. */
export const brokenBodies: readonly EventBody[] = [
  { kind: 'run-started', run: '20261123-143015-bad', scenario: 'bad', lab: 'tp1', roles: tp1Roles },
  { kind: 'scenario-step-started', index: 0, line: 30, text: 'start: server' },
  {
    kind: 'port-checked',
    machine: 'vm1',
    port: 7999,
    state: 'busy',
    holders: [
      {
        address: '0.0.0.0',
        port: 7999,
        pid: 4242,
        command: 'python3 \x1b[31mserver.py',
        user: 'ildvm1',
        startedAtMs: STARTED_MS - 60_000,
      },
    ],
    raw: netstat,
  },
  {
    kind: 'port-freed',
    machine: 'vm1',
    port: 7999,
    holders: [
      { address: '0.0.0.0', port: 7999, pid: 4242, command: undefined, user: undefined, startedAtMs: undefined },
    ],
    signal: 'TERM',
  },
  { kind: 'port-checked', machine: 'vm1', port: 7999, state: 'time-wait', holders: [], raw: netstat },
  opened('server', 'vm1', ['python3', 'my server.py']),
  printed(
    'server',
    '\x1b]0;pwned\x07\x1b[1mTP1\x1b[0m Server \u202eevil\r\n\x1b]52;c;ZXZpbA==\x07\x1b[6n\x9b31m\x1bP$q"p\x1b\\',
  ),
  { kind: 'scenario-step-passed', index: 0, line: 30, text: 'start: server', durationMs: 1204 },
  {
    kind: 'scenario-step-skipped',
    index: 1,
    line: 31,
    text: 'send: { client: "hi" }',
    reason: 'you hold the keyboard of client',
  },
  { kind: 'scenario-step-started', index: 2, line: 32, text: 'run: { vm1: [ls, -l] }' },
  { kind: 'command-finished', machine: 'vm1', command: 'ls -l', exitCode: 0, output: 'total 0\n-rw-r--r-- 1 a\n' },
  { kind: 'scenario-step-passed', index: 2, line: 32, text: 'run: { vm1: [ls, -l] }', durationMs: 40 },
  { kind: 'notice', level: 'warning', message: 'the disk is nearly full', hint: 'Free some space.' },
  { kind: 'scenario-step-started', index: 3, line: 33, text: 'expect: { server: "Connected" }' },
  printed('server', 'server@vm1:7999$ half a li'),
  { kind: 'terminal-resized', role: 'server', columns: 100, rows: 30 },
  {
    kind: 'scenario-step-failed',
    index: 3,
    line: 33,
    text: 'expect: { server: "Connected" }',
    durationMs: 10_002,
    reason: 'server did not print "Connected" within 10 s\nlast line: \x1b[31mhalf a li',
  },
  { kind: 'program-exited', role: 'server', machine: 'vm1', exitCode: undefined, signal: 'KILL' },
  { kind: 'run-finished', run: '20261123-143015-bad', result: 'failed', durationMs: 11_250, reason: 'step 4 failed' },
];
