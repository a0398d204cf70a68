import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConnectionError } from '../../src/core/errors.ts';
import { startSshAgent } from '../helpers/ssh/agent.ts';
import { agentCredential, passwordCredential } from '../helpers/ssh/credentials.ts';
import { connectShell } from '../../src/ssh/connect.ts';
import { privateKeyCredential } from '../../src/ssh/login/credential.ts';
import { fingerprint, type HostKey, onlyHostKeys, parseHostKey } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import type { ShellTarget } from '../../src/ssh/target.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';

const { privateKey, publicKey } = generateKeyPair('test');

/** `timeoutMs` is short where it is to pass, and longer than any load of the host where it is not. */
function targetAt(address: ShellTarget['address'], timeoutMs = 300): ShellTarget {
  const credentials = [privateKeyCredential(privateKey)];
  return { machine: 'vm1', user: 'ildvm1', address, credentials, hostKeys: onlyHostKeys([publicKey]), timeoutMs };
}

async function failureOf(target: ShellTarget): Promise<ConnectionError> {
  const outcome = await connectShell(target).catch((error: unknown) => error);
  assert.ok(outcome instanceof ConnectionError, `no ConnectionError: ${String(outcome)}`);
  assert.equal(outcome.machine, 'vm1');
  assert.ok(outcome.message.startsWith('vm1: '));
  assert.ok(outcome.hint, 'names the next step');
  return outcome;
}

/** A TCP server of the test that does with each connection what it is told. */
async function serve(
  onConnection: (socket: net.Socket) => void,
): Promise<AsyncDisposable & { address: { host: string; port: number } }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    address: { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A server that knows one password; OpenSSH's own would need the accounts of the host for that. */
async function servePassword(
  method: 'password' | 'keyboard-interactive',
  password: string,
): Promise<AsyncDisposable & { address: { host: string; port: number } }> {
  const { default: ssh2 } = await import('ssh2');
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    client
      .on('error', () => undefined)
      .on('authentication', (attempt) => {
        const decide = (given: string | undefined): void =>
          given === password ? attempt.accept() : attempt.reject([method]);
        if (attempt.method !== method) attempt.reject([method]);
        else if (attempt.method === 'password') decide(attempt.password);
        else if (attempt.method === 'keyboard-interactive')
          attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) => decide(answers[0]));
      });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    address: { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port },
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

function keyOf(line: string): HostKey {
  const key = parseHostKey(line);
  assert.ok(key);
  return key;
}

describe('connecting', { concurrency: 4, timeout: 30_000 }, () => {
  for (const transport of ['unix', 'tcp'] as const) {
    test(`a user with the right key gets a Shell over ${transport}`, async () => {
      await using server = await startSshd({ transport });
      const shell = await server.connect();

      assert.equal((await shell.exec(['id', '-un'])).stdout.trim(), server.user);
    });
  }

  test('any stream to a server will do', async () => {
    await using server = await startSshd();
    const { address } = server;
    assert.ok('socketPath' in address);
    const shell = await server.connect({ address: { stream: () => net.connect(address.socketPath) } });

    assert.equal((await shell.exec(['echo', 'hello'])).stdout, 'hello\n');
  });

  test('a port where nobody listens is reported as refused', async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();

    const error = await failureOf(targetAt(server.address, 20_000));
    assert.equal(error.code, 'ssh-refused');
    assert.match(error.message, /127\.0\.0\.1:\d+ refused the connection/);
  });

  test('a Unix socket that is not there is reported as a machine that does not run', async () => {
    const error = await failureOf(targetAt({ socketPath: join(tmpdir(), 'lab-no-such-socket') }, 20_000));

    assert.equal(error.code, 'ssh-socket-missing');
    assert.match(error.hint ?? '', /lab up/);
  });

  test('a name that cannot be resolved is reported as such', async () => {
    const error = await failureOf(targetAt({ host: 'no-such-host.invalid', port: 22 }, 20_000));

    assert.equal(error.code, 'ssh-name-unknown');
  });

  test('a server that accepts and never speaks is told apart from a slow one', async () => {
    await using server = await serve(() => undefined);

    const error = await failureOf(targetAt(server.address));
    assert.equal(error.code, 'ssh-silent');
    assert.match(error.message, /said nothing within 300 ms: nothing speaks SSH there/);
  });

  test('a server that hangs up at once is reported as such', async () => {
    await using server = await serve((socket) => socket.end());

    assert.equal((await failureOf(targetAt(server.address, 20_000))).code, 'ssh-hung-up');
  });

  test('a server of another protocol is named by what it said, whether it waits or hangs up', async () => {
    await using waiting = await serve((socket) => socket.write('220 mail.example ESMTP\r\n'));
    await using leaving = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

    for (const [server, words] of [
      [waiting, /220 mail\.example/],
      [leaving, /400 Bad Request/],
    ] as const) {
      const error = await failureOf(targetAt(server.address));
      assert.equal(error.code, 'ssh-not-ssh');
      assert.match(error.detail ?? '', words);
    }
  });

  test('a tarpit, which says something for ever before the greeting that never comes, is given up in time', async () => {
    await using server = await serve((socket) => {
      const timer = setInterval(() => socket.write(`${Math.random()}\r\n`), 20);
      socket.on('close', () => clearInterval(timer));
    });

    const error = await failureOf(targetAt(server.address));
    assert.equal(error.code, 'ssh-not-ssh');
    assert.match(error.detail ?? '', /It said: "0\./);
  });

  test('a server that is out of places to wait, or behind a firewall that drops packets, is reported as one that does not answer', async () => {
    // A queue of one, filled: the kernel then ignores further connections.
    const queue =
      'import socket; s = socket.create_server(("127.0.0.1", 0), backlog=0); c = socket.create_connection(s.getsockname()); print(s.getsockname()[1], flush=True); input()';
    const server = spawn('/usr/bin/python3', ['-c', queue], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const error = await failureOf(targetAt({ host: '127.0.0.1', port: Number(port) })).finally(() => server.kill());
    assert.equal(error.code, 'ssh-unreachable');
    assert.match(error.message, /did not answer within 300 ms/);
  });

  test('a server that greets and then breaks off is reported as such', async () => {
    await using server = await serve((socket) => socket.end('SSH-2.0-broken\r\n'));

    assert.equal((await failureOf(targetAt(server.address, 20_000))).code, 'ssh-closed');
  });

  test('a server that greets and then hangs is reported as a time-out', async () => {
    await using server = await serve((socket) => socket.write('SSH-2.0-hung\r\n'));

    const error = await failureOf(targetAt(server.address));
    assert.equal(error.code, 'ssh-timeout');
    assert.match(error.message, /key exchange within 300 ms/);
  });

  test('a server with which no algorithm is shared is reported with what it offers and what is needed', async () => {
    await using server = await startSshd({ sshdConfig: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });

    const error = await failureOf(server.target());
    assert.equal(error.code, 'ssh-no-common-algorithm');
    assert.match(error.detail ?? '', /^It offers for KexAlgorithms: sntrup761x25519-sha512@openssh\.com$/m);
    assert.match(error.hint ?? '', /curve25519-sha256/);
  });

  test('a wrong key is refused, with what was tried and what the server accepts', async () => {
    await using server = await startSshd();

    const error = await failureOf(server.target({ credentials: [privateKeyCredential(privateKey)] }));
    assert.equal(error.code, 'ssh-login-refused');
    assert.equal(
      error.message,
      `vm1: ${(server.address as { socketPath: string }).socketPath} did not let user ${server.user} in`,
    );
    assert.equal(error.detail, 'Tried: private key. The server accepts: publickey.');
  });

  test('no key at all is reported as such', async () => {
    await using server = await startSshd();

    const error = await failureOf(server.target({ credentials: [] }));
    assert.equal(error.code, 'ssh-login-refused');
    assert.match(error.detail ?? '', /^Tried: nothing/);
  });

  test('an agent that is not there does not keep a key from being tried', async () => {
    await using server = await startSshd();
    const absent = agentCredential(join(server.folder, 'no-agent'));
    const shell = await server.connect({ credentials: [absent, ...server.target().credentials] });
    assert.equal((await shell.exec(['true'])).exitCode, 0);

    const error = await failureOf(server.target({ credentials: [absent] }));
    assert.equal(error.code, 'ssh-login-refused');
  });

  test('a key that an agent holds lets the user in', async () => {
    await using server = await startSshd();
    using agent = await startSshAgent(server.folder);
    agent.add(server.userKey.privateKey);
    const shell = await server.connect({ credentials: [agentCredential(agent.socket)] });
    assert.equal((await shell.exec(['true'])).exitCode, 0);
  });

  for (const method of ['password', 'keyboard-interactive'] as const) {
    test(`a password is given to a server that asks by ${method}`, async () => {
      await using server = await servePassword(method, 'secret');

      const shell = await connectShell({
        ...targetAt(server.address, 5000),
        hostKeys: onlyHostKeys([publicKey]),
        credentials: [passwordCredential('secret')],
      });
      await shell.close();
      assert.equal(
        (await failureOf({ ...targetAt(server.address, 5000), credentials: [passwordCredential('wrong')] })).code,
        'ssh-login-refused',
      );
    });
  }

  test('a private key that cannot be used is reported before anything is sent', async () => {
    await using server = await startSshd();

    assert.equal(
      (await failureOf(server.target({ credentials: [privateKeyCredential('not a key')] }))).code,
      'ssh-key-unusable',
    );
  });

  test('an unknown host key is an error that shows its fingerprint', async () => {
    await using server = await startSshd();

    const error = await failureOf(server.target({ hostKeys: onlyHostKeys([]) }));
    assert.equal(error.code, 'host-key-unknown');
    assert.ok(error.detail?.includes(fingerprint(keyOf(server.hostKey.publicKey).blob)));
  });

  test('a changed host key is an error that shows both fingerprints', async () => {
    await using server = await startSshd();

    const error = await failureOf(server.target({ hostKeys: onlyHostKeys([publicKey]) }));
    assert.equal(error.code, 'host-key-changed');
    assert.equal(
      error.detail,
      [
        `expected ssh-ed25519 ${fingerprint(keyOf(publicKey).blob)}`,
        `shown    ssh-ed25519 ${fingerprint(keyOf(server.hostKey.publicKey).blob)}`,
      ].join('\n'),
    );
  });

  test('an unknown host key is learnt once when the policy says so', async () => {
    await using server = await startSshd();
    const learnt: HostKey[] = [];
    const learn = async (key: HostKey): Promise<void> => void learnt.push(key);
    await server.connect({ hostKeys: { trusted: [], revoked: [], learn } });
    await server.connect({ hostKeys: { trusted: learnt, revoked: [], learn } });

    assert.deepEqual(
      learnt.map((key) => fingerprint(key.blob)),
      [fingerprint(keyOf(server.hostKey.publicKey).blob)],
    );
  });

  test('of several host keys the server is asked for the one that is known', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-keys-'));
    const file = join(folder.path, 'other');
    const ecdsa = await newEcdsaKey(file);
    await using server = await startSshd({ sshdConfig: [`HostKey ${file}`] });

    for (const known of [ecdsa, server.hostKey.publicKey]) {
      const shell = await server.connect({ hostKeys: onlyHostKeys([known]) });
      assert.equal((await shell.exec(['true'])).exitCode, 0);
    }
  });

  test('connecting stops at once when it is aborted', async () => {
    await using server = await serve(() => undefined);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const connecting = connectShell({ ...targetAt(server.address, 60_000), signal: controller.signal });
    setImmediate(() => controller.abort(reason));

    await assert.rejects(connecting, reason);
  });
});

async function newEcdsaKey(file: string): Promise<string> {
  const { default: ssh2 } = await import('ssh2');
  const pair = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  writeFileSync(file, pair.private, { mode: 0o600 });
  return pair.public;
}
