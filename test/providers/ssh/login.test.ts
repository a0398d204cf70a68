import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConnectionError } from '../../../src/core/errors.ts';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';
import { type SshAgent, startSshAgent } from '../../helpers/ssh/agent.ts';
import { startPasswordServer } from '../../helpers/ssh/password-server.ts';
import { accessTo, knownLine, sshUser } from '../../helpers/ssh/ssh-routes.ts';
import { startSshd, type TestSshd } from '../../helpers/ssh/sshd.ts';

function isRefusal(error: unknown, ...patterns: readonly RegExp[]): boolean {
  assert.ok(error instanceof ConnectionError, String(error));
  assert.equal(error.code, 'ssh-login-refused');
  for (const pattern of patterns) assert.match(`${error.detail}\n${error.hint}`, pattern);
  return true;
}

/** An agent with the right key of a server behind so many others. */
async function agentWith(server: TestSshd, others: number): Promise<SshAgent> {
  const agent = await startSshAgent(server.folder);
  for (const { privateKey } of [...Array.from({ length: others }, () => generateKeyPair('other')), server.userKey])
    agent.add(privateKey);
  return agent;
}

describe('logging in as the user of OpenSSH expects', () => {
  test('an agent with more keys than the server has patience shows first the key that the configuration names', async () => {
    await using server = await startSshd({ transport: 'tcp', sshdConfig: ['MaxAuthTries 3'] });
    using agent = await agentWith(server, 6);
    const common = { knownHosts: knownLine(server), keys: { 'id.pub': server.userKey.publicKey } };
    {
      await using me = sshUser({ ...common, config: `IdentityAgent ${agent.socket}` });
      await assert.rejects(me.reach(accessTo(server)), (error) =>
        isRefusal(error, /Tried: agent\..* It would see no more of them\./, /MaxAuthTries[\s\S]*name the right key/),
      );
    }
    await using me = sshUser({ ...common, config: `IdentityAgent ${agent.socket}\nIdentityFile FOLDER/id` });
    await me.reach(accessTo(server));
  });

  test('a key file that nobody can read is passed over when only the configuration names it', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const config = 'IdentityFile FOLDER/broken\nIdentityFile FOLDER/id';
    await using me = sshUser({
      config,
      knownHosts: knownLine(server),
      keys: { broken: 'no key at all', id: server.userKey.privateKey },
    });
    await me.reach(accessTo(server));
    await using other = sshUser({
      config,
      knownHosts: knownLine(server),
      keys: { broken: 'no key at all', id: generateKeyPair('').privateKey },
    });
    await assert.rejects(other.reach(accessTo(server)), (error) => isRefusal(error, /broken \(which lab cannot use: /));
    await assert.rejects(other.reach({ ...accessTo(server), key: join(other.folder, 'broken') }), {
      code: 'ssh-key-unusable',
    });
  });

  test('one passphrase is asked for once, however many connections need its key at the same time', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const file = join(server.folder, 'locked');
    writeFileSync(file, server.userKey.privateKey, { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', file], { stdio: 'ignore' });
    await using me = sshUser({
      knownHosts: knownLine(server),
      answers: [
        [/^Passphrase of .*locked: $/, 'wrong'],
        [/^Passphrase/, 'open sesame'],
      ],
    });
    await Promise.all([1, 2, 3, 4].map(() => me.reach({ ...accessTo(server), key: file })));
    assert.equal(me.asked.length, 2);
  });

  test('a jump host has a password of its own, and is never shown that of the machine behind it', async () => {
    await using jump = await startPasswordServer('password', 'of the gate');
    await using server = await startPasswordServer('password', 'of the machine');
    const config = `Host gate\n  HostName 127.0.0.1\n  Port ${jump.address.port}\nHost vm\n  HostName 127.0.0.1\n  Port ${server.address.port}\n  ProxyJump gate\n`;
    const knownHosts = jump.knownHosts + server.knownHosts;
    {
      await using me = sshUser({
        config,
        knownHosts,
        env: { LAB_SSH_PASSWORD_GATE: 'of the gate', LAB_SSH_PASSWORD_VM1: 'of the machine' },
      });
      await me.reach({ host: 'vm' });
    }
    {
      await using me = sshUser({ config, knownHosts, env: { LAB_SSH_PASSWORD_VM1: 'of the machine' } });
      await assert.rejects(me.reach({ host: 'vm' }), (error) => isRefusal(error, /LAB_SSH_PASSWORD_GATE/));
    }
    {
      await using me = sshUser({
        config,
        knownHosts,
        answers: [
          [/^Password of \S+@127\.0\.0\.1:\d+ \(gate\): $/, 'of the gate'],
          [/\(vm1\): $/, 'of the machine'],
        ],
      });
      await me.reach({ host: 'vm' });
    }
    assert.deepEqual(
      [jump.given, server.given],
      [
        ['of the gate', 'of the gate'],
        ['of the machine', 'of the machine'],
      ],
    );
  });

  test('the configuration says how, and how often: PreferredAuthentications, NumberOfPasswordPrompts, BatchMode', async () => {
    await using server = await startPasswordServer('password', 'secret');
    const key = { id: generateKeyPair('').privateKey };
    for (const lines of [
      'BatchMode yes',
      'PreferredAuthentications publickey',
      'PreferredAuthentications keyboard-interactive',
      'PasswordAuthentication no',
    ]) {
      await using me = sshUser({
        config: `${lines}\nIdentityFile FOLDER/id`,
        keys: key,
        knownHosts: server.knownHosts,
        answers: [],
      });
      await assert.rejects(me.reach(server.address), (error) => isRefusal(error), lines);
    }
    {
      await using me = sshUser({
        config: 'PreferredAuthentications password\nNumberOfPasswordPrompts 1\nIdentityFile FOLDER/id',
        keys: key,
        knownHosts: server.knownHosts,
        answers: [[/^Password/, 'wrong']],
      });
      await assert.rejects(me.reach(server.address), (error) => isRefusal(error, /^Tried: password\./));
    }
    assert.deepEqual(server.given, ['wrong']);
  });

  test('a certificate that OpenSSH would show, and lab cannot, is named when the login is refused', async () => {
    await using server = await startSshd({
      transport: 'tcp',
      sshdConfig: ['TrustedUserCAKeys FOLDER/ca.pub', 'AuthorizedKeysFile none'],
    });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(server.folder, 'ca')]);
    writeFileSync(join(server.folder, 'id.pub'), server.userKey.publicKey);
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      join(server.folder, 'ca'),
      '-I',
      'me',
      '-n',
      server.user,
      join(server.folder, 'id.pub'),
    ]);
    const cases: readonly (readonly [config: string, named: RegExp])[] = [
      ['IdentityFile FOLDER/id', /certificate \S*\/id-cert\.pub, which lab cannot do[\s\S]*ssh-copy-id/],
      [`IdentityFile FOLDER/id\nCertificateFile ${server.folder}/id-cert.pub`, /id-cert\.pub/],
    ];
    for (const [config, named] of cases) {
      await using me = sshUser({
        config,
        keys: { id: server.userKey.privateKey, 'id-cert.pub': 'beside the key' },
        knownHosts: knownLine(server),
      });
      await assert.rejects(me.reach(accessTo(server)), (error) => isRefusal(error, named));
    }
  });

  test('connections come from where BindAddress or BindInterface says', async () => {
    await using server = await startSshd({ transport: 'tcp', sshdConfig: ['LogLevel VERBOSE'] });
    const common = { keys: { id: server.userKey.privateKey }, knownHosts: knownLine(server) };
    for (const [line, from] of [
      ['BindAddress 127.0.0.9', '127.0.0.9'],
      ['BindInterface lo', '127.0.0.1'],
    ] as const) {
      await using me = sshUser({ ...common, config: `${line}\nIdentityFile FOLDER/id` });
      const shell = await me.reach(accessTo(server));
      assert.match((await shell.exec({ script: 'echo $SSH_CONNECTION' })).stdout, new RegExp(`^${from} `));
    }
    for (const [line, code] of [
      ['BindAddress 192.0.2.1', 'ssh-not-from-here'],
      ['BindInterface no-such-one', 'no-local-address'],
    ] as const) {
      await using me = sshUser({ ...common, config: line });
      await assert.rejects(me.reach(accessTo(server)), { code }, line);
    }
  });

  test('a KnownHostsCommand is not asked, and said to be so when a host key is unknown', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    await using me = sshUser({ config: 'KnownHostsCommand /bin/echo %H' });
    await assert.rejects(
      me.reach(accessTo(server)),
      (error) =>
        error instanceof ConnectionError &&
        error.code === 'host-key-unknown' &&
        /KnownHostsCommand/.test(error.detail ?? ''),
    );
  });
});
