import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConnectionError, EnvironmentError, TimeoutError } from '../../src/core/errors.ts';
import { findOnHost } from '../../src/host/tools.ts';
import { gone, isAlive } from '../helpers/machines/processes.ts';
import { isRoot, startSshd } from '../helpers/ssh/sshd.ts';

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 100; i++) yield Buffer.alloc(10_007, i);
}

describe('exec', { concurrency: 4, timeout: 30_000 }, () => {
  test('a command ends with its status, its output and its errors apart', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    assert.deepEqual(await shell.exec({ script: 'echo "out $1"; echo "err $2" >&2; exit 7', args: ['a b', "it's"] }), {
      exitCode: 7,
      signal: undefined,
      stdout: 'out a b\n',
      stderr: "err it's\n",
      truncated: false,
    });
  });

  test('a list is run as it stands, without a shell in between', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const words = ['$HOME', '*', "a'b", 'new\nline', 'ü', '', '!x', String.raw`\n`];

    const { stdout } = await shell.exec(['printf', '[%s]', ...words]);
    assert.equal(stdout, words.map((word) => `[${word}]`).join(''));
  });

  test('a command that a signal ends tells the signal and no status', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    const { exitCode, signal } = await shell.exec({ script: 'kill -KILL $$' });
    assert.deepEqual({ exitCode, signal }, { exitCode: undefined, signal: 'KILL' });
  });

  test('a program that does not exist is a result with status 127', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    const { exitCode, stderr } = await shell.exec(['no-such-program']);
    assert.equal(exitCode, 127);
    assert.match(stderr, /not found/);
  });

  test('input of each kind reaches the command whole, and is closed', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    assert.equal((await shell.exec(['cat'])).stdout, '');
    assert.equal((await shell.exec(['cat'], { input: 'héllo' })).stdout, 'héllo');
    assert.equal((await shell.exec(['wc', '-c'], { input: Buffer.alloc(3_000_000) })).stdout.trim(), '3000000');
    assert.equal((await shell.exec(['wc', '-c'], { input: pieces() })).stdout.trim(), '1000700');
  });

  test('a command that does not read its input ends anyway', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    assert.equal((await shell.exec({ script: 'exit 4' }, { input: Buffer.alloc(8_000_000) })).exitCode, 4);
  });

  test('input that fails ends the command and is the error', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const failure = new Error('the source broke');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      throw failure;
    }

    await assert.rejects(shell.exec(['cat'], { input: broken() }), failure);
  });

  test('output beyond the limit is dropped and reported', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    const result = await shell.exec({ script: 'head -c 9000000 /dev/zero; echo end >&2' }, { maxOutputBytes: 1000 });
    assert.equal(result.stdout.length, 1000);
    assert.equal(result.stderr, 'end\n');
    assert.ok(result.truncated);
  });

  test('output goes piece by piece to who asks for it, and the next piece waits', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    let [running, bytes] = [0, 0];
    const onOutput = async (_stream: string, chunk: Uint8Array): Promise<void> => {
      running++;
      await new Promise(setImmediate);
      assert.equal(running, 1);
      running--;
      bytes += chunk.length;
    };

    const result = await shell.exec(['head', '-c', '3000000', '/dev/zero'], { onOutput });
    assert.equal(bytes, 3_000_000);
    assert.equal(result.stdout, '');
  });

  test('a command that is out of time is ended, with all that it started', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const pids: number[] = [];
    const onOutput = (_stream: string, chunk: Uint8Array): void =>
      void pids.push(...Buffer.from(chunk).toString().trim().split(/\s+/).map(Number));

    await assert.rejects(
      shell.exec({ script: 'sleep 100 & echo $! $$; wait' }, { timeoutMs: 500, onOutput }),
      (error) => error instanceof TimeoutError && error.message.includes('did not end within 500 ms'),
    );
    assert.equal(pids.length, 2);
    await Promise.all(pids.map((pid) => gone(pid)));
  });

  test('a command that ignores TERM is ended when its time is over', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    let pid = 0;
    const onOutput = (_stream: string, chunk: Uint8Array): void => void (pid = Number(Buffer.from(chunk)));

    await assert.rejects(
      shell.exec({ script: 'trap "" TERM HUP; echo $$; while :; do sleep 1; done' }, { timeoutMs: 500, onOutput }),
      TimeoutError,
    );
    await gone(pid);
  });

  test('a command that is aborted is ended, and the reason is the error', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const controller = new AbortController();
    const reason = new Error('stop');
    let pid = 0;
    const onOutput = (_stream: string, chunk: Uint8Array): void => {
      pid = Number(Buffer.from(chunk));
      controller.abort(reason);
    };

    await assert.rejects(
      shell.exec({ script: 'echo $$; exec sleep 100' }, { signal: controller.signal, onOutput }),
      reason,
    );
    await gone(pid);
    assert.equal((await shell.exec(['echo', 'still there'])).stdout, 'still there\n');
  });

  test('a child in the background that holds the output open does not hold the result', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    const { exitCode, stdout } = await shell.exec({ script: 'sleep 100 & echo $!' });
    assert.equal(exitCode, 0);
    assert.ok(isAlive(Number(stdout)), 'what a command leaves behind is its own affair');
    await shell.exec(['kill', stdout.trim()]);
  });

  test('a noisy login shell and a banner leave results as they are', async () => {
    const noise = 'printf "welcome!\\n\\033[31mnoise"; printf "noise" >&2';
    await using server = await startSshd({
      sshdConfig: ['Banner /etc/os-release', `ForceCommand ${noise}; eval "$SSH_ORIGINAL_COMMAND"`],
    });
    const shell = await server.connect();

    const { stdout, stderr } = await shell.exec({ script: 'echo out; echo err >&2' });
    assert.deepEqual({ stdout, stderr }, { stdout: 'out\n', stderr: 'err\n' });
  });

  test('a .bashrc that prints leaves results as they are', async (context) => {
    const bash = findOnHost('bash');
    if (!isRoot || bash === undefined) return context.skip('only root can choose its login shell');
    using home = mkdtempDisposableSync(join(tmpdir(), 'lab-home-'));
    writeFileSync(join(home.path, '.bashrc'), 'echo welcome; echo "be careful" >&2; cd /usr\n');
    await using server = await startSshd({ loginShell: bash, home: home.path });
    const shell = await server.connect();

    const { stdout, stderr } = await shell.exec({ script: 'echo out; echo err >&2' });
    assert.deepEqual({ stdout, stderr }, { stdout: 'out\n', stderr: 'err\n' });
  });

  test('an account whose shell runs no commands is reported with what it printed', async () => {
    await using server = await startSshd({ sshdConfig: ['ForceCommand echo This account is not available; exit 1'] });
    const shell = await server.connect();

    await assert.rejects(
      shell.exec(['true']),
      (error) =>
        error instanceof EnvironmentError &&
        error.code === 'no-remote-shell' &&
        error.detail === 'This account is not available',
    );
  });

  test('a server that dies under a command is a lost connection, for this command and all later ones', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const running = shell.exec({ script: 'echo started; exec sleep 1' }, { onOutput: () => server.kill() });

    await assert.rejects(running, (error) => error instanceof ConnectionError && error.code === 'connection-lost');
    await assert.rejects(shell.exec(['true']), ConnectionError);
    await assert.rejects(shell.start(['true']), ConnectionError);
  });

  test('after close each verb fails with a ConnectionError, and close may be called twice', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    await shell.close();
    await shell.close();

    await assert.rejects(
      shell.exec(['true']),
      (error) => error instanceof ConnectionError && error.code === 'connection-closed',
    );
    await assert.rejects(shell.put(Buffer.from('x'), '/tmp/x', { mode: 0o600, sha256: '' }), ConnectionError);
  });
});
