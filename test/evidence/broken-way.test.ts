import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { up } from '../../src/commands/lab/up.ts';
import { run } from '../../src/commands/runs/run.ts';
import { findTool } from '../../src/host/tools.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const drop = [
  'nft add table inet mine',
  "nft add chain inet mine i '{ type filter hook input priority 0; }'",
  'nft add rule inet mine i tcp dport 7444 drop',
].join(' && sudo ');

const lab = `version: 1
name: way
networks:
  n: { subnet: 10.9.8.0/24, nat: false }
machines:
  alpha: { user: u1, address: 10.9.8.10 }
  beta: { user: u2, address: 10.9.8.11 }
programs:
  server: { on: alpha, command: [python3, -c, "import socket; socket.create_server(('', 7444)).accept()"], listens: 7444 }
  client: { on: beta, command: [python3, -c, "import socket; socket.create_connection(('alpha', 7444)); print('in')"] }
scenarios:
  dropped:
    - run: { on: alpha, command: [sh, -c, "sudo ${drop.replaceAll("'", String.raw`\x27`)}"] }
    - start: [server, client]
    - { expect: { client: in }, timeout: 1500ms }
  listed:
    - start: server
    - run: { on: beta, command: [sudo, nft, list, ruleset], output: lab_watch }
`;

const skip =
  (await cannotMakeMachines()) || (findTool('nft') ? false : 'THIS HOST HAS NO nft ("lab doctor --fix" gets it)');

describe('the way of a client that waits for an answer', { skip, timeout: 120_000 }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  const play = (scenario: string) => run(testContext(folder.path).context, { scenario, times: 1 });

  before(async () => {
    await up(testContext(folder.path).context, { recreate: false });
  });
  after(async () => {
    await down(testContext(folder.path).context, { purge: true });
    await folder[Symbol.asyncDispose]();
  });

  test('what lab counts in a machine can be listed there while a run is played', async () => {
    assert.equal((await play('listed')).result, 'passed');
  });

  test('is explained by its first broken link, with the cure', async () => {
    const { result, firstFailure } = await play('dropped');
    assert.equal(result, 'failed');
    const { problem, hint } = firstFailure!.play.failedStep!;
    assert.deepEqual(problem?.evidence?.programs.find(({ role }) => role === 'client')?.look?.waits, ['connect']);
    assert.match(hint!, /^beta → alpha:7444: on alpha, a rule of chain inet mine i: "tcp dport 7444 drop" stops/);
    assert.match(hint!, /lab exec alpha -- sudo nft delete rule inet mine i handle \d+/);
  });
});
