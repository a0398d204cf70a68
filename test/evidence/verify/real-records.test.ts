import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ChildProcess } from 'node:child_process';
import { up } from '../../../src/commands/lab/up.ts';
import type { VerifyResult } from '../../../src/commands/runs/verify.ts';
import type { RunDocument } from '../../../src/report/run/run-summary.ts';
import { runCli, startCli } from '../../helpers/cli.ts';
import { testContext } from '../../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../../helpers/machines/machines.ts';

const lab = `version: 1
name: records
networks: { net: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  server: { on: vm1, files: [server.py], command: [python3, -u, server.py], listens: 7999 }
  client: { on: vm2, files: [client.py], command: [python3, -u, client.py], prompt: "> " }
  keeper: { on: vm1, command: [python3, -c, 'import getpass; getpass.getpass("secret? "); input("go? "); print("done")'], prompt: "? " }
  ticker: { on: vm1, command: [sh, -c, 'while :; do echo tick; sleep 0.02; done'] }
scenarios:
  talk:
    - start: server
    - start: client
    - send: { client: "Hello vm1" }
    - expect: { server: "got Hello vm1" }
    - send: { client: exit }
    - exit: { client: 0, server: 0 }
    - tcp: { connections: 1, handshake: true, close: { by: client, kind: fin }, reset: none, payload: { client: Hello } }
  secret:
    - start: keeper
    - send: { keeper: hunter2hunter2 }
    - send: { keeper: "yes" }
    - exit: { keeper: 0 }
  wrong: [ { start: server }, { expect: { server: NEVER }, timeout: 3s } ]
  endless: [ { start: ticker }, { expect: { ticker: NEVER }, timeout: 60s } ]
`;

const server = `import socket
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('', 7999))
listener.listen()
connection, _ = listener.accept()
for line in connection.makefile():
    print('got', line.strip())
`;

const client = `import socket
connection = socket.create_connection(('vm1', 7999))
while (line := input('> ')) != 'exit':
    connection.sendall((line + '\\n').encode())
connection.close()
`;

const skip = await cannotMakeMachines();

describe('the record of a real run', { skip }, () => {
  const folder = labFolder({ 'lab.yaml': lab, 'server.py': server, 'client.py': client });
  before(() => up(testContext(folder.path).context, { recreate: false }));
  after(() => folder[Symbol.asyncDispose]());

  const newest = (): string =>
    join(
      folder.path,
      '.lab/runs',
      readFileSync(join(folder.path, '.lab/runs/order'), 'utf8').trim().split('\n').at(-1)!,
    );

  async function verified(where = newest()): Promise<{ readonly exitCode: number; readonly result: VerifyResult }> {
    const { exitCode, stdout } = await runCli(['verify', where, '--json'], { cwd: folder.path });
    return { exitCode: exitCode!, result: JSON.parse(stdout) as VerifyResult };
  }

  test('binds every file of its folder, and fits, passed or failed', async () => {
    assert.equal((await runCli(['run', 'talk'], { cwd: folder.path })).exitCode, 0);
    const run = newest();
    const { files = [] } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunDocument;
    const there = (readdirSync(run, { recursive: true }) as string[]).filter((name) =>
      statSync(join(run, name)).isFile(),
    );
    assert.deepEqual(
      files.map(({ name }) => name),
      there.filter((name) => name !== 'run.json').toSorted(),
    );
    for (const { name, sizeBytes, sha256 } of files) {
      const content = readFileSync(join(run, name));
      assert.deepEqual([content.length, createHash('sha256').update(content).digest('hex')], [sizeBytes, sha256], name);
    }
    const { exitCode, result } = await verified();
    assert.deepEqual([exitCode, result.records[0]!.misfits, result.records[0]!.unknown], [0, [], []]);
    assert.equal((await runCli(['run', 'wrong'], { cwd: folder.path })).exitCode, 1);
    const failed = await verified();
    assert.deepEqual(
      [failed.exitCode, failed.result.records[0]!.result, failed.result.records[0]!.misfits],
      [0, 'failed', []],
    );
  });

  test('fits also where a secret was taken out of what was stored already', async () => {
    assert.equal((await runCli(['run', 'secret'], { cwd: folder.path })).exitCode, 0);
    assert.ok(!readFileSync(join(newest(), 'events.ndjson'), 'utf8').includes('hunter2'));
    const { exitCode, result } = await verified();
    assert.deepEqual([exitCode, result.records[0]!.misfits], [0, []]);
  });

  test('fits when the user has ended it, and has no hashes when lab was killed', async () => {
    for (const [signal, kinds] of [
      ['SIGINT', []],
      ['SIGKILL', ['broke-off', 'no-capture']],
    ] as const) {
      const child = startCli(['run', 'endless'], { cwd: folder.path });
      await ticking(child);
      child.kill(signal);
      await once(child, 'exit');
      const { exitCode, result } = await verified();
      const [record] = result.records;
      assert.deepEqual(
        [
          exitCode,
          record!.misfits,
          record!.unknown.map(({ kind }) => kind).filter((kind) => signal === 'SIGKILL' || kind !== 'no-capture'),
        ],
        [0, [], kinds],
      );
      assert.equal(record!.result, signal === 'SIGINT' ? 'interrupted' : 'broken');
    }
  });

  test('cannot take the capture of another run, whatever its hash says', async () => {
    const runs: string[] = [];
    // Captures are told apart by their times; the one that fails takes three seconds.
    for (const scenario of ['talk', 'wrong', 'talk']) {
      await runCli(['run', scenario], { cwd: folder.path });
      if (scenario === 'talk') runs.push(newest());
    }
    const forged = join(folder.path, 'forged');
    cpSync(runs[1]!, forged, { recursive: true });
    copyFileSync(join(runs[0]!, 'capture.pcap'), join(forged, 'capture.pcap'));
    const content = readFileSync(join(forged, 'capture.pcap'));
    const document = JSON.parse(readFileSync(join(forged, 'run.json'), 'utf8')) as RunDocument;
    const files = document.files!.map((file) =>
      file.name === 'capture.pcap'
        ? { name: file.name, sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
        : file,
    );
    writeFileSync(join(forged, 'run.json'), `${JSON.stringify({ ...document, files }, undefined, 2)}\n`);
    const { exitCode, result } = await verified(forged);
    assert.equal(exitCode, 1);
    assert.match(result.records[0]!.misfits[0]!.message, /^capture\.pcap is of another time: its packet 1 passed at /);
  });
});

/** Resolves when the program of the run has printed something. */
async function ticking(child: ChildProcess): Promise<void> {
  let shown = '';
  for await (const piece of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false }))
    if ((shown += String(piece)).includes('tick')) return;
  throw new Error(`the run ended: ${shown}`);
}
