import assert from 'node:assert/strict';
import { mkdirSync, mkdtempDisposableSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../src/core/time/retry.ts';
import { connectShell, openTunnel } from '../../src/ssh/connect.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import { privateKeyCredential } from '../../src/ssh/login/credential.ts';
import { onlyHostKeys } from '../../src/ssh/trust/host-key.ts';
import { startSshAgent } from '../helpers/ssh/agent.ts';
import { agentCredential } from '../helpers/ssh/credentials.ts';
import { startRawServer } from '../helpers/ssh/hostile-server.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';

const PROC = '/proc/self/fd';

const openFiles = (): number => readdirSync(PROC).length;

/** Does it once, for what is opened once and kept; then so many times, and nothing more may be open. */
async function assertNoLeak(work: () => Promise<unknown>, times = 5): Promise<void> {
  await work();
  const before = openFiles();
  for (let time = 0; time < times; time++) await work();
  await retryUntil(() => (openFiles() <= before ? { value: true } : { seen: `${openFiles()} of ${before}` }), {
    what: 'descriptors to be closed',
    timeoutMs: 3000,
  });
}

describe('descriptors', { skip: process.platform !== 'linux' && 'needs /proc of Linux' }, () => {
  test('a connection closes all that it opened, also over a socket with a long path', async () => {
    await using server = await startSshd();
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-descriptors-'));
    const deep = join(folder.path, 'd'.repeat(100));
    mkdirSync(deep);
    assert.ok('socketPath' in server.address);
    const socketPath = join(deep, 'socket');
    renameSync(server.address.socketPath, socketPath);

    await assertNoLeak(async () => {
      const shell = await connectShell(server.target({ address: { socketPath } }));
      assert.equal((await shell.exec(['true'])).exitCode, 0);
      const started = await shell.start(['cat']);
      started.end();
      await started.exit;
      await shell.close();
    }, 20);
  });

  test('a login that fails leaves nothing open: wrong key, unknown host, an agent without the right key', async () => {
    await using server = await startSshd();
    using agent = await startSshAgent(server.folder);
    const wrongKey = [privateKeyCredential(generateKeyPair('wrong').privateKey)];
    const refused = { code: 'ssh-login-refused' };
    await assertNoLeak(() => assert.rejects(connectShell(server.target({ credentials: wrongKey })), refused));
    await assertNoLeak(() =>
      assert.rejects(connectShell(server.target({ hostKeys: onlyHostKeys([]) })), { code: 'host-key-unknown' }),
    );
    await assertNoLeak(() =>
      assert.rejects(connectShell(server.target({ credentials: [agentCredential(agent.socket)] })), refused),
    );
  });

  test('a connection that is given up in the middle of the login leaves nothing open', async () => {
    await using server = await startSshd();
    await using silent = await startRawServer(() => undefined);

    await assertNoLeak(async () => {
      const signal = AbortSignal.timeout(20);
      await assert.rejects(connectShell(server.target({ address: { host: '127.0.0.1', port: silent.port }, signal })));
    });
  });

  test('a server that asks for a certificate authority, and one that is not there, leave nothing open', async () => {
    await using server = await startSshd();
    const authority = onlyHostKeys([generateKeyPair('authority').publicKey]).trusted;
    const hostKeys = { ...onlyHostKeys([server.hostKey.publicKey]), authorities: authority, certificateName: 'vm1' };

    await assertNoLeak(async () => (await connectShell(server.target({ hostKeys }))).close());
    await assertNoLeak(() =>
      assert.rejects(connectShell(server.target({ address: { socketPath: join(server.folder, 'none') } }))),
    );
  });

  test('refused sessions and the further connections that they need are closed', async () => {
    await using server = await startSshd({ sshdConfig: ['MaxSessions 1'] });

    await assertNoLeak(async () => {
      const shell = await connectShell(server.target());
      await Promise.all([1, 2].map(() => shell.exec(['true'])));
      await shell.close();
    });
  });

  test('a forward that is refused leaves nothing open, nor does a tunnel', async () => {
    await using server = await startSshd({ sshdConfig: ['AllowTcpForwarding no'] });

    await assertNoLeak(async () => {
      const tunnel = await openTunnel(server.target());
      await assert.rejects(tunnel.open('127.0.0.1', 22), { code: 'jump-refused' });
      await tunnel.close();
    });
  });
});
