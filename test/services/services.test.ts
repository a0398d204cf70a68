import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { status } from '../../src/commands/lab/status.ts';
import { up, type UpResult } from '../../src/commands/lab/up.ts';
import { checkPort } from '../../src/commands/machines/check-port.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { run } from '../../src/commands/runs/run.ts';
import { open } from '../../src/commands/services/open.ts';
import { serviceLogs } from '../../src/commands/services/service-logs.ts';
import { start } from '../../src/commands/services/start.ts';
import { stop } from '../../src/commands/services/stop.ts';
import { CheckError } from '../../src/core/errors.ts';
import { isPublishing } from '../../src/session/publish.ts';
import { readState } from '../../src/state/state.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

/** Takes all that a client sends until it says that it sends no more, and then sends it back. */
const echo = `
import socket
listening = socket.create_server(("", 7000), reuse_port=False)
print("\\x1b[31mserving")
while True:
    connection, _ = listening.accept()
    got = b""
    while piece := connection.recv(65536):
        got += piece
    connection.sendall(got)
    connection.close()
`;

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function sentBack(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(bytes);
  return buffer(socket);
}

const isShort = process.env['LAB_TEST_LONG'] !== '1';

function actions({ services }: UpResult): string[] {
  return services.map(({ name, action }) => `${name} ${action}`);
}

describe('services', { skip: await cannotMakeMachines() }, () => {
  let folder: ReturnType<typeof labFolder>;
  let port: number;

  function write(more = '', publish = port): void {
    writeFileSync(
      join(folder.path, 'lab.yaml'),
      `version: 1
name: services
networks: { net: { subnet: 10.66.0.0/24, nat: false } }
machines:
  vm1: { address: 10.66.0.4, publish: ['127.0.0.1:${publish}:7000'] }
  vm2: { address: 10.66.0.5 }
programs:
  client: { on: vm2, command: [sh, -c, "echo hello | nc -N vm1 7000 || echo hello | nc vm1 7000"] }
services:
  echo: { on: vm1, files: [echo.py], command: [python3, echo.py], listens: 7000 }
${more}
scenarios:
  hello:
    - start: client
    - expect: { client: hello }
    - tcp: { handshake: true }
`,
    );
  }

  function lab<T>(command: (context: ReturnType<typeof testContext>['context']) => Promise<T>): Promise<T> {
    return command(testContext(folder.path).context);
  }

  const upAgain = (): Promise<UpResult> => lab((context) => up(context, { recreate: false }));

  before(async () => {
    folder = labFolder({ 'echo.py': echo });
    port = await unusedPort();
    write();
  });
  after(() => folder[Symbol.asyncDispose]());

  test('run when "lab up" comes back, and a second one leaves them alone', async () => {
    assert.deepEqual(actions(await upAgain()), ['echo started']);
    assert.deepEqual(actions(await upAgain()), ['echo kept']);
    const { services, published } = await lab((context) => status(context));
    assert.deepEqual(
      services.map(({ name, state, restarts }) => [name, state, restarts]),
      [['echo', 'running', 0]],
    );
    assert.deepEqual(
      published.map(({ url, open: isOpen }) => [url, isOpen]),
      [[`http://127.0.0.1:${port}/`, true]],
    );
    assert.equal(
      (await lab((context) => open(context, { name: 'echo', print: true }))).url,
      `http://127.0.0.1:${port}/`,
    );
  });

  test('are reached from this host by a published port, with ends of their own and in full', async () => {
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'The quick brown fox. ');
    const [back, short] = await Promise.all([sentBack(port, bytes), sentBack(port, Buffer.from('short'))]);
    assert.ok(back.equals(bytes));
    assert.equal(short.toString(), 'short');
  });

  test('are talked to by a scenario, which captures that', async () => {
    assert.equal((await lab((context) => run(context, { scenario: 'hello', times: 1 }))).result, 'passed');
  });

  test('show what they print, without what would drive a terminal, and what became of them', async () => {
    const { context, written } = testContext(folder.path);
    await serviceLogs(context, { services: ['echo'], collect: false });
    const { stdout } = await written();
    assert.match(stdout, /^\d\d:\d\d:\d\d\.\d{3} {2}-- started \(PID \d+\)\n.* {2}serving\n$/);
  });

  test('are stopped and started by hand, and started again with changed files', async () => {
    assert.deepEqual((await lab((context) => stop(context, ['echo']))).services, [
      { name: 'echo', on: 'vm1', stopped: true },
    ]);
    await assert.rejects(sentBack(port, Buffer.from('nobody')), { code: 'ECONNRESET' });
    await assert.rejects(
      lab((context) => stop(context, ['ecco'])),
      { code: 'unknown-service', hint: 'did you mean "echo"?' },
    );
    const started = await lab((context) => start(context, ['echo'], { again: false }));
    assert.deepEqual(started.services, [{ name: 'echo', on: 'vm1', action: 'started' }]);
    writeFileSync(join(folder.path, 'echo.py'), `${echo}# changed\n`);
    assert.deepEqual(actions(await upAgain()), ['echo restarted']);
  });

  test('come back after their supervisor was killed, without a second server in the way', async () => {
    await lab((context) =>
      exec(context, { machines: ['vm1'], command: ['pkill', '-KILL', '-f', 'lab-service'], collect: true }),
    );
    assert.deepEqual(actions(await upAgain()), ['echo started']);
  });

  test('that do not get ready fail with their last words, and the machines stay up', async () => {
    write('  bad: { on: vm2, command: [sh, -c, "echo no such database; exit 3"], listens: 7001, restart: "no" }');
    const error = await upAgain().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CheckError);
    assert.equal(error.message, 'service "bad" on vm2 is not ready: it ended with exit code 3');
    assert.equal(error.detail, 'It printed last:\n  no such database');
    const { up: isUp, services } = await lab((context) => status(context));
    assert.ok(isUp);
    assert.deepEqual(
      services.map(({ name, state, exitCode }) => [name, state, exitCode]),
      [
        ['echo', 'running', null],
        ['bad', 'failed', 3],
      ],
    );
  });

  test('are told of together where several are not ready; one that has done its work has ended well', async () => {
    write(`  bad-a: { on: vm1, command: [sh, -c, "sleep 0.1; exit 4"], restart: "no" }
  bad-b: { on: vm2, command: [nowhere], restart: "no" }
  done: { on: vm2, command: [echo, "made {what}"] }
params: { what: bread }`);
    const error = await upAgain().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CheckError);
    assert.equal(error.message, '2 of 4 services are not ready');
    assert.match(error.detail ?? '', /"bad-a" on vm1 .* exit code 4\n[^]*"bad-b" on vm2 .* exit code 127\n/);
    const again = await lab((context) => {
      const overrides = { ...context.overrides, parameters: { what: 'wine' } };
      return start({ ...context, overrides }, ['d*'], { again: true });
    });
    assert.deepEqual(again.services, [{ name: 'done', on: 'vm2', action: 'done' }]);
    const { lines } = await lab((context) => serviceLogs(context, { services: ['d*'], collect: true }));
    assert.deepEqual(
      lines?.flatMap(({ text }) => text ?? []),
      ['made bread', 'made wine'],
    );
  });

  test('keep their port when it is freed by hand: the way to end them is named', async () => {
    const options = { port: 7000, protocols: ['tcp' as const], on: ['vm1'], kill: true, yes: true };
    await assert.rejects(
      lab((context) => checkPort(context, options)),
      { code: 'port-supervised', hint: 'It is the service echo, which lab keeps: lab stop echo' },
    );
  });

  test(
    'end whole: what they left behind, what ignores TERM, and what sudo has started',
    { skip: isShort },
    async () => {
      write(`  root: { on: vm2, command: [sudo, sh, -c, "trap '' TERM HUP; while :; do sleep 1; done"] }
  deaf: { on: vm2, command: [sh, -c, "trap '' TERM HUP; setsid sleep 1000 & while :; do sleep 1; done"] }`);
      await upAgain();
      await lab((context) => stop(context, ['root', 'deaf']));
      const command = ['sh', '-c', 'ps -e -o args | grep -c "[s]leep 1"'];
      const { results } = await lab((context) => exec(context, { machines: ['vm2'], command, collect: true }));
      assert.equal(results[0]!.stdout, '0\n');
    },
  );

  test('that ended too often are given up', { skip: isShort }, async () => {
    write('  flap: { on: vm2, command: [sh, -c, "exit 4"], listens: 7001 }');
    await assert.rejects(upAgain(), {
      message: 'service "flap" on vm2 is not ready: it ended with exit code 4, 6 times in a row',
    });
  });

  test('do not get a port of this host that is taken: the holder is named', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: other } = taken.address() as AddressInfo;
    write('', other);
    try {
      await assert.rejects(upAgain(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'host-port-taken');
        assert.match(
          error.message,
          new RegExp(`^127\\.0\\.0\\.1:${other} of this host .* process ${process.pid} holds`),
        );
        return true;
      });
    } finally {
      taken.close();
    }
  });

  test('end with the lab, and so does the process that has its ports', async () => {
    write();
    await upAgain();
    const { labId } = (await readState(join(folder.path, '.lab')))!;
    assert.equal(isPublishing(labId), true);
    rmSync(join(folder.path, '.lab/state.json'));
    await lab((context) => down(context, { purge: false }));
    assert.equal(isPublishing(labId), false);
    await assert.rejects(sentBack(port, Buffer.from('nobody')), { code: 'ECONNREFUSED' });
  });
});
