import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { without } from './helpers/tools.ts';

/* Shell that runs on machines is run by whatever /bin/sh is there: dash, the ash of BusyBox, bash. */
const root = join(import.meta.dirname, '..');
const onMachines = globSync('src/**/*.sh', { cwd: root }).toSorted();
test('there is shell to check, and every file of it has a name of its own', () => {
  assert.ok(onMachines.length > 0);
  const names = globSync('src/**/*.{sh,pl}', { cwd: root }).map((path) => basename(path));
  assert.equal(new Set(names).size, names.length);
});

test('shellcheck finds nothing in the shell of machines', { skip: without('shellcheck') }, () => {
  const run = spawnSync('shellcheck', ['--shell', 'sh', '--format', 'gcc', ...onMachines], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(run.stdout + run.stderr, '');
});

for (const [shell, command] of [
  ['dash', ['dash', '-n']],
  ['busybox', ['busybox', 'ash', '-n']],
] as const)
  test(`the shell of machines can be read by ${command.join(' ')}`, { skip: without(shell) }, () => {
    for (const path of onMachines) execFileSync(command[0], [...command.slice(1), path], { cwd: root, stdio: 'pipe' });
  });
