import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../src/core/errors.ts';
import { findOnHost } from '../../src/host/tools.ts';
import { execLine, startLine } from '../../src/ssh/channel/remote-command.ts';

const shells = ['sh', 'bash', 'dash', 'zsh', 'fish', 'tcsh', 'csh', 'bsd-csh'].flatMap(
  (name) => findOnHost(name) ?? [],
);
const hard = [
  "a'b",
  String.raw`c\d\'`,
  'e!f !! !$',
  'g\nh\n',
  'ünï €',
  '',
  '$HOME `id` $(id)',
  '"q"',
  '*',
  '~',
  '#x',
  '%s',
  '-n',
  'a\tb',
  '{a,b}',
  '\u0001',
  ';&|<>()',
];

/** What the words look like to a program that was run through that login shell. */
function roundTrip(shell: string, words: readonly string[]): string[] {
  const { line, token } = execLine({ script: String.raw`for word; do printf '%s\0' "$word"; done`, args: words });
  const { stdout, stderr } = spawnSync(shell, ['-c', line], { encoding: 'utf8' });
  assert.equal(stderr, `${token}\n`);
  const introduction = stdout.indexOf('\n');
  assert.match(stdout.slice(0, introduction), new RegExp(`^${token} \\d+ `));
  return stdout
    .slice(introduction + 1)
    .split('\0')
    .slice(0, -1);
}

for (const shell of shells) {
  test(`words of every kind pass through ${shell} as login shell unchanged`, () => {
    assert.deepEqual(roundTrip(shell, hard), hard);
    assert.deepEqual(roundTrip(shell, ['plain', 'with space', '/a/b-c_d.e']), ['plain', 'with space', '/a/b-c_d.e']);
  });

  test(`a command of several kilobytes passes through ${shell}`, () => {
    const long = 'x'.repeat(5000);
    assert.deepEqual(roundTrip(shell, [long, `${long}'`]), [long, `${long}'`]);
  });
}

test('any text without NUL passes unchanged', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => assert.deepEqual(roundTrip('/bin/sh', words), words)),
    { numRuns: 40 },
  );
});

test('a program gets its folder, its variables and its words after the one line that lets it go', () => {
  const env = new Map([
    ['GREETING', "it's"],
    ['EMPTY', ''],
  ]);
  const { line, token } = startLine(['sh', '-c', 'pwd; echo "$GREETING,$EMPTY,$1"', 'sh', '--', '-e'], {
    cwd: '/usr',
    env,
  });
  const { stdout } = spawnSync('/bin/sh', ['-c', line], { input: '\n', encoding: 'utf8' });

  const [introduction, release, ...output] = stdout.split('\n');
  assert.ok(introduction?.startsWith(`${token} `));
  assert.equal(release, token);
  assert.deepEqual(output, ['/usr', "it's,,--", '']);
});

test('a program is not started when the connection ends before it was let go', () => {
  const { line } = startLine(['echo', 'started'], {});
  const { stdout, status } = spawnSync('/bin/sh', ['-c', line], { input: '', encoding: 'utf8' });

  assert.ok(!stdout.includes('started'));
  assert.equal(status, 255);
});

test('what no command line can hold is refused before it is sent', () => {
  assert.throws(() => execLine(['echo', 'a\0b']), UsageError);
  assert.throws(() => execLine([]), UsageError);
  assert.throws(() => startLine(['true'], { env: new Map([['A B', 'x']]) }), UsageError);
});
