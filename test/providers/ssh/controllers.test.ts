import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { currentUser, repository } from '../../helpers/lab-command.ts';
import { laySshPractical, treeOf } from '../../helpers/ssh/ssh-lab.ts';
import { makeSshMachines } from '../../helpers/ssh/ssh-machines.ts';

const isRoot = process.getuid?.() === 0;
const foreign = join(repository, 'test/fixtures/foreign-controller.mjs');

describe(
  'the host of the user may be any that has Node',
  { skip: !isRoot && 'making the machines needs root', concurrency: 2 },
  () => {
    for (const platform of ['win32', 'darwin'] as const) {
      test(`the practical is played from a host that says ${platform}, without /proc and POSIX user IDs`, async () => {
        await using made = await makeSshMachines({
          vm1: { address: '192.168.100.4' },
          vm2: { address: '192.168.100.5' },
        });
        const hidden = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs tmpfs /proc; exec "$@"', 'sh'];
        await using user = currentUser([
          ...made.within,
          'env',
          `LAB_TEST_PLATFORM=${platform}`,
          `NODE_OPTIONS=--import ${foreign}`,
          ...hidden,
        ]);
        laySshPractical(user, made);
        const before = treeOf(made.machines['vm1']!.home);
        writeFileSync(join(user.folder, 'note.txt'), 'copied');
        const commands = [
          ['doctor'],
          ['up', '--accept-new-host-keys'],
          ['up'],
          ['status'],
          ['check-port', '7999'],
          ['run'],
          ['exec', '--all', '--', 'true'],
          ['cp', 'note.txt', 'vm1:'],
          ['cp', 'vm1:note.txt', 'back.txt'],
          ['exec', 'vm1', '--', 'rm', 'note.txt'],
          ['gc'],
          ['logs'],
          ['ssh-config'],
          ['down'],
        ];
        for (const words of commands) {
          const { exitCode, stdout, stderr } = await user.lab(...words);
          assert.equal(exitCode, 0, `lab ${words.join(' ')}\n${stdout}${stderr}`);
        }
        assert.equal(readFileSync(join(user.folder, 'back.txt'), 'utf8'), 'copied');
        assert.deepEqual(treeOf(made.machines['vm1']!.home), before);
      });
    }
  },
);
