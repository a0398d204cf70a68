import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type HostKey, judge, parseHostKey, sameKey } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import {
  keysOf,
  knownHostsLine,
  learnHostKey,
  parseKnownHosts,
  readKnownHosts,
} from '../../src/ssh/trust/known-hosts.ts';

function newKey(): { line: string; key: HostKey } {
  const line = generateKeyPair('').publicKey.trim();
  const key = parseHostKey(line);
  assert.ok(key);
  return { line, key };
}

function finds(text: string, host: string, port: number, key: HostKey): boolean {
  return keysOf(parseKnownHosts(text), host, port).trusted.some((known) => sameKey(known, key));
}

test('a plain name means port 22 and a bracketed one its own port', () => {
  const { line, key } = newKey();

  assert.ok(finds(`vm1,192.168.100.4 ${line}`, 'vm1', 22, key));
  assert.ok(finds(`vm1,192.168.100.4 ${line}`, '192.168.100.4', 22, key));
  assert.ok(finds(`[127.0.0.1]:2201 ${line}`, '127.0.0.1', 2201, key));
  assert.ok(!finds(`[127.0.0.1]:2201 ${line}`, '127.0.0.1', 22, key));
  assert.ok(!finds(`vm1 ${line}`, 'vm1', 2201, key));
});

test('names are matched without case, with wildcards, and a negation wins', () => {
  const { line, key } = newKey();

  assert.ok(finds(`VM1.Example ${line}`, 'vm1.example', 22, key));
  assert.ok(finds(`*.lab,!vm9.lab ${line}`, 'vm1.lab', 22, key));
  assert.ok(!finds(`*.lab,!vm9.lab ${line}`, 'vm9.lab', 22, key));
  assert.ok(finds(`vm? ${line}`, 'vm1', 22, key));
  assert.ok(!finds(`vm? ${line}`, 'vm12', 22, key));
  assert.ok(!finds(`${'*a'.repeat(40)}b ${line}`, 'a'.repeat(200), 22, key), 'a hostile pattern ends, and quickly');
});

test('names hashed by ssh-keygen -H are found', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-known-'));
  const { line, key } = newKey();
  const file = join(folder.path, 'known_hosts');
  writeFileSync(file, `vm1 ${line}\n[vm1]:2201 ${line}\n`);
  execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
  const text = readFileSync(file, 'utf8');

  assert.match(text, /^\|1\|/);
  assert.ok(finds(text, 'vm1', 22, key));
  assert.ok(finds(text, 'vm1', 2201, key));
  assert.ok(!finds(text, 'vm2', 22, key));
});

test('comments, empty and broken lines are passed over, and the key of a certificate authority is not that of a host', () => {
  const { line, key } = newKey();
  const text = `# comment\n\nvm1\nvm1 ssh-ed25519\nvm1 ssh-rsa ${line.split(' ')[1]}\n@cert-authority vm1 ${line}\n@strange vm1 ${line}\n`;

  assert.deepEqual(keysOf(parseKnownHosts(text), 'vm1', 22), { trusted: [], revoked: [], authorities: [key] });
  assert.ok(finds(`${text}  vm1 ${line} a comment\r\n`, 'vm1', 22, key));
});

test('a revoked key is refused even where another line trusts it', () => {
  const { line, key } = newKey();
  const known = keysOf(parseKnownHosts(`vm1 ${line}\n@revoked * ${line}\n`), 'vm1', 22);

  assert.equal(judge(known, key), 'revoked');
});

test('one of several keys is enough, another one is a change, and nothing known is unknown', () => {
  const [first, second, third] = [newKey(), newKey(), newKey()];
  const known = keysOf(parseKnownHosts(`vm1 ${first.line}\nvm1 ${second.line}\n`), 'vm1', 22);

  assert.equal(judge(known, second.key), 'trusted');
  assert.equal(judge(known, third.key), 'changed');
  assert.equal(judge({ trusted: [], revoked: [] }, third.key), 'unknown');
  assert.equal(judge({ trusted: [], revoked: [], learn: async () => undefined }, third.key), 'learn');
  assert.equal(
    judge({ ...known, learn: async () => undefined }, third.key),
    'changed',
    'a host that is known is never learnt again',
  );
});

test('a learnt key is found again by us and by ssh-keygen, in a file that only its owner reads', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-known-'));
  const file = join(folder.path, 'known_hosts');
  const { key } = newKey();
  await learnHostKey(file, '127.0.0.1', 2201, key);
  await learnHostKey(file, 'vm1', 22, newKey().key);

  const known = keysOf(await readKnownHosts([file, join(folder.path, 'missing')]), '127.0.0.1', 2201);
  assert.equal(judge(known, key), 'trusted');
  assert.ok(
    execFileSync('ssh-keygen', ['-F', '[127.0.0.1]:2201', '-f', file], { encoding: 'utf8' }).includes(
      knownHostsLine('127.0.0.1', 2201, key),
    ),
  );
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a key that is learnt after a line that was cut off stands on a line of its own', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-hosts-'));
  const file = join(folder.path, 'known_hosts');
  writeFileSync(file, 'vm1 ssh-ed25519 AAAAC3');
  const { key } = newKey();
  await learnHostKey(file, 'vm2', 22, key);
  assert.equal(keysOf(await readKnownHosts([file]), 'vm2', 22).trusted.length, 1);
});
