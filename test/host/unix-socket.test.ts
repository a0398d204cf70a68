import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectUnix, listenUnix } from '../../src/host/unix-socket.ts';

const onlyLinux = { skip: process.platform !== 'linux' && 'this needs /proc' };

test(
  'connections and servers of Unix sockets leave no descriptor behind, however long the path is',
  onlyLinux,
  async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-socket-'));
    const long = join(folder.path, 'a'.repeat(100), 'b'.repeat(100));
    mkdirSync(long, { recursive: true });
    const before = readdirSync('/proc/self/fd').length;
    for (const path of [join(long, 'socket'), join(folder.path, 'socket')]) {
      const server = createServer((socket) => socket.end('hello'));
      listenUnix(server, path);
      await once(server, 'listening');
      assert.ok(existsSync(path));
      const greetings = [1, 2, 3].map(async () => {
        const socket = connectUnix(path);
        const [[data]] = await Promise.all([once(socket, 'data'), once(socket, 'close')]);
        return String(data);
      });
      assert.deepEqual(await Promise.all(greetings), ['hello', 'hello', 'hello']);
      server.close();
      await once(server, 'close');
      assert.equal(existsSync(path), false);
    }
    assert.equal(readdirSync('/proc/self/fd').length, before);
  },
);

test('a folder that is missing is an event, not thrown, and leaves no descriptor behind', onlyLinux, async () => {
  const before = readdirSync('/proc/self/fd').length;
  for (const path of [`/no-such-folder/${'a'.repeat(150)}/socket`, '/no-such-folder/socket']) {
    const [unconnected] = (await once(connectUnix(path), 'error', { signal: AbortSignal.timeout(10_000) }).catch(
      (error: unknown) => [error],
    )) as [{ code?: string }];
    assert.equal(unconnected.code, 'ENOENT');
    const server = createServer();
    listenUnix(server, path);
    const [unheard] = (await once(server, 'error', { signal: AbortSignal.timeout(10_000) })) as [{ code?: string }];
    assert.match(unheard.code ?? '', /ENOENT|EACCES/);
    server.close();
  }
  await new Promise(setImmediate);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('a socket has its name only when it can be connected to, whatever lay there, and is for this user only', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-socket-'));
  const path = join(folder.path, 'socket');
  // What a killed process leaves: names that nobody listens at.
  for (const left of [path, `${path}.new`]) {
    const killed = `require('net').createServer().listen('${left}', () => process.kill(process.pid, 'SIGKILL'))`;
    assert.equal(spawnSync(process.execPath, ['-e', killed]).signal, 'SIGKILL');
    assert.ok(existsSync(left));
  }
  rmSync(path);
  const server = createServer((socket) => socket.end('hello'));
  listenUnix(server, path);
  assert.ok(!existsSync(path), 'bind(2) has been called, listen(2) perhaps not');
  await once(server, 'listening');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const [data] = (await once(connectUnix(path), 'data')) as [Buffer];
  assert.equal(String(data), 'hello');

  const next = createServer();
  listenUnix(next, path);
  await once(next, 'listening');
  server.close();
  await once(server, 'close');
  assert.ok(existsSync(path), 'it is the socket of the next server');
  next.close();
  await once(next, 'close');
  assert.deepEqual(readdirSync(folder.path), []);
});
