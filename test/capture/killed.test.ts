import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatTcpLog } from '../../src/cli/show/tcp-log-text.ts';
import { capture } from '../../src/commands/machines/capture.ts';
import { down } from '../../src/commands/lab/down.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { report } from '../../src/commands/runs/report.ts';
import { run, type RunResult } from '../../src/commands/runs/run.ts';
import { tcpLog } from '../../src/commands/runs/tcp-log.ts';
import { up } from '../../src/commands/lab/up.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import type { RunDocument } from '../../src/report/run/run-summary.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

const labText = `version: 1
name: enemies
networks: { n: { subnet: 10.9.0.0/24, nat: false } }
machines:
  a: { user: u1, address: 10.9.0.10 }
  b: { user: u2, address: 10.9.0.11 }
programs:
  server: { on: a, files: [{ path: ${fixtures}/enemy.py, outside: true }], command: [python3, enemy.py, 7999], listens: 7999 }
  killer: { on: a, files: [{ path: ${fixtures}/enemy.py, outside: true }], command: [python3, enemy.py, 7998, all], listens: 7998 }
  client: { on: b, files: [{ path: ${fixtures}/talk.py, outside: true }], command: [python3, talk.py, a, 7999], prompt: "> " }
  victim: { on: b, files: [{ path: ${fixtures}/talk.py, outside: true }], command: [python3, talk.py, a, 7998], prompt: "> " }
  neighbour: { on: a, files: [{ path: ${fixtures}/talk.py, outside: true }], command: [python3, talk.py, 127.0.0.1, 7999], prompt: "> " }
scenarios:
  checked:
    - start: [server, client]
    - send: { client: Hello }
    - expect: { client: answer Hello }
    - send: { client: bye }
    - exit: { client: 0, server: 0 }
    - tcp: { handshake: true, close: { by: client, kind: fin }, reset: none, connections: 1 }
  massacre:
    - start: [killer, victim]
    - send: { victim: bye }
    - exit: { victim: 0 }
  plain:
    - start: [server, client]
    - send: { client: bye }
    - exit: { client: 0, server: 0 }
  near:
    - start: [server, neighbour]
    - send: { neighbour: bye }
    - exit: { neighbour: 0, server: 0 }
`;

function documentOf({ runs }: RunResult): RunDocument {
  return JSON.parse(readFileSync(join(runs[0]!.folder, 'run.json'), 'utf8')) as RunDocument;
}

/** One lab that all these tests share. */
describe('a program that ends all that it sees on its machine', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': labText });
  const play = (scenario: string, user = testContext(folder.path)): Promise<RunResult> =>
    run(user.context, { scenario, times: 1 });

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

  test("does not reach a capture at the lab's end of the link", async () => {
    const result = await play('checked');
    assert.equal(
      result.result,
      'passed',
      result.firstFailure?.play.failedStep?.reason ?? result.firstFailure?.play.error?.message,
    );
    const { conversations, capture: facts } = await tcpLog(testContext(folder.path).context, result.runs[0]!.run);
    assert.deepEqual(
      conversations.map(({ handshake, close }) => [handshake.complete, close.kind, close.complete]),
      [[true, 'fin', true]],
    );
    assert.equal(facts!.gaps, undefined);
    assert.equal(documentOf(result).capture!.packets, facts!.packets);
  });

  test('nor does one that ends every process of its machine', async () => {
    const result = await play('massacre');
    const { conversations, capture: facts } = await tcpLog(testContext(folder.path).context, result.runs[0]!.run);
    assert.deepEqual(
      conversations.map(({ handshake, close }) => [handshake.complete, close.kind, close.complete]),
      [[true, 'fin', true]],
    );
    assert.equal(facts!.gaps, undefined);
  });

  test('ends a capture of loopback, which is inside: that is reported, and what passed outside is kept', async () => {
    const user = testContext(folder.path);
    const result = await play('near', user);
    assert.equal(result.result, 'passed');
    assert.match(
      JSON.stringify(user.events),
      /the capture on a \(lo\) ended early, at \d\d:\d\d:\d\d\.\d{3}: tcpdump on a was ended by (a signal|signal KILL)/,
    );
    assert.deepEqual(
      documentOf(result).capture!.gaps!.map(({ interface: name }) => name),
      ['lo'],
    );
    assert.deepEqual(
      documentOf(result).capture!.machines.map(({ interface: name }) => name),
      ['lo', 'eth0'],
    );
  });

  test('ends a capture where there is nothing outside: told by run, run.json, logs and the report in both languages, and nothing is concluded', async () => {
    // As with machines that lab did not make.
    const socket = join(folder.path, '.lab/sockets/.captures');
    renameSync(socket, `${socket}.away`);
    try {
      const broken = await play('checked');
      assert.equal(broken.result, 'broken');
      assert.match(
        broken.firstFailure!.play.error!.message,
        /what TCP did cannot be told: the capture on a ended early, at .*ended by (a signal|signal KILL)/,
      );

      const user = testContext(folder.path);
      const plain = await play('plain', user);
      assert.equal(plain.result, 'passed');
      assert.match(JSON.stringify(user.events), /"level":"warning","message":"the capture on a ended early, at /);
      const [gap] = documentOf(plain).capture!.gaps!;
      assert.deepEqual([gap!.machine, gap!.interface], ['a', 'eth0']);
      assert.ok(Date.parse(gap!.since!) > 0);

      const told = {
        en: [
          /The capture on .*a.* ended early, at \d\d:/,
          /is not complete: whether the programs reached each other is not known/,
        ],
        fr: [
          /La capture sur .*a.* s’est arrêtée trop tôt, à \d\d:/,
          /elle est incomplète.*on ne sait pas si les programmes se sont joints/,
        ],
      } as const;
      for (const language of ['en', 'fr'] as const) {
        const words = told[language];
        const { file } = await report(user.context, {
          run: plain.runs[0]!.run,
          language,
          format: 'md',
          output: undefined,
        });
        const text = readFileSync(file!, 'utf8');
        for (const expected of words) assert.match(text, expected);
        assert.doesNotMatch(text, /never reached each other|ne se sont jamais joints/);
      }
      assert.match(
        formatTcpLog(await tcpLog(user.context, plain.runs[0]!.run)),
        /no TCP connection in its capture, which is not complete\.\nNot complete: the capture on a ended early/,
      );
    } finally {
      renameSync(`${socket}.away`, socket);
    }
  });

  test("lab capture takes the lab's end of a link, names machines in filters, hears loopback inside, and tells when somebody else ended it", async () => {
    const { context, events } = testContext(folder.path);
    const on = (machine: string, ...command: string[]): Promise<unknown> =>
      exec(testContext(folder.path).context, { machines: [machine], command, collect: true });
    const begun = (count: number): Promise<true> =>
      retryUntil(
        () => (events.filter(({ kind }) => kind === 'notice').length >= count ? { value: true } : { seen: 'no word' }),
        { what: 'the capture', timeoutMs: 20_000 },
      );
    const stop = new AbortController();
    const outside = capture(
      { ...context, signal: stop.signal },
      { machine: 'a', interface: undefined, file: 'eth0.pcap', filter: ['icmp', 'and', 'host', 'b'] },
    );
    await begun(1);
    const inside = capture(context, { machine: 'a', interface: 'lo', file: 'lo.pcap', filter: ['icmp'] });
    await begun(2);
    await on('a', 'ping', '-c', '1', 'localhost', '-4');
    await on('a', 'sudo', 'pkill', 'tcpdump');
    assert.deepEqual([(await inside).interface, (await inside).packets], ['lo', 2]);
    assert.match(JSON.stringify(events.at(-1)), /the capture ended early: something on a told tcpdump to end/);
    await on('b', 'ping', '-c', '2', '-i', '0.05', 'a');
    stop.abort();
    assert.deepEqual([(await outside).interface, (await outside).packets], ['eth0', 4]);
  });
});
