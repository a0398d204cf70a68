import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprint, parseHostKey } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';

test('ssh-keygen reads a private key of ours and finds the same public key in it', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-keys-'));
  const pair = generateKeyPair('student@lab tp1');
  const file = join(folder.path, 'id');
  writeFileSync(file, pair.privateKey, { mode: 0o600 });

  assert.equal(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim(), pair.publicKey);
});

test('a fingerprint is the one that ssh-keygen shows', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-keys-'));
  const pair = generateKeyPair('');
  const file = join(folder.path, 'id.pub');
  writeFileSync(file, pair.publicKey);
  const key = parseHostKey(pair.publicKey);

  assert.ok(key);
  assert.equal(execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')[1], fingerprint(key.blob));
});

test('each pair is another', () => {
  assert.notEqual(generateKeyPair('a').publicKey, generateKeyPair('a').publicKey);
});

test('a host key is read from its base64 form alone and from a whole line, and anything else is no key', () => {
  const { publicKey } = generateKeyPair('host');
  const [type, encoded = ''] = publicKey.split(' ');

  assert.equal(parseHostKey(encoded)?.type, type);
  assert.equal(parseHostKey(publicKey)?.type, type);
  for (const text of ['', 'ssh-ed25519', 'AAAA', 'not a key', 'AAAAC3Nza']) assert.equal(parseHostKey(text), undefined);
});
