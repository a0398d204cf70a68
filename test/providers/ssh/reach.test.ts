import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConnectionError } from '../../../src/core/errors.ts';
import { configStamp } from '../../../src/providers/ssh/route/config-stamp.ts';
import { parseHop } from '../../../src/providers/ssh/route/resolve-route.ts';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';
import type { Shell } from '../../../src/ssh/shell.ts';
import { startSshAgent } from '../../helpers/ssh/agent.ts';
import { startPasswordServer } from '../../helpers/ssh/password-server.ts';
import { accessTo, knownLine, sshUser } from '../../helpers/ssh/ssh-routes.ts';
import { startSshd } from '../../helpers/ssh/sshd.ts';

async function greets(shell: Shell): Promise<void> {
  assert.equal((await shell.exec(['echo', 'hello'])).stdout, 'hello\n');
}

/** A program that joins its standard streams to an address, as `nc` does, and keeps its environment in a file beside it. */
const relay = `#!/bin/sh
env >"$0.env"
exec ${process.execPath} -e 'const [h, p] = process.argv.slice(1); const s = require("net").connect(p, h); process.stdin.pipe(s).pipe(process.stdout)' "$@"
`;

/** Encrypts a key as `ssh-keygen -p` does. */
function locked(privateKey: string, passphrase: string, form: 'openssh' | 'pem' = 'openssh'): string {
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  const file = join(folder, 'key');
  try {
    writeFileSync(file, privateKey, { mode: 0o600 });
    execFileSync(
      'ssh-keygen',
      ['-q', '-p', '-P', '', '-N', passphrase, ...(form === 'pem' ? ['-m', 'PEM'] : []), '-f', file],
      { stdio: 'ignore' },
    );
    return execFileSync('cat', [file], { encoding: 'utf8' });
  } finally {
    execFileSync('rm', ['-r', folder]);
  }
}

describe('a machine is reached', () => {
  test("by an alias of the user's own configuration: address, port, user and key", async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { host, port, user } = accessTo(server);
    const config = `Host my-vm\n  HostName ${host}\n  Port ${port}\n  User ${user}\n  IdentityFile FOLDER/id`;
    await using me = sshUser({ config, keys: { id: server.userKey.privateKey }, knownHosts: knownLine(server) });
    await greets(await me.reach({ host: 'my-vm' }));
  });

  test('by what lab.yaml says, which wins over the configuration', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { host, port, user } = accessTo(server);
    await using me = sshUser({
      config: `Host *\n  User nobody-else\n  Port 1`,
      keys: { id: server.userKey.privateKey },
      knownHosts: knownLine(server),
    });
    await greets(await me.reach({ host, port, user, key: join(me.folder, 'id') }));
  });

  test('at an IPv6 address', async () => {
    await using server = await startSshd({ transport: 'tcp6' });
    await using me = sshUser({ keys: { id: server.userKey.privateKey }, knownHosts: knownLine(server) });
    await greets(await me.reach({ ...accessTo(server), host: '::1', key: join(me.folder, 'id') }));
  });

  test('through two jump hosts, the host key of each checked', async () => {
    await using first = await startSshd({ transport: 'tcp' });
    await using second = await startSshd({ transport: 'tcp' });
    await using server = await startSshd({ transport: 'tcp' });
    const hop = (name: string, at: typeof first, key: string): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${accessTo(at).port}\n  User ${at.user}\n  IdentityFile FOLDER/${key}\n`;
    const config = `${hop('outer', first, 'one')}${hop('inner', second, 'two')}  ProxyJump outer\n${hop('vm', server, 'three')}  ProxyJump inner\n`;
    const keys = { one: first.userKey.privateKey, two: second.userKey.privateKey, three: server.userKey.privateKey };
    {
      await using me = sshUser({
        config,
        keys,
        knownHosts: [first, second, server].map((one) => knownLine(one)).join(''),
      });
      await greets(await me.reach({ host: 'vm' }));
      assert.deepEqual(
        [first, second, server].map(({ processes }) => processes.length),
        [1, 1, 1],
      );
    }
    await using me = sshUser({
      config,
      keys,
      knownHosts: knownLine(first) + knownLine(second, generateKeyPair('').publicKey) + knownLine(server),
    });
    await assert.rejects(me.reach({ host: 'vm' }), { code: 'host-key-changed' });
    assert.equal(server.processes.length, 1, 'nobody got further');
  });

  test('a jump host that allows no forwarding is reported as such', async () => {
    await using jump = await startSshd({ transport: 'tcp', sshdConfig: ['AllowTcpForwarding no'] });
    const config = `Host jump\n  Port ${accessTo(jump).port}\n  HostName 127.0.0.1\n  User ${jump.user}\n  IdentityFile FOLDER/id\nHost vm\n  HostName 10.9.9.9\n  ProxyJump jump\n`;
    await using me = sshUser({ config, keys: { id: jump.userKey.privateKey }, knownHosts: knownLine(jump) });
    await assert.rejects(
      me.reach({ host: 'vm' }),
      (error) =>
        error instanceof ConnectionError &&
        error.code === 'jump-refused' &&
        /10\.9\.9\.9:22/.test(error.message) &&
        /AllowTcpForwarding/.test(error.hint ?? ''),
    );
  });

  test('jump hosts that lead in a circle are reported', async () => {
    await using me = sshUser({ config: 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n' });
    await assert.rejects(me.reach({ host: 'a' }), { code: 'too-many-jumps' });
  });

  test('through a ProxyCommand, with its tokens; no command of the configuration sees our passwords', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { host, port, user } = accessTo(server);
    const config = `Host vm\n  HostName ${host}\n  Port ${port}\n  User ${user}\n  IdentityFile FOLDER/id\n  ProxyCommand sh FOLDER/relay %h %p\nMatch exec "env >FOLDER/match.env"\n`;
    await using me = sshUser({
      config,
      keys: { id: server.userKey.privateKey, relay },
      knownHosts: knownLine(server),
      env: { LAB_SSH_PASSWORD: 'secret', LAB_SUDO_PASSWORD_VM1: 'secret' },
    });
    await greets(await me.reach({ host: 'vm' }));
    for (const name of ['relay.env', 'match.env']) {
      const environment = readFileSync(join(me.folder, name), 'utf8');
      assert.match(environment, /^LAB_SSH_CONFIG=/m);
      assert.doesNotMatch(environment, /secret/, name);
    }
  });

  test('a ProxyCommand that fails is reported with its own words', async () => {
    await using me = sshUser({ config: 'Host vm\n  ProxyCommand sh -c "echo no way to %h >&2; exit 1"\n' });
    await assert.rejects(
      me.reach({ host: 'vm' }),
      (error) => error instanceof ConnectionError && error.code === 'ssh-hung-up' && error.detail === 'no way to vm',
    );
  });

  test("a wrong configuration is reported in OpenSSH's words", async () => {
    await using me = sshUser({ config: 'Prot 22' });
    await assert.rejects(
      me.reach({ host: 'vm' }),
      (error) =>
        error instanceof Error &&
        'detail' in error &&
        /line 1: Bad configuration option: prot/i.test(String(error.detail)),
    );
  });
});

describe('a user is let in', () => {
  test('by an agent, with IdentitiesOnly only by the keys that are named', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    using agent = await startSshAgent(server.folder);
    for (const { privateKey } of [generateKeyPair('other'), server.userKey]) agent.add(privateKey);
    const common = {
      knownHosts: knownLine(server),
      keys: { 'id.pub': server.userKey.publicKey, 'other.pub': generateKeyPair('').publicKey },
    };
    for (const [lines, works] of [
      ['', true],
      ['IdentitiesOnly yes\n  IdentityFile FOLDER/id', true],
      ['IdentitiesOnly yes\n  IdentityFile FOLDER/other', false],
    ] as const) {
      await using me = sshUser({ ...common, config: `Host *\n  IdentityAgent ${agent.socket}\n  ${lines}` });
      if (works) await greets(await me.reach(accessTo(server)));
      else await assert.rejects(me.reach(accessTo(server)), { code: 'ssh-login-refused' });
    }
  });

  for (const form of ['openssh', 'pem'] as const) {
    test(`by a key in ${form} form that a passphrase opens, from the environment or a person`, async () => {
      const pair =
        form === 'openssh'
          ? undefined
          : execFileSync('openssl', ['genrsa', '-traditional', '2048'], {
              encoding: 'utf8',
              stdio: ['ignore', 'pipe', 'ignore'],
            });
      await using server = await startSshd({ transport: 'tcp' });
      if (pair !== undefined) {
        const file = join(server.folder, 'rsa');
        writeFileSync(file, pair, { mode: 0o600 });
        writeFileSync(
          join(server.folder, 'authorized_keys'),
          execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }),
        );
      }
      const common = {
        knownHosts: knownLine(server),
        keys: { id: locked(pair ?? server.userKey.privateKey, 'open sesame', form) },
      };
      {
        await using me = sshUser({
          ...common,
          env: { LAB_SSH_PASSPHRASE: 'wrong', LAB_SSH_PASSPHRASE_VM1: 'open sesame' },
        });
        await greets(await me.reach({ ...accessTo(server), key: join(me.folder, 'id') }));
      }
      {
        await using me = sshUser({
          ...common,
          answers: [
            [/^Passphrase of .*id: $/, 'wrong'],
            [/^Passphrase/, 'open sesame'],
          ],
        });
        await greets(await me.reach({ ...accessTo(server), key: join(me.folder, 'id') }));
        assert.equal(me.asked.length, 2);
      }
    });
  }

  test('nobody is asked for the passphrase of a key that the server would not take', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    await using me = sshUser({
      knownHosts: knownLine(server),
      keys: { id: locked(generateKeyPair('').privateKey, 'secret') },
      answers: [],
    });
    await assert.rejects(me.reach({ ...accessTo(server), key: join(me.folder, 'id') }), { code: 'ssh-login-refused' });
  });

  test('a wrong passphrase is told apart from a key that is not accepted', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    await using me = sshUser({
      knownHosts: knownLine(server),
      keys: { id: locked(server.userKey.privateKey, 'secret') },
      env: { LAB_SSH_PASSPHRASE: 'wrong' },
    });
    await assert.rejects(
      me.reach({ ...accessTo(server), key: join(me.folder, 'id') }),
      (error) => error instanceof ConnectionError && /id \(which stayed locked\)/.test(error.detail ?? ''),
    );
  });

  test('a key of lab.yaml that is not there is reported before anything is sent, with how to make one', async () => {
    await using me = sshUser();
    await assert.rejects(
      me.reach({ host: '127.0.0.1', port: 1, key: '/no/such/key' }),
      (error) =>
        error instanceof Error &&
        'hint' in error &&
        /ssh-keygen -t ed25519 -f \/no\/such\/key/.test(String(error.hint)),
    );
  });

  for (const method of ['password', 'keyboard-interactive'] as const) {
    test(`by a password of the environment, that of the machine before that of all, given by ${method}`, async () => {
      await using server = await startPasswordServer(method, 'secret');
      await using me = sshUser({
        knownHosts: server.knownHosts,
        env: { LAB_SSH_PASSWORD: 'wrong', LAB_SSH_PASSWORD_VM1: 'secret' },
      });
      await me.reach(server.address);
    });

    test(`by a password that a person types, who may be wrong twice, given by ${method}`, async () => {
      await using server = await startPasswordServer(method, 'secret');
      await using me = sshUser({
        knownHosts: server.knownHosts,
        answers: [
          [/^Password of student@127\.0\.0\.1:\d+ \(vm1\): $/, 'one'],
          [/^Password/, 'two'],
          [/^Password/, 'secret'],
        ],
      });
      await me.reach(server.address);
      assert.equal(me.asked.length, 3);
    });
  }

  test('what a server asks beyond the password is put to the user', async () => {
    await using server = await startPasswordServer('keyboard-interactive', 'secret', [
      { prompt: 'Code of your token: ', echo: true, answer: '123456' },
    ]);
    await using me = sshUser({
      knownHosts: server.knownHosts,
      env: { LAB_SSH_PASSWORD: 'secret' },
      answers: [[/^vm1: Code of your token: $/, '123456']],
    });
    await me.reach(server.address);
  });

  test('a wrong password of the environment is given once, and nobody else is asked', async () => {
    await using server = await startPasswordServer('password', 'secret');
    await using me = sshUser({ knownHosts: server.knownHosts, env: { LAB_SSH_PASSWORD: 'wrong' } });
    await assert.rejects(
      me.reach(server.address),
      (error) =>
        error instanceof ConnectionError &&
        error.code === 'ssh-login-refused' &&
        /Tried: password/.test(error.detail ?? ''),
    );
    assert.equal(server.attempts(), 1);
  });

  test('nobody is asked for a password that the server does not take', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    await using me = sshUser({ knownHosts: knownLine(server), answers: [] });
    await assert.rejects(me.reach(accessTo(server)), { code: 'ssh-login-refused' });
  });
});

test('hosts of ProxyJump are read as OpenSSH reads them', () => {
  assert.deepEqual(
    ['gate', 'me@gate', 'gate:2222', 'me@gate:2222', '[::1]:22', 'me@[fe80::1]', 'ssh://me@gate:22', 'fe80::2'].map(
      (text) => {
        const { user, alias, port } = parseHop(text);
        return [user, alias, port];
      },
    ),
    [
      [undefined, 'gate', undefined],
      ['me', 'gate', undefined],
      [undefined, 'gate', 2222],
      ['me', 'gate', 2222],
      [undefined, '::1', 22],
      ['me', 'fe80::1', undefined],
      ['me', 'gate', 22],
      [undefined, 'fe80::2', undefined],
    ],
  );
});

test('what OpenSSH answered is asked for again when a file of its configuration has changed, also one that is only included', async () => {
  await using me = sshUser({
    config: 'Include FOLDER/more.d/*.conf\nInclude "FOLDER/one more"',
    keys: { 'one more': 'User me\n' },
  });
  mkdirSync(join(me.folder, 'more.d'));
  const stamps = [await configStamp()];
  for (const [file, text] of [
    ['more.d/a.conf', 'Include FOLDER/deep'],
    ['deep', 'Port 1'],
    ['deep', 'Port 22'],
    ['one more', 'User you'],
    ['unrelated', ''],
  ] as const) {
    writeFileSync(join(me.folder, file), text.replace('FOLDER', me.folder));
    stamps.push(await configStamp());
  }
  assert.equal(new Set(stamps).size, 5);
  assert.equal(stamps.at(-1), stamps.at(-2), 'another file does not matter');
});
