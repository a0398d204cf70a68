import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureKeyPair, readKeyPair } from '../../src/providers/key-pair-file.ts';
import { generateKeyPair, publicHalf } from '../../src/ssh/keys/key-pair.ts';
import { temporaryFolder } from '../helpers/cli.ts';

const hasSshKeygen = existsSync('/usr/bin/ssh-keygen');

function pairIn(folder: string): string {
  const path = join(folder, 'keys/user');
  ensureKeyPair(path, 'lab-user');
  return path;
}

test('a pair is made once, whole, and readable by its owner only', () => {
  using folder = temporaryFolder();
  const path = pairIn(folder.path);
  const pair = readKeyPair(path);
  assert.deepEqual(ensureKeyPair(path, 'lab-user'), pair);
  assert.deepEqual(readdirSync(join(folder.path, 'keys')).toSorted(), ['user', 'user.pub']);
  assert.deepEqual([statSync(path).mode & 0o777, statSync(join(folder.path, 'keys')).mode & 0o777], [0o600, 0o700]);
});

test(
  'the public half that is computed is the one that ssh-keygen computes',
  { skip: !hasSshKeygen && 'this needs ssh-keygen' },
  () => {
    using folder = temporaryFolder();
    const path = pairIn(folder.path);
    const told = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' })
      .trim()
      .split(' ')
      .slice(0, 2)
      .join(' ');
    assert.equal(publicHalf(readFileSync(path, 'utf8')), told);
  },
);

test('a public half that is lost is computed from the private one', () => {
  using folder = temporaryFolder();
  const path = pairIn(folder.path);
  const { privateKey, publicKey } = readKeyPair(path);
  for (const lose of [
    () => rmSync(`${path}.pub`),
    () => writeFileSync(`${path}.pub`, ''),
    () => writeFileSync(`${path}.pub`, 'rubbish'),
  ]) {
    lose();
    assert.deepEqual(readKeyPair(path), { privateKey, publicKey: publicKey.split(' ').slice(0, 2).join(' ') });
  }
});

const damages: Readonly<Record<string, (path: string) => void>> = {
  'is empty': (path) => writeFileSync(path, ''),
  'was cut off': (path) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 200)),
  'is gone': (path) => rmSync(path),
  'belongs to another public half': (path) => writeFileSync(path, generateKeyPair('other').privateKey),
  'is a folder': (path) => {
    rmSync(path);
    mkdirSync(join(path, 'deeper'), { recursive: true });
  },
  'is a FIFO': (path) => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
  },
  'is a link to nowhere': (path) => {
    rmSync(path);
    symlinkSync('nowhere', path);
  },
};

for (const [what, damage] of Object.entries(damages)) {
  test(`a private half that ${what} is reported with what fixes it, and made again where that is safe`, () => {
    using folder = temporaryFolder();
    const path = pairIn(folder.path);
    const before = readKeyPair(path);
    damage(path);
    assert.throws(() => readKeyPair(path), {
      code: 'keys-damaged',
      exitCode: 3,
      hint: 'Run "lab down", then "lab up": new ones are made.',
    });
    const made = ensureKeyPair(path, 'lab-user');
    assert.notEqual(made.publicKey, before.publicKey);
    assert.deepEqual(readKeyPair(path), made);
  });
}

test('every bit of a private half that is flipped is found', () => {
  const { privateKey, publicKey } = generateKeyPair('lab-user');
  const half = publicKey.split(' ').slice(0, 2).join(' ');
  const bytes = Buffer.from(privateKey);
  const missed: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    if (publicHalf(flipped.toString('latin1')) !== undefined && publicHalf(flipped.toString('latin1')) !== half)
      missed.push(bit);
  }
  assert.deepEqual(missed, []);
});

test('a folder of keys that is a link, a file or without rights makes room for one of ours; the target of the link is left alone', () => {
  using folder = temporaryFolder();
  const keys = join(folder.path, 'keys');
  const outside = join(folder.path, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, keys);
  pairIn(folder.path);
  assert.deepEqual(readdirSync(outside), []);
  rmSync(keys, { recursive: true });
  writeFileSync(keys, '');
  pairIn(folder.path);
  rmSync(join(folder.path, 'keys/user'));
  chmodSync(keys, 0);
  pairIn(folder.path);
  assert.deepEqual(readdirSync(keys).toSorted(), ['user', 'user.pub']);
});
