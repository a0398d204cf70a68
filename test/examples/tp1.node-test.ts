import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLab } from 'lab';

test('the client gets the answers of the server, over one connection that it closes', async () => {
  await using lab = await openLab('lab.yaml').up();

  const port = await lab.checkPort(7999, { on: 'vm1' });
  assert.equal(port.busy, false);

  const run = await lab.run('tp1');
  assert.ok(run.passed, run.explanation);
  assert.match(run.terminals['server'] ?? '', /from client 'Hello vm1'/);

  const [first] = run.packets.conversations;
  assert.ok(first?.conversation.handshake.complete);
  assert.equal(first.conversation.close.by, 'client');
});
