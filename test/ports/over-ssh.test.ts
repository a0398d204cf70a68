import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../../src/core/events.ts';
import { freePort } from '../../src/ports/free-port.ts';
import { inspectPort, isListening } from '../../src/ports/inspect-port.ts';
import { failure, hold, username } from '../helpers/machines/listeners.ts';
import { unusedPort } from '../helpers/programs.ts';
import { runsInUserNamespace, startSshd } from '../helpers/ssh/sshd.ts';

const skip = runsInUserNamespace() && 'the sshd of an ordinary user sees no processes outside its user namespace here';

test(
  'over a real SSH connection a port is looked at and freed, and the port of the connection itself is refused',
  { skip },
  async () => {
    await using sshd = await startSshd({ transport: 'tcp' });
    const shell = await sshd.connect();
    const port = await unusedPort();
    const holder = await hold(port);
    assert.equal(await isListening(shell, port), true);
    const report = await inspectPort(shell, port);
    assert.deepEqual(
      report.holders.map(({ pid, user }) => [pid, user]),
      [[holder.pid, username]],
    );
    const { ended, after } = await freePort(shell, report, { events: silent });
    assert.deepEqual([ended.length, after.state], [1, 'free']);

    const sshPort = 'port' in sshd.address ? sshd.address.port : 0;
    const own = await inspectPort(shell, sshPort);
    assert.deepEqual(
      [own.sshPort, own.holders.map(({ pid, carriesUs }) => [pid, carriesUs])],
      [sshPort, [[process.pid, true]]],
    );
    const error = await failure(freePort(shell, own, { events: silent }));
    assert.equal(error.code, 'port-is-ssh');
  },
);

test('over a Unix socket no port is that of SSH, and all works the same', { skip }, async () => {
  await using sshd = await startSshd();
  const shell = await sshd.connect();
  const port = await unusedPort();
  await hold(port);
  const report = await inspectPort(shell, port);
  assert.deepEqual([report.state, report.sshPort], ['busy', undefined]);
  assert.equal((await freePort(shell, report, { events: silent })).after.state, 'free');
});
