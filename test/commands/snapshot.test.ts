import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentUser } from '../helpers/lab-command.ts';

test('snapshots are those of the provider of the lab, up or not', async () => {
  await using user = currentUser();
  const listed = await user.lab('snapshot', 'list', '--json');
  assert.deepEqual((JSON.parse(listed.stdout) as { snapshots: unknown }).snapshots, []);

  const impossible = await user.lab('snapshot', 'rm', 'clean');
  assert.equal(impossible.exitCode, 3);
  assert.match(impossible.stderr, /machines of netns cannot be saved\nhint: Use --provider qemu/);

  const unknown = await user.lab('--provider', 'qemu', 'snapshot', 'rm', 'clean');
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /there is no snapshot "clean"\nhint: Make one/);

  const down = await user.lab('snapshot', 'save', 'clean');
  assert.equal(down.exitCode, 3);
  assert.match(down.stderr, /this lab is not up\nhint: Run "lab up"/);
});
