import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitArguments } from '../../src/cli/arguments.ts';

const cases: readonly [title: string, argv: string, words: string, remote: string | undefined][] = [
  ['what follows "--" of exec is the command', 'exec vm1 vm2 -- ls -l --all', 'exec vm1 vm2', 'ls -l --all'],
  ['exec without "--" has no command', 'exec vm1 ls', 'exec vm1 ls', undefined],
  ['exec with nothing after "--" has no command', 'exec vm1 --', 'exec vm1', undefined],
  ['only the first "--" is ours', 'exec vm1 -- sh -- x', 'exec vm1', 'sh -- x'],
  ['what follows the machine of ssh is the command, options too', 'ssh vm1 ls --json -q', 'ssh vm1', 'ls --json -q'],
  ['ssh may be given "--", which is not part of the command', 'ssh vm1 -- ls', 'ssh vm1', 'ls'],
  [
    'options before the machine of ssh are ours',
    '-f a.yaml --json ssh -t vm1 top',
    '-f a.yaml --json ssh -t vm1',
    'top',
  ],
  ['ssh without a command logs in', 'ssh vm1', 'ssh vm1', undefined],
  ['the value of a global option is no command', '--name ssh status x', '--name ssh status x', undefined],
  ['other commands keep "--"', 'cp -- -a vm1:', 'cp -- -a vm1:', undefined],
];

for (const [title, argv, words, remote] of cases) {
  test(title, () => {
    const split = splitArguments(argv.split(' '));
    assert.equal(split.words.join(' '), words);
    assert.equal(split.remote?.join(' '), remote);
  });
}
