import assert from 'node:assert/strict';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, finish, ordinaryUser, type LabUser } from '../helpers/lab-command.ts';
import { leftovers } from '../helpers/machines/leftovers.ts';
import { canMount } from '../state/fixtures/private-disk.ts';

const lab = `version: 1
name: small
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
`;

/** Disks by what they will have none of: options of tmpfs(5), and what uses it up. */
const disks: Readonly<Record<string, { readonly options: string; readonly fill: string }>> = {
  blocks: { options: 'size=1m', fill: 'cat /dev/zero > fill 2>/dev/null || true' },
  inodes: { options: 'size=4m,nr_inodes=60', fill: 'i=0; while touch "fill$i" 2>/dev/null; do i=$((i+1)); done' },
};

/** Brings a lab up on such a disk, fills it, and takes the lab down: all in one mount namespace, in which alone the disk is seen. */
async function downOnFullDisk(
  user: LabUser,
  { options, fill }: { readonly options: string; readonly fill: string },
): Promise<string> {
  const play = [
    'set -e; cd "$1"; printf "%s" "$3" > lab.yaml; "$2" up --quiet',
    fill,
    'if sh -c "echo x > more" 2>/dev/null; then echo "the disk is not full"; exit 1; fi',
    '"$2" down',
  ].join('\n');
  const small = join(user.folder, 'small');
  mkdirSync(small);
  const { uid, gid } = statSync(user.folder);
  chownSync(small, uid, gid);
  const words =
    user.name === 'root'
      ? [
          'unshare',
          '--mount',
          'sh',
          '-c',
          `mount -t tmpfs -o ${options} tmpfs "$1" && exec sh -c "$4" sh "$1" "$2" "$3"`,
          'sh',
        ]
      : ['sh', '-c', 'exec sh -c "$4" sh "$1" "$2" "$3"', 'sh'];
  const { stdout, stderr, exitCode } = await finish(user.command([...words, small, user.executable, lab, play]));
  assert.equal(exitCode, 0, stdout + stderr);
  return stdout;
}

for (const [what, disk] of Object.entries(disks)) {
  describe(`a disk that has no ${what} left`, { skip: !canMount && 'this host lets us mount nothing' }, () => {
    test('does not keep lab from taking machines down: as root', { skip: cannotBe('root') }, async () => {
      await using user = currentUser();
      assert.match(await downOnFullDisk(user, disk), /small is down/);
      assert.deepEqual(leftovers(user.folder, []).processes, []);
    });

    test(
      'does not keep lab from taking machines down: as an ordinary user',
      { skip: cannotBe('ordinary') || (process.getuid?.() !== 0 && 'this needs root') },
      async () => {
        await using user = ordinaryUser([], {
          host: [
            `mkdir -p $home/small; mount -t tmpfs -o ${disk.options},uid=$uid,gid=$uid,mode=755 tmpfs $home/small`,
          ],
        });
        assert.match(await downOnFullDisk(user, disk), /small is down/);
        assert.deepEqual(leftovers(user.folder, []).processes, []);
      },
    );
  });
}
