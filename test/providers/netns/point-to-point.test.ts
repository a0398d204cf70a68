import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../helpers/cli.ts';
import { cannotMakeMachines, labFolder } from '../../helpers/machines/machines.ts';

const lab = `version: 1
name: link
networks:
  left: { subnet: 10.1.0.0/31, gateway: false }
  right: 10.1.0.2/31
machines:
  a: { address: 10.1.0.0 }
  b: { interfaces: { eth0: 10.1.0.1, eth1: 10.1.0.2 } }
  c: { address: 10.1.0.3 }
`;

test(
  'both addresses of a point-to-point subnet are machines that reach each other (RFC 3021)',
  { skip: await cannotMakeMachines() },
  async () => {
    await using folder = labFolder({ 'lab.yaml': lab });
    const up = await runCli(['up'], { cwd: folder.path });
    assert.equal(up.exitCode, 0, up.stderr);
    const ways: readonly (readonly [from: string, to: string])[] = [
      ['a', '10.1.0.1'],
      ['b', '10.1.0.0'],
      ['b', 'c'],
      ['c', '10.1.0.2'],
    ];
    const pings = await Promise.all(
      ways.map(([from, to]) => runCli(['exec', from, '--', 'ping', '-c', '1', '-W', '5', to], { cwd: folder.path })),
    );
    for (const { exitCode, stdout, stderr } of pings) assert.equal(exitCode, 0, stdout + stderr);
    const addresses = await runCli(['exec', 'a', '--', 'ip', '-4', 'address', 'show', 'eth0'], { cwd: folder.path });
    assert.match(addresses.stdout, /inet 10\.1\.0\.0\/31 /);
    assert.doesNotMatch(addresses.stdout, /brd/);
  },
);
