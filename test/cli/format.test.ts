import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { describeFailure } from '../../src/cli/show/show-failure.ts';
import { formatCheckPort } from '../../src/cli/commands/machines/check-port.ts';
import { formatDoctor } from '../../src/cli/commands/lab/doctor.ts';
import { formatPrune } from '../../src/cli/commands/runs/runs.ts';
import { formatRun } from '../../src/cli/commands/runs/run.ts';
import { formatSshConfig } from '../../src/cli/commands/machines/ssh-config.ts';
import { formatStatus } from '../../src/cli/commands/lab/status.ts';
import { formatPlan, formatUp } from '../../src/cli/commands/lab/up.ts';
import { renderDocument } from '../../src/cli/outcome.ts';
import { formatRuns } from '../../src/cli/show/runs-table.ts';
import { plain } from '../../src/cli/show/style.ts';
import { CheckError, InterruptedError } from '../../src/core/errors.ts';
import type { SocketHolder, PortReport } from '../../src/ports/port-report.ts';
import { assertGolden } from '../helpers/golden.ts';

const holder: SocketHolder = {
  address: '0.0.0.0',
  port: 7999,
  pid: 12_345,
  command: 'python3 server.py',
  user: 'ildvm1',
  startedAtMs: undefined,
  identity: 'x',
  inode: '1',
  parent: undefined,
  unit: undefined,
  carriesUs: false,
};
const free: PortReport = {
  machine: 'vm2',
  port: 7999,
  protocol: 'tcp',
  state: 'free',
  bind: { account: 'ildvm2', ipv4: { plain: 'ok', reuse: 'ok' }, ipv6: undefined, dual: undefined },
  holders: [],
  bound: [],
  timeWait: [],
  connections: [],
  source: 'ss',
  raw: '',
  blindSpot: undefined,
  needsSudoPassword: false,
  sshPort: 22,
};
const busy: PortReport = {
  ...free,
  bind: undefined,
  machine: 'vm1',
  state: 'busy',
  holders: [holder, { ...holder, address: '::', command: 'evil\x1b[2J', pid: undefined, user: undefined }],
};
const waiting: PortReport = {
  ...free,
  bind: undefined,
  state: 'time-wait',
  timeWait: [{ local: '192.168.100.5:7999', peer: '192.168.100.4:40000', remainingMs: undefined }],
};

/** Each case of one format, under its title, as one text that a person can read. */
function page(cases: Readonly<Record<string, string>>): string {
  return Object.entries(cases)
    .map(([title, text]) => `--- ${title}\n${text}`)
    .join('\n');
}

function check(name: string, cases: Readonly<Record<string, string>>): void {
  assertGolden(join(import.meta.dirname, 'golden', `${name}.txt`), page(cases));
}

function shown(report: PortReport): string {
  return formatCheckPort({ port: report.port, machines: [report], udp: [], ended: [], busy: true }, plain);
}

describe('words for a person', () => {
  test('check-port says who holds the port, how to free it, and what TIME_WAIT is', () => {
    const hidden = {
      ...busy,
      holders: [{ ...holder, pid: undefined, command: undefined, user: 'root' }],
      blindSpot:
        'ildvm1 may not see the process that holds port 7999 on vm1, and sudo wants a password. Look there by hand: sudo lsof -i :7999',
    };
    const refused = { plain: 'EADDRINUSE', reuse: 'EADDRINUSE' };
    check('format-check-port', {
      'held on one of two machines': formatCheckPort(
        {
          port: 7999,
          machines: [busy, free],
          udp: [
            { ...free, machine: 'vm1', protocol: 'udp' },
            { ...busy, machine: 'vm2', protocol: 'udp', holders: [holder] },
          ],
          ended: [],
          busy: true,
        },
        plain,
      ),
      'ended by --kill': formatCheckPort(
        {
          port: 7999,
          machines: [{ ...free, machine: 'vm1' }],
          udp: [],
          ended: [{ machine: 'vm1', protocol: 'tcp', holder, signal: 'TERM' }],
          busy: false,
        },
        plain,
      ),
      TIME_WAIT: formatCheckPort({ port: 7999, machines: [waiting], udp: [], ended: [], busy: false }, plain),
      'TIME_WAIT of a server without SO_REUSEADDR': shown({
        ...waiting,
        state: 'busy',
        timeWait: [{ ...waiting.timeWait[0]!, remainingMs: 56_100 }],
        bind: { account: 'ildvm2', ipv4: refused, ipv6: undefined, dual: undefined },
      }),
      'bound and not listening': shown({
        ...free,
        state: 'busy',
        bound: [holder],
        bind: { account: 'ildvm2', ipv4: { plain: 'EADDRINUSE', reuse: 'ok' }, ipv6: undefined, dual: undefined },
      }),
      'used by a client': shown({
        ...free,
        state: 'busy',
        connections: [{ local: '192.168.100.5:7999', peer: '192.168.100.4:80', state: 'ESTABLISHED', process: holder }],
        bind: { account: 'ildvm2', ipv4: refused, ipv6: undefined, dual: undefined },
      }),
      'on one address, on IPv6 only':
        shown({ ...busy, holders: [{ ...holder, address: '127.0.0.1' }] }) +
        shown({
          ...busy,
          holders: [{ ...holder, address: '::' }],
          bind: { account: 'ildvm2', ipv4: { plain: 'ok', reuse: 'ok' }, ipv6: refused, dual: refused },
        }),
      'held by the SSH server': shown({
        ...busy,
        port: 22,
        holders: [{ ...holder, port: 22, pid: 1, command: '/sbin/init' }],
      }),
      'not allowed': shown({
        ...free,
        port: 80,
        state: 'forbidden',
        bind: { account: 'ildvm2', ipv4: { plain: 'EACCES', reuse: 'EACCES' }, ipv6: undefined, dual: undefined },
      }),
      'nothing to try it with': shown({ ...free, bind: undefined }),
      'nothing shows': shown({
        ...free,
        state: 'busy',
        bind: { account: 'ildvm2', ipv4: refused, ipv6: undefined, dual: undefined },
      }),
      'held by a process that cannot be seen': formatCheckPort(
        { port: 7999, machines: [hidden], udp: [], ended: [], busy: true },
        plain,
      ),
    });
  });

  test('status shows machines and programs as tables', () => {
    const machine = {
      name: 'vm1',
      running: true,
      problem: undefined,
      user: 'ildvm1',
      image: 'ubuntu-24.04',
      interfaces: [
        { name: 'eth0', address: '192.168.100.4', network: 'natnet' },
        { name: 'eth1', address: '10.0.0.4', network: 'back' },
      ],
    };
    const programs = [
      {
        name: 'server',
        on: 'vm1',
        listens: [7999, '8000/udp' as const],
        ports: [
          { protocol: 'tcp' as const, port: 7999, state: 'busy' as const, holders: [holder] },
          { protocol: 'udp' as const, port: 8000, state: 'free' as const, holders: [] },
        ],
      },
      { name: 'client', on: 'vm2-behind', listens: [], ports: [] },
      { name: 'gone', on: 'vm2-behind', listens: [9000], ports: [] },
    ];
    const gone = { ...machine, name: 'vm2-behind', running: false, interfaces: [] };
    const host = { ...machine, image: 'host', system: 'Debian GNU/Linux 12 (bookworm)' };
    const there = { ...machine, name: 'vm2', image: undefined, system: 'Ubuntu 24.04.1 LTS' };
    check('format-status', {
      'not up': formatStatus(
        {
          up: false,
          lab: undefined,
          provider: undefined,
          machines: [],
          programs: [],
          services: [],
          published: [],
          remarks: [],
        },
        plain,
      ),
      up: formatStatus(
        {
          up: true,
          lab: 'tp1',
          provider: 'netns',
          machines: [machine],
          programs: [],
          services: [],
          published: [],
          remarks: [],
        },
        plain,
      ),
      'systems of the host and of machines that were there': formatStatus(
        {
          up: true,
          lab: 'tp1',
          provider: 'netns',
          machines: [host, there, { ...there, system: undefined }],
          programs: [],
          services: [],
          published: [],
          remarks: [],
        },
        plain,
      ),
      'one machine does not answer': formatStatus(
        {
          up: true,
          lab: 'tp1',
          provider: 'netns',
          machines: [{ ...machine, problem: 'vm1: 192.168.100.4:22 refused the connection' }],
          programs: [],
          services: [],
          published: [],
          remarks: [],
        },
        plain,
      ),
      'one machine is down': formatStatus(
        {
          up: true,
          lab: 'tp1',
          provider: 'netns',
          machines: [machine, gone],
          programs,
          services: [],
          published: [],
          remarks: ['everybody is root there; for all: sudo true'],
        },
        plain,
      ),
    });
  });

  test('up says what comes next, and warns of busy ports', () => {
    const machines = [
      { name: 'vm1', user: 'ildvm1', addresses: ['192.168.100.4'] },
      { name: 'vm2', user: 'ildvm2', addresses: ['192.168.100.5', '10.0.0.5'] },
    ];
    const result = {
      lab: 'tp1',
      provider: 'netns',
      made: true,
      newlyUp: [],
      machines,
      programs: [],
      ports: [free],
      services: [],
      published: [],
      scenarios: ['tp1'],
    };
    const missing = [
      {
        id: 'sshd',
        description: 'OpenSSH server',
        status: 'missing' as const,
        found: 'no sshd',
        howToGet: ['sudo apt-get install openssh-server'],
      },
    ];
    check('format-up', {
      'from nothing': formatUp(result, plain),
      'again, with a busy port and two scenarios': formatUp(
        { ...result, made: false, ports: [busy], scenarios: ['a', 'b'] },
        plain,
      ),
      'again, after one of the machines had ended': formatUp({ ...result, made: false, newlyUp: ['vm2'] }, plain),
      'a dry run': formatPlan(
        {
          dryRun: true,
          lab: 'tp1',
          provider: 'netns',
          actions: ['make machine vm1'],
          changes: ['vm1: memory none → 64 MiB'],
          missing,
        },
        plain,
      ),
    });
  });

  test('run gives a verdict and where it is stored', () => {
    const played = {
      run: '20261123-143015-tp1',
      folder: '/home/me/tp1/.lab/runs/20261123-143015-tp1',
      result: 'passed' as const,
      durationMs: 319.4,
    };
    const failedStep = {
      index: 1,
      line: 12,
      text: 'expect: { server: "x" }',
      expected: 'server to show "x"',
      reason: 'it did not within 10 s',
      hint: 'Look at its terminal.',
      problem: {
        expected: { kind: 'other' as const, text: 'server to show "x"' },
        seen: { kind: 'other' as const, text: 'it did not within 10 s' },
        hint: { kind: 'other' as const, text: 'Look at its terminal.' },
      },
    };
    const play = {
      result: 'failed' as const,
      passed: false,
      durationMs: 10_000,
      steps: { all: 9, passed: 1, notReached: 7 },
      failedStep,
      error: undefined,
      tails: [{ role: 'server', machine: 'vm1', lines: ['TP1 Server', 'Listening ...'] }],
      ends: [],
    };
    const failed = { ...played, run: '20261123-143016-tp1', result: 'failed' as const, durationMs: 10_000, play };
    const options = { style: plain, cwd: '/home/me/tp1', file: 'lab.yaml', source: undefined };
    const one = { scenario: 'tp1', times: 1, passed: 1, failed: 0, passRate: 1, firstFailure: undefined };
    check('format-run', {
      passed: formatRun({ ...one, result: 'passed', runs: [played] }, options),
      failed: formatRun(
        { ...one, result: 'failed', passed: 0, failed: 1, passRate: 0, runs: [failed], firstFailure: failed },
        options,
      ),
      repeated: formatRun(
        {
          ...one,
          result: 'failed',
          times: 5,
          passed: 2,
          failed: 1,
          passRate: 2 / 3,
          runs: [played, failed, played],
          firstFailure: failed,
        },
        options,
      ),
      'stored runs': formatRuns({
        runs: [
          {
            run: '20261123-143016-tp1',
            folder: '',
            latest: true,
            signed: true,
            startedAt: '2026-11-23T14:30:16.000',
            scenario: 'tp1',
            result: 'broken',
            durationMs: 10_000,
            sizeBytes: 123_456,
          },
          {
            run: '20261123-140000-tp1',
            folder: '',
            latest: false,
            signed: false,
            startedAt: undefined,
            scenario: undefined,
            result: undefined,
            durationMs: undefined,
            sizeBytes: undefined,
            problem: 'run.json is damaged: it is empty',
          },
        ],
        stored: 3,
      }),
      'no runs': formatRuns({ runs: [], stored: 0 }),
      'many runs removed': formatPrune({
        removed: Array.from({ length: 32 }, (_, index) => ({ run: `20261123-1430${index + 10}-tp1`, sizeBytes: 1000 })),
        kept: 20,
        freedBytes: 32_000,
        failed: [],
        dryRun: false,
      }),
    });
  });

  test('doctor shows what each provider lacks and how to get it', () => {
    const requirements = [
      { id: 'perl', description: 'Perl', status: 'present' as const, found: '/usr/bin/perl', howToGet: [] },
      {
        id: 'sshd',
        description: 'OpenSSH server',
        status: 'missing' as const,
        found: 'no sshd',
        howToGet: ['sudo apt-get install openssh-server', 'or: lab doctor --fix'],
      },
      {
        id: 'nat',
        description: 'a way out',
        status: 'optional-missing' as const,
        found: 'no slirp4netns',
        howToGet: ['sudo apt-get install slirp4netns'],
      },
    ];
    check('format-doctor', {
      'not ready': formatDoctor(
        {
          inUse: 'netns',
          fetched: [],
          providers: [
            { provider: 'netns', usable: false, requirements },
            { provider: 'ssh', usable: true, requirements: [] },
          ],
        },
        plain,
      ),
      'after --fix': formatDoctor(
        {
          inUse: 'netns',
          fetched: ['openssh-server', 'sudo'],
          providers: [{ provider: 'netns', usable: true, requirements: requirements.slice(0, 1) }],
        },
        plain,
      ),
    });
  });

  test('ssh-config quotes paths, and leaves commands as they are', () => {
    const text = formatSshConfig({
      hosts: [
        {
          host: 'vm1',
          options: { User: 'me', IdentityFile: '/home/a b/100%/key', ProxyCommand: "lab proxy '/home/a b/x'" },
        },
      ],
    });
    assert.equal(
      text,
      'Host vm1\n  User me\n  IdentityFile "/home/a b/100%%/key"\n  ProxyCommand lab proxy \'/home/a b/x\'\n',
    );
  });
});

describe('an error', () => {
  const quiet = { style: plain, verbose: false };

  test('says what, what was seen, and the next step', () => {
    const { text, exitCode, document } = describeFailure(
      new CheckError('port 7999 is busy', {
        code: 'port-busy',
        detail: 'raw output',
        hint: 'Free it.',
        data: { port: 7999 },
      }),
      quiet,
    );
    assert.equal(text, 'error: port 7999 is busy\nraw output\nhint: Free it.\n');
    assert.equal(exitCode, 1);
    assert.deepEqual(document, {
      error: {
        code: 'port-busy',
        message: 'port 7999 is busy',
        hint: 'Free it.',
        detail: 'raw output',
        exitCode: 1,
        port: 7999,
      },
    });
  });

  test('that quotes a machine cannot drive the terminal', () => {
    assert.doesNotMatch(
      describeFailure(new CheckError('a\x1b[2Jb', { code: 'c', detail: '\x9b2J', hint: '\x07' }), quiet).text,
      /[\x07\x1b\x9b]/,
    );
  });

  test('that we did not foresee is reported as a bug of lab itself', () => {
    const { text, exitCode } = describeFailure(new TypeError('x is not a function'), quiet);
    assert.equal(exitCode, 70);
    assert.match(text, /^error: this is a fault of lab itself: x is not a function\nhint: Please report it/);
  });

  test('shows with -v where it and its causes came from', () => {
    const { text } = describeFailure(new Error('outer', { cause: new Error('inner') }), {
      style: plain,
      verbose: true,
    });
    assert.match(text, /Error: outer\n {4}at [^]*caused by Error: inner\n {4}at /);
  });

  test('of a user who wants to stop needs no words', () => {
    assert.deepEqual(
      [
        describeFailure(new InterruptedError('SIGINT'), quiet).text,
        describeFailure(new InterruptedError('SIGTERM'), quiet).exitCode,
      ],
      ['', 143],
    );
  });

  test('within a document is reported, not lost', () => {
    const text = renderDocument({ error: new CheckError('no', { code: 'c', hint: 'h' }), list: [] });
    assert.deepEqual(JSON.parse(text), { schemaVersion: 1, error: { code: 'c', message: 'no', hint: 'h' }, list: [] });
  });
});
