import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteCommand, quoteWord } from '../../src/core/text/shell-quote.ts';

test('words that mean nothing to a shell stay readable', () => {
  assert.equal(
    quoteCommand(['node', 'server.js', '--port', '7999', '-v', '--name=a', './x/y_z,1%2@h:3+4']),
    'node server.js --port 7999 -v --name=a ./x/y_z,1%2@h:3+4',
  );
});

test('all else is quoted', () => {
  assert.deepEqual(['', "it's", 'a b', '$HOME', '~', '*', 'a\nb', '=ls', '#x', '!x', '{a,b}', 'é'].map(quoteWord), [
    "''",
    String.raw`'it'\''s'`,
    "'a b'",
    "'$HOME'",
    "'~'",
    "'*'",
    "'a\nb'",
    "'=ls'",
    "'#x'",
    "'!x'",
    "'{a,b}'",
    "'é'",
  ]);
});

test('a shell reads back exactly the words that were quoted', () => {
  const words = fc.array(
    fc.string({ unit: 'binary', maxLength: 20 }).map((word) => word.replaceAll('\0', '').toWellFormed()),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(words, (list) => {
      const output = execFileSync('sh', ['-c', quoteCommand(['printf', '%s\\0', ...list])], { encoding: 'utf8' });
      assert.equal(output, list.length === 0 ? '\0' : list.map((word) => `${word}\0`).join(''));
    }),
    { numRuns: 30 },
  );
});

test('a command whose name holds an equals sign is run, not taken for an assignment', () => {
  assert.throws(() => execFileSync('sh', ['-c', `${quoteCommand(['a=b'])} 2>/dev/null`]), { status: 127 });
});
