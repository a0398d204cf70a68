import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as waitMs } from 'node:timers/promises';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { fingerprint, parseHostKey } from '../../../src/ssh/trust/host-key.ts';
import { currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { laySshPractical, treeOf } from '../../helpers/ssh/ssh-lab.ts';
import { makeSshMachines, type SshMachines } from '../../helpers/ssh/ssh-machines.ts';

const isRoot = process.getuid?.() === 0;

async function plainMachines(): Promise<SshMachines> {
  return makeSshMachines({ vm1: { address: '192.168.100.4' }, vm2: { address: '192.168.100.5' } });
}

function shownFingerprint(publicKey: string): string {
  return fingerprint(parseHostKey(publicKey)!.blob);
}

async function playPractical(user: LabUser, made: SshMachines): Promise<void> {
  const { vm1, vm2 } = made.machines;
  const before = [treeOf(vm1!.home), treeOf(vm2!.home)];
  laySshPractical(user, made);

  const unknown = await user.lab('up');
  assert.equal(unknown.exitCode, 3, unknown.stderr);
  for (const { hostKey } of [vm1!, vm2!])
    assert.ok(unknown.stderr.includes(shownFingerprint(hostKey.publicKey)), unknown.stderr);
  assert.match(unknown.stderr, /--accept-new-host-keys/);

  const up = await user.lab('up', '--accept-new-host-keys');
  assert.equal(up.exitCode, 0, up.stderr);
  assert.match(up.stderr, /vm2 does not know vm1 by name/);
  assert.equal((await user.lab('check-port', '7999')).exitCode, 0);

  const run = await user.lab('run');
  assert.equal(run.exitCode, 0, run.stdout + run.stderr);
  const [stored] = readdirSync(join(user.folder, '.lab/runs'));
  const log = (role: string): string => readFileSync(join(user.folder, '.lab/runs', stored!, `${role}.log`), 'utf8');
  assert.match(
    log('server'),
    /^TP1 Server\nListening \.\.\.\nConnected by : \('192\.168\.100\.5', \d+\)\nfrom client 'Hello vm1'\nserver@vm1:7999\$ Hello ! ,What's up VM2\n/,
  );
  assert.match(
    log('client'),
    /^TP1 CLI\nclient@vm2:7999\$ Hello vm1\nfrom server Hello ! ,What's up VM2\nclient@vm2:7999\$ exit\nfrom server Hello vm1\n/,
  );

  const again = await user.lab('up');
  assert.equal(again.exitCode, 0, again.stderr);
  assert.match(again.stdout, /it was already/);
  const journal = readFileSync(join(user.folder, '.lab/journal.ndjson'), 'utf8').split('\n');
  const touched = journal.filter((line) => line.includes('"kind":"ssh-machine"'));
  assert.equal(touched.length, 2, 'a machine is written down once, however often up is called');
  const down = await user.lab('down');
  assert.equal(down.exitCode, 0, down.stderr);
  assert.deepEqual([treeOf(vm1!.home), treeOf(vm2!.home)], before);
  assert.deepEqual([vm1!.processes(), vm2!.processes()], [[], []]);
  assert.equal((await user.lab('down')).exitCode, 0);
}

describe(
  'the reference practical on machines that lab did not make',
  { skip: !isRoot && 'making the machines needs root', concurrency: 3 },
  () => {
    for (const [kind, userOf] of [
      ['root', currentUser],
      ['an ordinary user', ordinaryUser],
    ] as const) {
      test(`is brought up, played and taken down by ${kind}, and leaves the machines as they were`, async () => {
        await using made = await plainMachines();
        await using user = userOf(made.within);
        await playPractical(user, made);
      });
    }

    test('a process of somebody else on the port is reported, stays, and is ended only by check-port --kill', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      const { vm1 } = made.machines;
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      await user.lab(
        'exec',
        'vm1',
        '--',
        'sh',
        '-c',
        `setsid python3 -m http.server 7999 >/dev/null 2>&1 </dev/null &`,
      );
      const holder = (): number[] => vm1!.processes();
      assert.equal(holder().length, 1);
      assert.equal((await user.lab('run')).exitCode, 1);
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.equal(holder().length, 1, 'neither run nor down touched it');

      assert.equal((await user.lab('up')).exitCode, 0);
      const killed = await user.lab('check-port', '7999', '--kill', '--yes');
      assert.equal(killed.exitCode, 0, killed.stderr);
      assert.deepEqual(holder(), []);
    });

    test('down keeps what the user made or changed there, and says so', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const folder = join(made.machines['vm1']!.home, 'lab/tp1/server');
      writeFileSync(join(folder, 'notes.txt'), 'mine');
      writeFileSync(join(folder, 'server.js'), 'edited');
      writeFileSync(join(made.machines['vm1']!.home, '.lab/other'), 'of another program');
      const down = await user.lab('down');
      assert.equal(down.exitCode, 0, down.stderr);
      assert.match(down.stderr, /vm1: ~\/lab\/tp1\/server\/notes\.txt stays/);
      assert.match(down.stderr, /vm1: ~\/lab\/tp1\/server\/server\.js stays/);
      assert.deepEqual(readdirSync(folder).toSorted(), ['notes.txt', 'server.js']);
      assert.deepEqual(readdirSync(join(made.machines['vm1']!.home, '.lab')), ['other']);
      assert.ok(!existsSync(join(made.machines['vm2']!.home, 'lab')));
    });

    test('down in a copy of the folder leaves alone what the original put there; a journal that was lost hides nothing from the original', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const there = join(made.machines['vm1']!.home, 'lab/tp1/server');
      const copy = join(user.folder, 'copy');
      mkdirSync(copy);
      for (const name of ['lab.yaml', '.lab']) cpSync(join(user.folder, name), join(copy, name), { recursive: true });
      const inCopy = await user.lab('-f', join(copy, 'lab.yaml'), 'down');
      assert.equal(inCopy.exitCode, 0, inCopy.stderr);
      assert.match(inCopy.stderr, /a lab of its own from now on, and nothing of the original was touched/);
      assert.ok(existsSync(there));

      writeFileSync(join(user.folder, '.lab/journal.ndjson'), '');
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.ok(!existsSync(there));
    });

    test('down tells which machine cannot be reached, keeps what it knows for another try, and forgets it with --purge', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const { vm1, vm2 } = made.machines;
      const cutOff = (verb: string): unknown => made.controller('ip', 'route', verb, 'unreachable', '192.168.100.5/32');
      cutOff('add');
      const down = await user.lab('down');
      assert.equal(down.exitCode, 3, down.stderr);
      assert.match(
        down.stderr,
        /stays on a machine that cannot be reached\n {2}vm2: 192\.168\.100\.5:22 cannot be reached/,
      );
      assert.ok(!existsSync(join(vm1!.home, '.lab')), 'the other machine is tidied');
      cutOff('del');
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.ok(!existsSync(join(vm2!.home, '.lab')));

      assert.equal((await user.lab('up')).exitCode, 0);
      cutOff('add');
      const purged = await user.lab('down', '--purge');
      assert.equal(purged.exitCode, 0, purged.stderr);
      assert.match(purged.stderr, /Remove it by hand there: rm -r ~\/lab\/tp1 ~\/\.lab/);
      assert.ok(!existsSync(join(user.folder, '.lab')));
    });

    test('a changed lab file needs no --recreate: the machines are looked at again', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const file = join(user.folder, 'lab.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('address: 192.168.100.4', 'address: 192.168.100.44'));
      assert.equal((await user.lab('run')).exitCode, 1);
      assert.match((await user.lab('up')).stderr, /vm1: eth0 has 192\.168\.100\.4, not 192\.168\.100\.44/);
      made.machines['vm1']!.run('ip', 'address', 'add', '192.168.100.44/24', 'dev', 'eth0');
      assert.equal((await user.lab('up')).exitCode, 0);
      assert.equal((await user.lab('run')).exitCode, 0);
    });

    test('lab killed at any instant leaves nothing that down does not remove', async () => {
      await using made = await plainMachines();
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      const { vm1, vm2 } = made.machines;
      const before = [treeOf(vm1!.home), treeOf(vm2!.home)];
      writeFileSync(made.sshConfig, 'Host *\n  StrictHostKeyChecking accept-new\n');
      // From before the first connection to the midst of a run, on a host of whatever speed.
      const { durationMs } = await timed(() => user.lab('up'));
      assert.equal((await user.lab('down')).exitCode, 0);
      for (const part of [0.3, 0.5, 0.65, 0.8, 0.95]) {
        const child = user.start('up');
        await waitMs(durationMs * part);
        child.kill('SIGKILL');
        const down = await user.lab('down');
        assert.equal(down.exitCode, 0, `after ${part}: ${down.stderr}`);
        assert.deepEqual([treeOf(vm1!.home), treeOf(vm2!.home)], before, `after ${part} of an up`);
      }
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      const run = user.start('run');
      await retryUntil(() => (vm1!.run('ss', '-Hltn').includes(':7999 ') ? { value: true } : { seen: 'no server' }), {
        what: 'the server',
        timeoutMs: 10_000,
        intervalMs: 1,
      });
      run.kill('SIGKILL');
      await retryUntil(
        () =>
          [vm1!, vm2!].every((machine) => machine.processes().length === 0) ? { value: true } : { seen: 'programs' },
        { what: 'the programs to end', timeoutMs: 5000, intervalMs: 20 },
      );
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.deepEqual([treeOf(vm1!.home), treeOf(vm2!.home)], before);
    });
  },
);

async function timed(work: () => Promise<unknown>): Promise<{ readonly durationMs: number }> {
  const started = performance.now();
  await work();
  return { durationMs: performance.now() - started };
}
