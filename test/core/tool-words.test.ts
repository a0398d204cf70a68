import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { toolWords } from '../../src/core/text/tool-words.ts';

test('words of a shell come without the shell, its lines, unfinished files, and once each', () => {
  const shells = ['sh', 'dash', 'bash'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0);
  assert.ok(shells.length > 0);
  for (const shell of shells) {
    const script = 'set -C\ncd /proc/nowhere\n: >/proc/.lab-01e5-22aa.part\n: >/proc/.lab-01e5-22aa.part';
    const { stderr } = spawnSync(shell, ['-c', script, 'lab'], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/bin', SHLVL: '2' },
    });
    assert.match(stderr, /\d: /, 'the shell names its lines');
    const words = toolWords(stderr).split('\n');
    assert.equal(words.length, 2, stderr);
    for (const line of words) assert.doesNotMatch(line, /\d: |\.part|^(?:sh|dash|bash|lab):/, stderr);
  }
});

test('words of other tools stay as they are', () => {
  const { stderr } = spawnSync('ls', ['/proc/nowhere'], {
    encoding: 'utf8',
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  });
  assert.equal(toolWords(stderr), stderr.trim());
  assert.equal(toolWords(execFileSync('true', { encoding: 'utf8' })), '');
});
