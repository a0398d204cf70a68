import { join } from 'node:path';
import { test } from 'node:test';
import { commandReference } from '../../src/cli/command/reference.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { assertGolden } from '../helpers/golden.ts';

test('the reference of commands is as it was read last', () => {
  assertGolden(join(import.meta.dirname, 'golden/command-reference.md'), commandReference(commands));
});
