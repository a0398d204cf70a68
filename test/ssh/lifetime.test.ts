import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { scriptFile } from '../../src/core/files/script-file.ts';
import { statOf } from '../../src/host/processes.ts';
import { gone, isAlive } from '../helpers/machines/processes.ts';
import { isRoot, startSshd, type TestSshd } from '../helpers/ssh/sshd.ts';
import { passwordCredential } from '../helpers/ssh/credentials.ts';
import { connectShell } from '../../src/ssh/connect.ts';
import { onlyHostKeys } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import type { RemoteProcess } from '../../src/ssh/shell.ts';

/** Ignores what can be ignored, and tells its PID and that of a child that does the same. */
const stubborn = ['sh', '-c', 'trap "" HUP INT TERM; sleep 100 & echo $$ $!; while :; do wait; done'];
/** A program like most: ends at HUP and TERM. */
const ordinary = ['sh', '-c', 'sleep 100 & echo $$ $!; wait'];
const client = fileURLToPath(new URL('../helpers/ssh/shell-client.ts', import.meta.url));

async function pidsOf(process: RemoteProcess): Promise<number[]> {
  for await (const chunk of process.output) return pidsIn(Buffer.from(chunk).toString());
  return [];
}

function pidsIn(text: string): number[] {
  const pids = text.trim().split(/\s+/).map(Number);
  assert.ok(pids.length === 2 && pids.every(isAlive), `two live PIDs in ${JSON.stringify(text)}`);
  return pids;
}

async function startOtherLab(
  server: TestSshd,
  kind: 'tty' | 'pipe',
  command: readonly string[],
): Promise<{ pids: number[]; kill: () => void }> {
  assert.ok('socketPath' in server.address);
  const keyFile = join(server.folder, 'user_key');
  writeFileSync(keyFile, server.userKey.privateKey, { mode: 0o600 });
  const lab = spawn(
    process.execPath,
    [client, server.address.socketPath, server.user, keyFile, server.hostKey.publicKey, kind, ...command],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [chunk] = (await once(lab.stdout, 'data')) as [Buffer];
  return { pids: pidsIn(chunk.toString()), kill: () => void lab.kill('SIGKILL') };
}

// Each stubborn program costs its second of grace, so they wait side by side.
describe('programs end with their connection', { concurrency: true, timeout: 30_000 }, () => {
  for (const [name, options] of [
    ['on a terminal', { terminal: { columns: 80, rows: 24 } }],
    ['without a terminal', {}],
  ] as const) {
    for (const [kind, command] of [
      ['a program', ordinary],
      ['a program that ignores HUP and TERM', stubborn],
    ] as const) {
      test(`${kind} ${name} is gone, with its children, when close returns`, async () => {
        await using server = await startSshd();
        const shell = await server.connect();
        const pids = await pidsOf(await shell.start(command, options));
        await shell.close();

        assert.deepEqual(pids.filter(isAlive), []);
      });
    }
  }

  for (const kind of ['tty', 'pipe'] as const) {
    test(`a program that ignores HUP and TERM (${kind}) is gone after lab was killed with -9`, async () => {
      await using server = await startSshd();
      const lab = await startOtherLab(server, kind, stubborn);
      lab.kill();

      await Promise.all(lab.pids.map((pid) => gone(pid)));
    });
  }

  test(
    'a command whose shell takes long to start is gone with the connection, too',
    { skip: !isRoot && 'only root can choose the login shell' },
    async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-slow-shell-'));
      const loginShell = join(folder.path, 'shell');
      writeFileSync(loginShell, '#!/bin/sh\nsleep 0.5\nexec /bin/sh "$@"\n', { mode: 0o755 });
      await using server = await startSshd({ loginShell });
      const shell = await server.connect();
      const pids: number[] = [];
      const heard = Promise.withResolvers<void>();
      const onOutput = (_stream: string, chunk: Uint8Array): void => {
        const text = Buffer.from(chunk).toString();
        if (pids.length === 0) pids.push(Number.parseInt(text, 10));
        if (text.includes('long')) heard.resolve();
      };
      const running = shell.exec(
        { script: 'trap "" HUP TERM; echo $$; sleep 1; echo long; while :; do sleep 1; done' },
        { onOutput },
      );
      running.catch(() => undefined);
      await heard.promise;
      await shell.close();

      await Promise.all(pids.map((pid) => gone(pid)));
    },
  );

  test(
    'a program does not begin before there is somebody on the machine who will end it',
    { skip: !isRoot && 'only root can choose the login shell' },
    async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-slow-shell-'));
      const loginShell = join(folder.path, 'shell');
      // The first session takes its time to start.
      writeFileSync(loginShell, `#!/bin/sh\nmkdir ${folder.path}/first 2>/dev/null && sleep 0.7\nexec /bin/sh "$@"\n`, {
        mode: 0o755,
      });
      await using server = await startSshd({ loginShell });
      const lab = await startOtherLab(server, 'pipe', stubborn);
      lab.kill();

      await Promise.all(lab.pids.map((pid) => gone(pid)));
    },
  );

  test('a program is gone after its sshd was killed', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const pids = await pidsOf(await shell.start(stubborn));
    server.kill();

    await Promise.all(pids.map((pid) => gone(pid)));
  });

  test('a command that runs for longer than a moment is gone with the connection too', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    let pid = 0;
    const heard = Promise.withResolvers<void>();
    const onOutput = (_stream: string, chunk: Uint8Array): void => {
      const text = Buffer.from(chunk).toString();
      pid ||= Number.parseInt(text, 10);
      if (text.includes('long')) heard.resolve();
    };
    const running = shell.exec(
      { script: 'trap "" HUP TERM; echo $$; sleep 0.5; echo long; while :; do sleep 1; done' },
      { onOutput },
    );
    await heard.promise;
    await shell.close();

    assert.equal((await running).signal, 'KILL');
    assert.ok(!isAlive(pid));
  });

  test(
    'the lifeline names a program that it may not end, and no other',
    { skip: !isRoot && 'only root has programs that others may not end' },
    async () => {
      const script = scriptFile(new URL('../../src/ssh/channel/lifeline.sh', import.meta.url))();
      const someone = { uid: 65_534, gid: 65_534, detached: true };
      const roots = spawn('sleep', ['100'], { detached: true, stdio: 'ignore' });
      const own = spawn('sleep', ['100'], { ...someone, stdio: 'ignore' });
      const lifeline = spawn('sh', ['-c', script, 'sh', 'ok', '5'], { ...someone, stdio: ['pipe', 'pipe', 'inherit'] });
      const names = [roots, own].map(({ pid }) => `${pid} ${statOf(pid!)?.startTime}`);
      lifeline.stdin.end(names.map((name) => `add ${name}\n`).join(''));
      const said = await text(lifeline.stdout);
      roots.kill();

      assert.equal(said, `left ${names[0]}\n`);
      assert.equal(own.signalCode ?? (await once(own, 'exit'))[1], 'SIGTERM');
    },
  );

  test('a program that set itself apart with setsid is left alone', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const { stdout } = await shell.exec({ script: 'setsid sleep 100 >/dev/null 2>&1 </dev/null & echo $!' });
    await shell.close();
    const pid = Number(stdout);

    assert.ok(isAlive(pid));
    process.kill(pid, 'SIGKILL');
  });
});

test('a connection that is lost while a program starts fails that start, and nothing else', async () => {
  const { default: ssh2 } = await import('ssh2');
  const hostKey = generateKeyPair('host');
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (other) => {
    other
      .on('error', () => undefined)
      .on('authentication', (attempt) => attempt.accept())
      .on('session', () => other.end());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  try {
    const { port } = server.address() as AddressInfo;
    const shell = await connectShell({
      machine: 'vm1',
      user: 'me',
      address: { host: '127.0.0.1', port },
      credentials: [passwordCredential('any')],
      hostKeys: onlyHostKeys([hostKey.publicKey]),
    });
    await assert.rejects(shell.start(['cat']), { code: 'connection-lost' });
    // Node looks now whether something failed that nobody has heard of, and would end the process.
    await setImmediate();
    await shell.close();
  } finally {
    server.close();
  }
});
