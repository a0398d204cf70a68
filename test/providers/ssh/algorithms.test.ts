import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ParsedKey } from 'ssh2';
import { ConnectionError } from '../../../src/core/errors.ts';
import { algorithmsOf } from '../../../src/providers/ssh/route/login-config.ts';
import { parseAnswer } from '../../../src/providers/ssh/route/openssh-config.ts';
import { resolveRoute } from '../../../src/providers/ssh/route/resolve-route.ts';
import { sshConfigOf } from '../../../src/providers/ssh/route/client-config.ts';
import { usualAlgorithms } from '../../../src/ssh/trust/algorithms.ts';
import { loginFailure } from '../../../src/ssh/login/login-failure.ts';
import { SignatureRefused, SignatureRules } from '../../../src/ssh/login/signatures.ts';
import { startDropbear } from '../../helpers/ssh/dropbear.ts';
import { accessTo, knownLine, machineWith, sshUser } from '../../helpers/ssh/ssh-routes.ts';
import { isRoot, startSshd, type TestSshd } from '../../helpers/ssh/sshd.ts';
import { without } from '../../helpers/tools.ts';

/** Connects with what the configuration says of the host `old`, in the words of ssh_config(5). */
async function connect(
  server: TestSshd,
  lines: string,
  { key = server.userKey.privateKey, hostKey = server.hostKey.publicKey } = {},
): Promise<ConnectionError | undefined> {
  const { host, port, user } = accessTo(server);
  await using me = sshUser({
    config: `${lines}\nHost old\n  HostName ${host}\n  Port ${port}\n  User ${user}\n  IdentityFile FOLDER/id\n`,
    keys: { id: key },
    knownHosts: knownLine(server, hostKey),
  });
  const outcome = await me.reach({ host: 'old' }).then(
    async (shell) => {
      assert.equal((await shell.exec(['echo', 'hello'])).stdout, 'hello\n');
    },
    (error: unknown) => error,
  );
  assert.ok(outcome === undefined || outcome instanceof ConnectionError, String(outcome));
  return outcome;
}

/** An RSA key in the folder of a server; its public half. */
function makeRsaKey(server: TestSshd, name: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', join(server.folder, name)]);
  return readFileSync(join(server.folder, `${name}.pub`), 'utf8').trim();
}

describe('algorithms', () => {
  const weak = {
    KexAlgorithms: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
    Ciphers: ['aes128-cbc', '3des-cbc'],
    MACs: ['hmac-md5', 'hmac-sha1-96'],
  } as const;
  for (const [keyword, names] of Object.entries(weak)) {
    for (const name of names) {
      test(`${name} is used with a server that has nothing else, if the configuration allows it to that server, and never else`, async () => {
        const own = [`${keyword} ${name}`, ...(keyword === 'MACs' ? ['Ciphers aes128-ctr'] : [])];
        await using server = await startSshd({ transport: 'tcp', sshdConfig: own });
        const refused = await connect(server, '');
        assert.equal(refused?.code, 'ssh-no-common-algorithm');
        assert.equal(refused.detail, `It offers for ${keyword}: ${name}`);
        const lines = /^(?:Host .*\n.*)$/m.exec(refused.hint ?? '')?.[0];
        assert.equal(lines, `Host old\n    ${keyword} +${name}`, refused.hint);
        assert.equal(await connect(server, lines), undefined, 'the hint itself is the remedy');
        assert.equal(
          (await connect(server, lines.replace('Host old', 'Host other')))?.code,
          'ssh-no-common-algorithm',
          'what another host may is not for this one',
        );
      });
    }
  }

  test('a server whose host key can only sign with SHA-1 is checked like any other, once that is allowed', async () => {
    await using server = await startSshd({
      transport: 'tcp',
      sshdConfig: ['HostKey FOLDER/rsa', 'HostKeyAlgorithms ssh-rsa'],
    });
    const hostKey = makeRsaKey(server, 'rsa');
    const refused = await connect(server, '', { hostKey });
    assert.equal(refused?.detail, 'It offers for HostKeyAlgorithms: ssh-rsa');
    assert.equal(await connect(server, 'Host old\n    HostKeyAlgorithms +ssh-rsa', { hostKey }), undefined);
    assert.equal(
      (await connect(server, 'Host old\n    HostKeyAlgorithms +ssh-rsa', { hostKey: server.hostKey.publicKey }))?.code,
      'host-key-changed',
    );
  });

  test('a server that offers nothing new at all is reported with all that would have to be allowed', async () => {
    await using server = await startSshd({
      transport: 'tcp',
      sshdConfig: [
        'HostKey FOLDER/rsa',
        'HostKeyAlgorithms ssh-rsa',
        'KexAlgorithms diffie-hellman-group14-sha1',
        'Ciphers aes256-cbc,aes128-cbc',
        'MACs hmac-sha1',
      ],
    });
    const hostKey = makeRsaKey(server, 'rsa');
    const refused = await connect(server, '', { hostKey });
    assert.match(
      refused?.message ?? '',
      /offers no key exchange and no kind of host key and no cipher that may be used$/,
    );
    const lines = /^Host [\s\S]*$/m.exec(refused?.hint ?? '')?.[0] ?? '';
    assert.equal(await connect(server, lines, { hostKey }), undefined, lines);
  });

  test("a user's RSA key signs with SHA-2, and with SHA-1 only where that is allowed", async () => {
    await using server = await startSshd({ transport: 'tcp' });
    writeFileSync(join(server.folder, 'authorized_keys'), makeRsaKey(server, 'user_rsa'));
    const privateKey = readFileSync(join(server.folder, 'user_rsa'), 'utf8');
    assert.equal(await connect(server, '', { key: privateKey }), undefined);

    // A server that is too old to say what it takes (RFC 8308) gets SHA-1 from ssh2; no such one is in Debian.
    const { default: ssh2 } = await import('ssh2');
    const key = ssh2.utils.parseKey(privateKey) as ParsedKey;
    const [strict, lenient] = [
      new SignatureRules(usualAlgorithms.pubkeyacceptedalgorithms),
      new SignatureRules(['ssh-rsa']),
    ];
    assert.ok(strict.guard(key).sign('data', 'sha1') instanceof SignatureRefused);
    assert.equal(strict.hasRefused, true);
    assert.equal(key.verify('data', strict.guard(key).sign('data', 'sha256'), 'sha256'), true);
    assert.equal(key.verify('data', lenient.guard(key).sign('data', 'sha1'), 'sha1'), true);
    const told = loginFailure(server.target({ configName: 'old' }), {
      tried: ['key id'],
      offered: ['publickey'],
      wantsSha1: true,
    });
    assert.match(told.hint ?? '', /signatures over SHA-1[\s\S]*\nHost old\n {4}PubkeyAcceptedAlgorithms \+ssh-rsa$/);
  });

  test('what the configuration forbids is not used, and reported when nothing is left', async () => {
    await using server = await startSshd({ transport: 'tcp', sshdConfig: ['Ciphers aes128-ctr'] });
    assert.equal(await connect(server, 'Ciphers aes128-ctr\nKexAlgorithms ecdh-sha2-nistp256'), undefined);
    const refused = await connect(server, 'Ciphers aes256-gcm@openssh.com');
    assert.equal(refused?.code, 'ssh-no-common-algorithm');
    assert.match(refused.hint ?? '', /^To allow it[\s\S]*\n {4}Ciphers \+aes128-ctr$/);
    assert.match(
      (await connect(server, 'KexAlgorithms sntrup761x25519-sha512@openssh.com'))?.message ?? '',
      /KexAlgorithms of your OpenSSH configuration leaves no key exchange that lab knows/,
    );
    assert.match(
      (await connect(server, 'PubkeyAcceptedAlgorithms rsa-sha2-512'))?.detail ?? '',
      /id \(which PubkeyAcceptedAlgorithms does not allow: ssh-ed25519\)/,
    );
  });

  for (const name of ['chacha20-poly1305@openssh.com', 'aes256-gcm@openssh.com', 'aes192-ctr'] as const) {
    test(`${name} is enough`, async () => {
      await using server = await startSshd({ transport: 'tcp', sshdConfig: [`Ciphers ${name}`] });
      assert.equal(await connect(server, ''), undefined);
    });
  }

  test('what an old OpenSSH allows to everybody is not taken for the wish of the user', () => {
    const old = parseAnswer(
      'hostkeyalgorithms ssh-ed25519,ssh-rsa\npubkeyacceptedkeytypes ssh-ed25519,rsa-sha2-256,ssh-rsa\n',
    );
    assert.deepEqual(algorithmsOf(old, old), {
      hostkeyalgorithms: ['ssh-ed25519'],
      pubkeyacceptedalgorithms: ['ssh-ed25519', 'rsa-sha2-256'],
    });
    assert.deepEqual(algorithmsOf(old, parseAnswer('hostkeyalgorithms ssh-ed25519\n'))?.hostkeyalgorithms, [
      'ssh-ed25519',
      'ssh-rsa',
    ]);
  });

  test('what is allowed to one host is also said to other tools, and the configuration of most people changes nothing', async () => {
    await using _me = sshUser({ config: 'Host old\n  HostKeyAlgorithms +ssh-rsa\n  IdentityFile ~/.ssh/for-old\n' });
    const options = sshConfigOf(await resolveRoute(machineWith({ host: 'old' })), '/nowhere');
    assert.equal(options.get('HostKeyAlgorithms'), '+ssh-rsa');
    assert.match(options.get('IdentityFile') ?? '', /\/\.ssh\/for-old$/);
    assert.equal((await resolveRoute(machineWith({ host: 'new' }))).algorithms, undefined);
  });
});

describe('another SSH server, dropbear', { skip: (!isRoot && 'this needs root') || without('dropbear') }, () => {
  for (const type of ['ed25519', 'rsa', 'ecdsa'] as const) {
    test(`with a host key of the kind ${type} runs commands, takes files, and ends programs`, async () => {
      await using server = await startDropbear(type);
      await using me = sshUser({ knownHosts: server.knownHosts, keys: { id: server.userKey.privateKey } });
      const shell = await me.reach({ ...server.address, key: join(me.folder, 'id') });
      assert.equal((await shell.exec(['echo', 'hello'])).stdout, 'hello\n');
      const process = await shell.start(['cat'], { terminal: { rows: 24, columns: 80 } });
      await process.write('hello\n');
      for await (const chunk of process.output) if (Buffer.from(chunk).includes('hello')) break;
      await process.kill('KILL');
      assert.equal((await process.exit).signal, 'KILL');
    });
  }
});
