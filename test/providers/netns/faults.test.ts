import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findOnHost } from '../../../src/host/tools.ts';
import { cannotBe, currentUser, ordinaryUser, type OrdinaryUserOptions } from '../../helpers/lab-command.ts';
import { hostLinks, leftovers, nothing } from '../../helpers/machines/leftovers.ts';

/** `lab up` on a host that lacks something: refused with status 3, with words that help, and nothing left. */
async function assertRefused(options: OrdinaryUserOptions, words: RegExp): Promise<void> {
  await using user = ordinaryUser([], options);
  const links = hostLinks();
  const up = await user.lab('up');
  assert.equal(up.exitCode, 3, up.stderr);
  assert.match(up.stderr, words);
  assert.deepEqual(leftovers(user.folder, links), nothing);
}

describe(
  'what stands in the way of an ordinary user is said with the command that lifts it',
  { skip: cannotBe('root') || cannotBe('ordinary') },
  () => {
    test('user namespaces switched off', () =>
      assertRefused(
        { host: ['echo 0 >$home/../zero', 'mount --bind $home/../zero /proc/sys/user/max_user_namespaces'] },
        /max_user_namespaces is 0[^]*sudo sysctl -w user\.max_user_namespaces=/,
      ));

    test('something that is mounted among the programs of the host', () =>
      assertRefused(
        { host: ['mount -t tmpfs none /usr/share'] },
        /refused to make the lab[^]*something is mounted at \/usr\/share/,
      ));

    test(
      'no sshd, neither on the host nor in the private folder',
      { skip: findOnHost('sshd') !== undefined && 'this host has an sshd' },
      () =>
        assertRefused(
          { host: ['mount -t tmpfs none $home/../tools'] },
          /OpenSSH server: not found[^]*lab doctor --fix/,
        ),
    );

    test('a full disk', async () => {
      await using user = ordinaryUser([], {
        host: ['mkdir -p $home/.lab', 'mount -t tmpfs -o size=4k,uid=$uid,mode=700 none $home/.lab'],
      });
      const up = await user.lab('up');
      assert.equal(up.exitCode, 3, up.stderr);
      assert.match(up.stderr, /disk is full|No space left|no space left/);
      assert.deepEqual(leftovers(user.folder, hostLinks()), nothing);
    });
  },
);

describe('a state folder that cannot be written', { skip: cannotBe('ordinary') }, () => {
  test('is reported, and nothing is made', async () => {
    await using user = ordinaryUser();
    chmodSync(user.folder, 0o555);
    const up = await user.lab('up');
    chmodSync(user.folder, 0o755);
    assert.equal(up.exitCode, 3, up.stderr);
    assert.match(up.stderr, /\.lab[^]*hint:/);
    assert.ok(!existsSync(join(user.folder, '.lab')));
    assert.deepEqual(leftovers(user.folder, hostLinks()), nothing);
  });
});

describe('two at once', { skip: cannotBe(process.getuid?.() === 0 ? 'root' : 'ordinary') }, () => {
  test('"lab up" while another works on the same lab says who, and harms nothing', async () => {
    await using user = currentUser();
    const [one, two] = await Promise.all([user.lab('up'), user.lab('up')]);
    const codes = [one.exitCode, two.exitCode].toSorted((a, b) => Number(a) - Number(b));
    assert.deepEqual(codes, [0, 5], one.stderr + two.stderr);
    assert.match(one.exitCode === 5 ? one.stderr : two.stderr, /lab up.*PID \d+|PID \d+.*lab up/s);
    assert.equal((await user.lab('run', 'tp1')).exitCode, 0);
    assert.ok(existsSync(join(user.folder, '.lab/state.json')));
  });
});
