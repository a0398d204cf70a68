import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ensureKeys, readKeys, readUserKey } from '../../src/providers/lab-keys.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import { temporaryFolder } from '../helpers/cli.ts';

const blob = (publicKey: string): string => publicKey.split(' ')[1]!;

describe('the keys of a lab', () => {
  test('are one for each machine and use, kept, and other ones in another lab', () => {
    using folder = temporaryFolder();
    using other = temporaryFolder();
    const [first, second, elsewhere] = [ensureKeys(folder.path), ensureKeys(folder.path), ensureKeys(other.path)];
    const of = ({ user, hostKey, clientKey }: typeof first): string[] =>
      [user, hostKey('a'), hostKey('b'), clientKey('a'), clientKey('b')].map(({ publicKey }) => blob(publicKey));
    assert.deepEqual(of(second), of(first));
    assert.equal(new Set([...of(first), ...of(elsewhere)]).size, 10);
    assert.equal(blob(readKeys(folder.path).hostKey('b').publicKey), of(first)[2]);
    assert.deepEqual(readUserKey(folder.path), first.user);
    assert.deepEqual(
      readdirSync(join(folder.path, 'keys')).map((name) => statSync(join(folder.path, 'keys', name)).mode & 0o77),
      [0, 0, 0],
    );
  });

  for (const name of ['secret', 'user']) {
    test(`are reported as damaged, and made again, when "${name}" is gone, empty, cut, no text or a folder`, () => {
      using folder = temporaryFolder();
      ensureKeys(folder.path);
      const path = join(folder.path, 'keys', name);
      const damages = [
        () => rmSync(path),
        () => truncateSync(path),
        () => truncateSync(path, 20),
        () => writeFileSync(path, Buffer.alloc(99, 0xff)),
        () => (rmSync(path), mkdirSync(path), writeFileSync(join(path, 'x'), '')),
      ];
      for (const damage of damages) {
        damage();
        assert.throws(() => (readKeys(folder.path).hostKey('a'), readUserKey(folder.path)), {
          code: 'keys-damaged',
          hint: /lab down/,
        });
        const keys = ensureKeys(folder.path);
        assert.deepEqual(readUserKey(folder.path), keys.user);
        assert.equal(blob(readKeys(folder.path).hostKey('a').publicKey), blob(keys.hostKey('a').publicKey));
        assert.match(readFileSync(join(folder.path, 'keys/user'), 'utf8'), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
      }
    });
  }

  test('a public half that is gone or damaged follows from the private one; one of another key is reported', () => {
    using folder = temporaryFolder();
    const { user } = ensureKeys(folder.path);
    const path = join(folder.path, 'keys/user.pub');
    for (const damage of [
      () => rmSync(path),
      () => writeFileSync(path, ''),
      () => writeFileSync(path, Buffer.alloc(99, 0xff)),
      () => (rmSync(path), mkdirSync(path)),
    ]) {
      damage();
      assert.equal(blob(readUserKey(folder.path).publicKey), blob(user.publicKey));
    }
    rmSync(path, { recursive: true });
    writeFileSync(path, generateKeyPair('other').publicKey);
    assert.throws(() => readUserKey(folder.path), { code: 'keys-damaged', hint: /lab down/ });
  });
});
