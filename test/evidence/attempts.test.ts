import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { up } from '../../src/commands/lab/up.ts';
import { run, type RunResult } from '../../src/commands/runs/run.ts';
import type { ConnectionAttempt, WatchedAttempts } from '../../src/core/connection-attempt.ts';
import type { EventOf } from '../../src/core/event-listeners.ts';
import { english } from '../../src/report/language/failure-en.ts';
import { formatTcpLog } from '../../src/cli/show/tcp-log-text.ts';
import { report } from '../../src/commands/runs/report.ts';
import { tcpLog } from '../../src/commands/runs/tcp-log.ts';
import { readEvents } from '../../src/state/runs/read-run.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

const labText = `version: 1
name: attempts
networks:
  n: { subnet: 10.9.0.0/24, nat: false }
machines:
  a: { user: u1, address: 10.9.0.10 }
  b: { user: u2, address: 10.9.0.11, sudo: false }
programs:
  server: { on: a, files: [{ path: ${fixtures}/serve-once.py, outside: true }], command: [python3, serve-once.py, 0.0.0.0, 7999], listens: 7999 }
  shy: { on: a, files: [{ path: ${fixtures}/serve-once.py, outside: true }], command: [python3, serve-once.py, 127.0.0.1, 7993], listens: 7993 }
  probe:
    on: b
    files: [{ path: ${fixtures}/try-all.py, outside: true }]
    command: [python3, try-all.py, 10.9.0.11, 10.9.0.10, 10.9.0.77]
  flush:
    on: a
    files: [{ path: ${fixtures}/flush-nftables.pl, outside: true }]
    command: [sudo, perl, flush-nftables.pl]
  stayer: { on: a, files: [{ path: ${fixtures}/stay.py, outside: true }], command: [python3, stay.py, 7992], listens: 7992 }
  guest: { on: b, files: [{ path: ${fixtures}/stay.py, outside: true }], command: [python3, stay.py, 7992, a] }
scenarios:
  stay:
    - start: [stayer, guest]
    - expect: { stayer: connected, guest: connected }
  alone:
    - start: stayer
  all:
    - start: [server, probe]
    - exit: { probe: 0, server: 0 }
      timeout: 60s
  none:
    - run: { on: b, command: ["true"] }
  shy:
    - start: shy
    - run: { on: b, command: [bash, -c, "echo hello > /dev/tcp/a/7993"] }
  itself:
    - start: server
    - run: { on: b, command: [bash, -c, "echo hello > /dev/tcp/localhost/7999"] }
  port:
    - start: server
    - run: { on: b, command: [bash, -c, "exec 2>/dev/null; for port in 7990 7990; do echo > /dev/tcp/a/$port; done"] }
  flushed:
    - start: flush
    - exit: { flush: 0 }
    - run: { on: a, command: [bash, -c, "exec 2>/dev/null; echo > /dev/tcp/b/7994; true"] }
`;

type Counted = EventOf<'attempts-counted'>;

async function countedIn({ runs }: RunResult): Promise<Counted[]> {
  const { folder } = runs[0]!;
  const counted: Counted[] = [];
  for await (const event of readEvents({ path: folder })) if (event.kind === 'attempts-counted') counted.push(event);
  return counted;
}

/** `tcp 10.9.0.10 7998 refused 1`; how often a SYN was repeated is chance. */
function wordOf({ protocol, to, ...counts }: ConnectionAttempt): string {
  const answers = (['refused', 'unreachable', 'answered'] as const).filter((kind) => counts[kind] > 0);
  return [protocol, to.address, to.port, ...answers.flatMap((kind) => [kind, counts[kind]])].join(' ');
}

/** Of one machine. */
function wordsOf({ attempts }: WatchedAttempts, machine: string): string[] {
  return attempts
    .filter((attempt) => attempt.machine === machine)
    .map(wordOf)
    .toSorted();
}

/** One lab that all these tests share. */
describe('what machines try to reach in a run', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': labText });
  const play = (scenario: string): Promise<RunResult> =>
    run(testContext(folder.path).context, { scenario, times: 1, capture: true });

  const reportOf = async ({ runs }: RunResult, language: 'en' | 'fr'): Promise<string> => {
    const { file } = await report(testContext(folder.path).context, {
      run: runs[0]!.run,
      language,
      format: 'md',
      output: undefined,
    });
    return readFileSync(file!, 'utf8');
  };

  before(async () => {
    await up(testContext(folder.path).context, { recreate: false });
  });
  after(async () => {
    try {
      await down(testContext(folder.path).context, { purge: true });
    } finally {
      await folder[Symbol.asyncDispose]();
    }
  });

  test('is counted with what came of it: itself, other ports, absent and foreign addresses, IPv6, UDP', async () => {
    const result = await play('all');
    assert.equal(result.result, 'passed', result.firstFailure?.play.failedStep?.reason);
    const [counted] = await countedIn(result);
    assert.deepEqual(counted?.seen.machines.toSorted(), ['a', 'b']);
    assert.deepEqual(wordsOf(counted.seen, 'b'), [
      'tcp 10.9.0.10 7998 refused 1',
      'tcp 10.9.0.10 7999 answered 1',
      'tcp 10.9.0.11 7999 refused 1',
      'tcp 10.9.0.77 7999 unreachable 1',
      'tcp 127.0.0.1 7999 refused 3',
      'tcp 203.0.113.9 80',
      'tcp ::1 7999 refused 1',
      'udp 10.9.0.10 7997 refused 1',
      'udp 10.9.0.77 7995 unreachable 1',
      'udp ::1 7996 refused 1',
    ]);
    assert.deepEqual(wordsOf(counted.seen, 'a'), []);
  });

  test('is counted from 0 in each run', async () => {
    const result = await play('none');
    assert.equal(result.result, 'passed');
    const seen = (await countedIn(result)).map((counted) => counted.seen);
    assert.deepEqual(seen, [{ machines: ['b'], attempts: [] }]);
  });

  test('cannot be hidden by root of the machine', async () => {
    const result = await play('flushed');
    assert.equal(result.result, 'passed', result.firstFailure?.play.failedStep?.reason);
    const [counted] = await countedIn(result);
    assert.deepEqual(wordsOf(counted!.seen, 'a'), ['tcp 10.9.0.11 7994 refused 1']);
  });

  test('tells connections that lab closed by its end of the programs from those that programs closed', async () => {
    const stayed = await play('stay');
    assert.equal(stayed.result, 'passed', stayed.firstFailure?.play.failedStep?.reason);
    const log = await tcpLog(testContext(folder.path).context, stayed.runs[0]!.run);
    const byLab = log.conversations[0]!.close.byLab ?? [];
    assert.ok(byLab.length > 0 && byLab.every((role) => role === 'stayer' || role === 'guest'), byLab.join());
    assert.match(
      formatTcpLog(log),
      /── close, when lab ended (stayer|guest)[^]*\nClose: .* when lab ended (stayer|guest)/,
    );
    const [inEnglish, inFrench] = [await reportOf(stayed, 'en'), await reportOf(stayed, 'fr')];
    assert.match(inEnglish, /closed when lab ended/);
    assert.match(inEnglish, /No program closed this connection: `lab` ended `(stayer|guest)`/);
    assert.doesNotMatch(inEnglish, /closes first|resets it/);
    assert.match(inFrench, /fermée quand lab a arrêté/);
    assert.match(inFrench, /Aucun programme n’a fermé cette connexion/);
  });

  test('is in the report and in "lab logs --tcp", and nothing is concluded from an empty capture', async () => {
    const result = await play('itself');
    const log = formatTcpLog(await tcpLog(testContext(folder.path).context, result.runs[0]!.run));
    assert.match(
      log,
      /has no TCP connection in its capture\.\nOn the network: b tried .* \(itself\) and was refused; server/,
    );
    assert.match(await reportOf(result, 'en'), /holds no TCP segment\.[^]*b tried .* \(itself\) and was refused/);
    assert.match(await reportOf(result, 'fr'), /aucun segment TCP\.[^]*b a essayé .* \(elle-même\) et a été refusée/);
  });

  test('is said to be nothing when it was nothing', async () => {
    const result = await play('alone');
    assert.equal(result.result, 'passed');
    const log = formatTcpLog(await tcpLog(testContext(folder.path).context, result.runs[0]!.run));
    assert.match(log, /capture: no machine tried to connect while it was played/);
    assert.match(await reportOf(result, 'en'), /No machine of the run tried to connect/);
  });

  const failures = [
    {
      scenario: 'shy',
      title: 'a server that listens on a loopback address only',
      line: /^b tried a:7993 and was refused; shy listens on 127\.0\.0\.1 only, so no other machine reaches a:7993$/,
      listening: [{ program: 'shy', machine: 'a', port: 7993, addresses: ['127.0.0.1'] }],
    },
    {
      scenario: 'itself',
      title: 'a client that tries its own machine',
      line: /^b tried (127\.0\.0\.1:7999|\[::1\]:7999) \(itself\) and was refused; server listens on a:7999/,
      listening: [{ program: 'server', machine: 'a', port: 7999, addresses: ['0.0.0.0'] }],
    },
    {
      scenario: 'port',
      title: 'a client that tries another port',
      line: /^b tried a:7990 and was refused \(2 times\); server listens on a:7999$/,
      listening: [{ program: 'server', machine: 'a', port: 7999, addresses: ['0.0.0.0'] }],
    },
  ];
  for (const { scenario, title, line, listening } of failures)
    test(`is said when a step fails: ${title}`, async () => {
      const result = await play(scenario);
      assert.equal(result.result, 'failed');
      const lines = english.lines(result.firstFailure!.play.failedStep!.problem!);
      assert.match(lines.find(({ kind }) => kind === 'network')!.text, line);
      assert.deepEqual((await countedIn(result))[0]?.listening, listening);
    });
});
