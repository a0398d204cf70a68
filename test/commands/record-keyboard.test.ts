import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { up } from '../../src/commands/lab/up.ts';
import { run } from '../../src/commands/runs/run.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { recordSession } from '../helpers/record-session.ts';

/** Neither shows a prompt: only its machine knows which of them reads its keyboard. */
const server = `import socket
s = socket.create_server(("", int(input())))
print("ready")
c, _ = s.accept()
print("got", c.recv(100).decode())
c.sendall(input().encode())
`;
const client = `import socket, sys, time
while True:
    try:
        c = socket.create_connection(("192.168.100.4", 7001))
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
c.sendall(sys.stdin.readline().strip().encode())
print("answer", c.recv(100).decode())
`;
const labOf = (programs: string): string => `version: 1
name: keyboards
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
${programs}`;
const sleeper = '[sh, -c, "echo awake; sleep 100"]';

describe('the keyboard of lab record', { skip: await cannotMakeMachines() }, () => {
  const files = {
    'lab.yaml': labOf(`  server: { on: vm1, files: [server.py], command: [python3, server.py] }
  client: { on: vm2, files: [client.py], command: [python3, client.py] }
`),
    'asleep.yaml': labOf(`  one: { on: vm1, command: ${sleeper} }
  two: { on: vm2, command: ${sleeper} }
`),
    'half.yaml': labOf(`  one: { on: vm1, command: [sh, -c, 'read -r name; echo "hello $name"; sleep 100'] }
  two: { on: vm2, command: ${sleeper} }
`),
    'short.yaml': labOf(`  one: { on: vm1, command: [sh, -c, 'read -r name; echo "hello $name"'] }
  two: { on: vm2, command: [sleep, "2"] }
`),
  };
  const folder = labFolder({ ...files, 'server.py': server, 'client.py': client });
  const { context } = testContext(folder.path);

  before(async () => {
    await up(context, { recreate: false });
  });
  after(async () => {
    await down(context, { purge: true });
    await folder[Symbol.asyncDispose]();
  });

  test('is with the program that reads, whatever it shows, and however early something is typed', async () => {
    const { shown, exitCode } = await recordSession(
      folder.path,
      ['record', 'ahead', '--write'],
      [[/server · vm1/, '7001\rhello\rand you\r']],
    );
    assert.equal(exitCode, 0, shown);
    const steps = shown.split('\r\n').flatMap((line) => /^ {4}- (?!exit)(.*)/.exec(line)?.[1] ?? []);
    assert.deepEqual(steps, [
      'start: server',
      'start: client',
      'send: { server: "7001" }',
      'expect: { server: "ready" }',
      'send: { client: "hello" }',
      'expect: { server: "got hello" }',
      'send: { server: "and you" }',
      'expect: { client: "answer and you" }',
    ]);
    assert.equal((await run(context, { scenario: 'ahead', times: 1 })).result, 'passed');
  });

  test('shows what no program reads; nothing is proposed then, and the lab file stays as it is', async () => {
    const { shown, exitCode } = await recordSession(
      folder.path,
      ['-f', 'asleep.yaml', 'record', 'nothing', '--write'],
      [
        [/awake.*awake/s, 'salut\r'],
        [/typed ahead: salut⏎ \(goes to the side that reads first\) {3}Ctrl-O/, '\x1d'],
      ],
    );
    assert.equal(exitCode, 1);
    assert.match(shown, /error: no program has read what was typed: "salut⏎" \(typed ahead\)\r\n/);
    assert.match(shown, /\r\none sleeps\r\ntwo sleeps\r\n/);
    assert.equal(readFileSync(join(folder.path, 'asleep.yaml'), 'utf8'), files['asleep.yaml']);
  });

  test('goes where the user wants it; a line that was not read there is not proposed', async () => {
    const { shown, exitCode } = await recordSession(
      folder.path,
      ['-f', 'half.yaml', 'record', 'half'],
      [
        [/▶ one.*awake/s, 'Ada\r'],
        [/hello Ada/, 'lost\r'],
        [/typed ahead: lost⏎/, '\x0f'],
        [/▶ two/, '\x1d'],
      ],
    );
    assert.equal(exitCode, 0, shown);
    assert.match(shown, /! no program has read "lost" \(typed at two\): the scenario does not send it\r\n/);
    assert.match(shown, / {4}- send: \{ one: "Ada" \}\r\n {4}- expect: \{ one: "hello Ada" \}\r\n\r\n# Look at it/);
  });

  test('tells what was typed ahead and never read before all programs ended', async () => {
    const { shown, exitCode } = await recordSession(
      folder.path,
      ['-f', 'short.yaml', 'record', 'short'],
      [[/one · vm1/, 'Ada\rrest\r']],
    );
    assert.equal(exitCode, 0, shown);
    assert.match(shown, /! no program has read "rest⏎" \(typed ahead\): the scenario does not send it\r\n/);
    assert.match(
      shown,
      / {4}- send: \{ one: "Ada" \}\r\n {4}- expect: \{ one: "hello Ada" \}\r\n {4}- exit: \{ one: 0, two: 0 \}/,
    );
  });
});
