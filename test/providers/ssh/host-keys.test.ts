import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConnectionError } from '../../../src/core/errors.ts';
import { fingerprint, parseHostKey } from '../../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';
import { accessTo, knownLine, sshUser, type SshUserOptions } from '../../helpers/ssh/ssh-routes.ts';
import { startSshd, type TestSshd } from '../../helpers/ssh/sshd.ts';

function shown(publicKey: string): string {
  return fingerprint(parseHostKey(publicKey)!.blob);
}

/** Somebody with the right key in `id`, who connects once; all that there is to see of it. */
async function connectOnce(
  server: TestSshd,
  options: SshUserOptions & { readonly acceptNewHostKeys?: boolean },
): Promise<{ error: ConnectionError | undefined; asked: readonly string[]; learnt: string }> {
  await using me = sshUser({ ...options, keys: { id: server.userKey.privateKey } });
  const seen = (): unknown => [
    readFileSync(me.knownHostsFile, 'utf8'),
    statSync(me.knownHostsFile, { bigint: true }).mtimeNs,
    readdirSync(me.folder).filter((name) => name !== 'known_hosts'),
  ];
  const before = seen();
  const accept = options.acceptNewHostKeys === undefined ? {} : { acceptNewHostKeys: options.acceptNewHostKeys };
  const error = await me.reach({ ...accessTo(server), key: join(me.folder, 'id') }, accept).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error === undefined || error instanceof ConnectionError, String(error));
  assert.deepEqual(seen(), before, "the user's own file is never written, nor another one made beside it");
  return {
    error,
    asked: [...me.asked],
    learnt: existsSync(me.ownKnownHosts) ? readFileSync(me.ownKnownHosts, 'utf8') : '',
  };
}

/** A line in which the host's name is hashed, as `HashKnownHosts yes` writes it. */
function hashed(line: string, folder: string): string {
  const file = join(folder, 'to_hash');
  writeFileSync(file, line);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}

describe('the host key of a machine', () => {
  test("is checked against the user's known_hosts, hashed names and several keys included", async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { host, port } = accessTo(server);
    const other = generateKeyPair('').publicKey;
    const patterns = (names: string): string => `${names} ${server.hostKey.publicKey}\n`;
    for (const knownHosts of [
      patterns(`[127.0.0.?]:${port},![127.0.0.9]:*`),
      knownLine(server),
      hashed(knownLine(server), server.folder),
      `${knownLine(server, other)}${knownLine(server)}`,
      `[127.0.0.*]:${port},other ${server.hostKey.publicKey}\n`,
    ]) {
      const { error, learnt } = await connectOnce(server, { knownHosts });
      assert.deepEqual([error, learnt], [undefined, ''], `${host}: ${knownHosts}`);
    }
    for (const knownHosts of [
      patterns(`[127.0.0.*]:${port},![127.0.0.1]:*`),
      patterns('127.0.0.1'),
      patterns(`[127.0.0.1]:${port + 1}`),
    ]) {
      assert.equal((await connectOnce(server, { knownHosts })).error?.code, 'host-key-unknown', knownHosts);
    }
  });

  test('that is not known is an error with its fingerprint where nobody can be asked', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { error, learnt } = await connectOnce(server, {});
    assert.equal(error?.code, 'host-key-unknown');
    assert.ok(error.detail?.includes(shown(server.hostKey.publicKey)));
    assert.match(error.hint ?? '', /--accept-new-host-keys/);
    assert.equal(learnt, '');
  });

  test('that is not known is shown and asked for on a terminal, and learnt only after a yes', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const no = await connectOnce(server, { answers: [[/./, false]] });
    assert.equal(no.error?.code, 'host-key-unknown');
    assert.ok(no.asked[0]?.includes(shown(server.hostKey.publicKey)), no.asked[0]);
    assert.equal(no.learnt, '');
    const yes = await connectOnce(server, { answers: [[/./, true]] });
    assert.deepEqual([yes.error, yes.learnt], [undefined, knownLine(server).replace(/ \S*\n$/, '\n')]);
  });

  test('is asked for once, and known the next time', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    await using me = sshUser({
      keys: { id: server.userKey.privateKey },
      answers: [[/host key of vm1 \(127\.0\.0\.1:\d+\)/, true]],
    });
    const ssh = { ...accessTo(server), key: join(me.folder, 'id') };
    await me.reach(ssh);
    await me.reach(ssh);
    assert.equal(me.asked.length, 1);
  });

  test('is learnt without a question with --accept-new-host-keys, or when the configuration says accept-new', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    for (const options of [
      { acceptNewHostKeys: true },
      { config: 'StrictHostKeyChecking accept-new' },
      { config: 'StrictHostKeyChecking no' },
    ]) {
      const { error, learnt } = await connectOnce(server, { ...options, answers: [] });
      assert.equal(error, undefined);
      assert.match(learnt, /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /);
    }
  });

  test('is not asked for when the configuration says StrictHostKeyChecking yes', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    assert.equal(
      (await connectOnce(server, { config: 'StrictHostKeyChecking yes', answers: [] })).error?.code,
      'host-key-unknown',
    );
  });

  test('that has changed is an error with both fingerprints and the line that knew the old one, whatever else is said', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const old = generateKeyPair('').publicKey;
    for (const options of [{}, { acceptNewHostKeys: true }, { config: 'StrictHostKeyChecking no' }, { answers: [] }]) {
      const { error, learnt } = await connectOnce(server, {
        ...options,
        knownHosts: `# my hosts\n${knownLine(server, old)}`,
      });
      assert.equal(error?.code, 'host-key-changed');
      assert.ok(
        error.detail?.includes(`expected ssh-ed25519 ${shown(old)}`) &&
          error.detail.includes(`shown    ssh-ed25519 ${shown(server.hostKey.publicKey)}`),
        error.detail,
      );
      assert.match(error.detail ?? '', /user_known_hosts:2\)/);
      assert.match(
        error.hint ?? '',
        new RegExp(`\\n {2}ssh-keygen -f \\S*/user_known_hosts -R '?\\[127\\.0\\.0\\.1\\]:${accessTo(server).port}'?$`),
      );
      assert.equal(learnt, '');
    }
  });

  test('that is marked @revoked is refused, even when another line trusts it', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { error } = await connectOnce(server, {
      knownHosts: `@revoked * ${server.hostKey.publicKey}\n${knownLine(server)}`,
      acceptNewHostKeys: true,
    });
    assert.equal(error?.code, 'host-key-revoked');
  });

  test('is looked for under its HostKeyAlias', async () => {
    await using server = await startSshd({ transport: 'tcp' });
    const { error } = await connectOnce(server, {
      config: 'HostKeyAlias my-vm',
      knownHosts: `my-vm ${server.hostKey.publicKey}\n`,
    });
    assert.equal(error, undefined);
  });

  test('that a certificate authority has signed is trusted for the names that it has signed it for, as long as it says', async () => {
    await using server = await startSshd({
      transport: 'tcp',
      sshdConfig: ['HostCertificate FOLDER/host_key-cert.pub'],
    });
    const { port } = accessTo(server);
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const authority = makeAuthority(server, type);
      const cases: readonly (readonly [principals: string, validity: string, works: boolean])[] = [
        ['127.0.0.1,vm', '-1d:+1d', true],
        ['other-host', '-1d:+1d', false],
        ['127.0.0.1', '-2d:-1d', false],
      ];
      for (const [principals, validity, works] of cases) {
        authority.sign(principals, validity);
        const { error, learnt } = await connectOnce(server, {
          knownHosts: `@cert-authority [127.0.0.1]:${port} ${authority.publicKey}\n`,
        });
        assert.equal(error?.code, works ? undefined : 'host-key-unknown', `${type} ${principals} ${validity}`);
        assert.equal(learnt, '', 'what an authority vouches for need not be learnt');
        if (!works) assert.match(error?.detail ?? '', /certificate/);
      }
    }
    makeAuthority(server, 'ed25519').sign('127.0.0.1', '-1d:+1d');
    const { error } = await connectOnce(server, { knownHosts: `@cert-authority * ${generateKeyPair('').publicKey}\n` });
    assert.equal(error?.code, 'host-key-unknown', 'another authority does not count');
    const revoked = await connectOnce(server, {
      knownHosts: `@cert-authority * ${generateKeyPair('').publicKey}\n@revoked * ${server.hostKey.publicKey}\n`,
    });
    assert.equal(revoked.error?.code, 'host-key-revoked');
  });
});

/** An authority that signs the host key of a server. */
function makeAuthority(
  server: TestSshd,
  type: 'ed25519' | 'ecdsa' | 'rsa',
): { readonly publicKey: string; sign(principals: string, validity: string): void } {
  const file = join(server.folder, `ca_${type}_${Math.random().toString(36).slice(2)}`);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
  writeFileSync(join(server.folder, 'host_key.pub'), `${server.hostKey.publicKey}\n`);
  return {
    publicKey: readFileSync(`${file}.pub`, 'utf8').trim(),
    sign: (principals, validity) =>
      void execFileSync('ssh-keygen', [
        '-q',
        '-s',
        file,
        '-I',
        'host',
        '-h',
        '-n',
        principals,
        '-V',
        validity,
        join(server.folder, 'host_key.pub'),
      ]),
  };
}
