import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { WallsResult } from '../../src/walls/wall-report.ts';
import { cannotBe, currentUser, ordinaryUser, type Finished, type LabUser } from '../helpers/lab-command.ts';
import { makeSshMachines } from '../helpers/ssh/ssh-machines.ts';

const lab = `version: 1
name: walls
networks: { n: { subnet: 192.168.100.0/24, nat: false }, m: { subnet: 10.9.0.0/24, nat: false } }
machines:
  vm1: { user: ada, address: 192.168.100.4, host-folders: [/usr/local] }
  vm2: { user: bob, address: 192.168.100.5, sudo: false }
  vm3: { user: cid, address: 10.9.0.6 }
`;

function resultOf({ stdout, stderr }: Finished): WallsResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout) as WallsResult;
}

/** State of each wall of a machine; those that do not hold with what was seen. */
function statesOf(result: WallsResult, name: string): Record<string, string> {
  const { walls } = result.machines.find(({ machine }) => machine === name)!;
  return Object.fromEntries(
    // Only where this user may make control groups the kernel keeps it.
    walls
      .filter(({ wall }) => wall !== 'memory')
      .map(({ from, wall, state, seen }) => [
        `${from}: ${wall}`,
        ['holds', 'shared'].includes(state) ? state : `${state}: ${seen}`,
      ]),
  );
}

const walls = {
  'host: kernel': 'shared',
  'host: namespaces': 'holds',
  'host: sudo': 'shared',
  'host: rights': 'holds',
  'host: system calls': 'holds',
  'host: priority': 'holds',
  'host: devices': 'holds',
  'host: writing': 'holds',
  'host: folders': 'shared',
  'host: secrets': 'holds',
  'host: addresses': 'holds',
  'host: metadata': 'holds',
  'host: limits': 'holds',
  'neighbours: sight': 'holds',
  'neighbours: namespaces': 'holds',
  'neighbours: network': 'shared',
};

/** What a look at the walls could leave behind. */
async function marksOn(user: LabUser): Promise<string> {
  const { stdout } = await user.lab('exec', 'vm1', '--', 'sh', '-c', 'ls / /tmp /dev/shm /usr /etc /opt /usr/local');
  return stdout.split('\n').find((name) => name.startsWith('lab-walls-')) ?? 'none';
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  test(
    `lab status --walls tries each wall of machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) },
    async () => {
      await using user = make();
      writeFileSync(join(user.folder, 'lab.yaml'), lab);
      assert.equal((await user.lab('up')).exitCode, 0);
      const json = await user.lab('status', '--walls', '--json');
      const result = resultOf(json);
      const whole = { ...walls, 'host: users': kind === 'root' ? 'holds' : 'shared' };
      assert.deepEqual(statesOf(result, 'vm1'), whole);
      assert.deepEqual(statesOf(result, 'vm2'), { ...whole, 'host: sudo': 'holds', 'host: users': 'holds' });
      assert.deepEqual(statesOf(result, 'vm3'), { ...whole, 'neighbours: network': 'holds' });
      assert.equal(result.open, 0);
      assert.equal(json.exitCode, 0);
      const seen = (name: string, wall: string): string =>
        result.machines.find(({ machine }) => machine === name)!.walls.find((one) => one.wall === wall)!.seen;
      assert.match(seen('vm1', 'network'), /^vm2 can be reached \(on the same network\); vm3 not$/);
      const hasLocal = readdirSync('/usr/local/bin').length > 0;
      if (hasLocal) assert.match(seen('vm1', 'folders'), /sees \/usr, \/etc and \/usr\/local of this host/);
      assert.match(
        seen('vm3', 'folders'),
        hasLocal ? /sees \/usr and \/etc of this host, not .*\/usr\/local/ : /\/usr/,
      );
      assert.match(seen('vm1', 'memory'), /^at most [\d.]+ [MG]iB, |^no control group of this host limits it/);
      assert.match(seen('vm2', 'system calls'), /^its user is refused: mount, /);
      assert.match(seen('vm1', 'secrets'), new RegExp(`it has no ${user.folder}/.lab, where the keys of lab are`));
      assert.equal(await marksOn(user), 'none');
      assert.deepEqual(
        ['/tmp', '/usr', '/etc', '/dev/shm'].filter((folder) =>
          readdirSync(folder).some((name) => name.startsWith('lab-walls-')),
        ),
        [],
      );

      const text = await user.lab('status', '--walls', 'vm1');
      assert.equal(text.exitCode, 0);
      assert.match(text.stdout, /✔ system calls {2}root is refused: mount, new namespaces/);
      assert.match(text.stdout, /Nothing got through that should not\.\n$/);
      assert.doesNotMatch(text.stdout, /^vm2$/m);
      const wrong = await user.lab('status', '--walls', 'vm9');
      assert.equal(wrong.exitCode, 2);
      assert.match(wrong.stderr, /this lab has no machine "vm9"/);

      assert.equal((await user.lab('down')).exitCode, 0);
      assert.equal((await user.lab('status', '--walls')).exitCode, 3, 'no lab, no walls');
    },
  );
}

describe('where lab has built no walls', { skip: cannotBe('root') }, () => {
  test('an account of this host that is used as a machine has open walls, and each says what got through', async () => {
    await using made = await makeSshMachines({ vm1: { address: '192.168.100.4' } });
    await using user = currentUser(made.within);
    writeFileSync(join(user.folder, 'lab.yaml'), `version: 1\nprovider: ssh\n${made.labPart()}\n`);
    const up = await user.lab('up', '--accept-new-host-keys');
    assert.equal(up.exitCode, 0, up.stderr);
    const json = await user.lab('status', '--walls', '--json');
    const result = resultOf(json);
    const states = statesOf(result, 'vm1');
    assert.match(states['host: namespaces']!, /^open: the same as on this host: processes, .*users/);
    assert.match(states['host: rights']!, /^open: its root has, among others: load modules/);
    assert.match(states['host: writing']!, /^open: what its user writes to \/tmp and \/dev\/shm is on this host/);
    assert.match(states['host: secrets']!, /^open: it has \/\S+\/\.lab/);
    assert.match(states['host: addresses']!, /^open: it reaches this host at 192\.168\.100\.2/);
    assert.equal(states['host: sudo'], 'holds');
    assert.equal(json.exitCode, 1);
    assert.ok(result.open >= 3);
    const text = await user.lab('status', '--walls');
    assert.match(text.stdout, /✖ addresses {5}OPEN: it reaches this host at/);
    assert.match(text.stdout, /OPEN: something got through \d+ walls\.\n$/);
    assert.equal((await user.lab('down')).exitCode, 0);
  });
});
