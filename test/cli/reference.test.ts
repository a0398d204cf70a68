import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandReference } from '../../src/cli/reference.ts';
import { assertGolden } from '../helpers/golden.ts';
import { repository } from '../helpers/lab-command.ts';

const readme = join(repository, 'README.md');

test('the reference of commands is as it was read last', () => {
  assertGolden(join(import.meta.dirname, 'golden/command-reference.md'), commandReference());
});

test('README.md has the reference of commands as it is now', { skip: !existsSync(readme) && 'no README.md' }, () => {
  assert.ok(readFileSync(readme, 'utf8').includes(commandReference()), 'copy test/cli/golden/command-reference.md into README.md');
});
