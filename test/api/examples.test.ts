import assert from 'node:assert/strict';
import { cpSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { findOnHost } from '../../src/host/tools.ts';
import { cannotBe, currentUser, finish, ordinaryUser, type Finished } from '../helpers/lab-command.ts';
import { exampleText, libraryUser } from '../helpers/library-user.ts';
import { cannotMakeMachines } from '../helpers/machines/machines.ts';
import { without } from '../helpers/tools.ts';

/** What both runners say when all is well, and nothing else went wrong. */
function assertPassed({ exitCode, stdout, stderr }: Finished, tests: RegExp): void {
  assert.deepEqual([exitCode, stderr], [0, ''], stdout);
  assert.match(stdout, tests);
}

describe('the examples of the library', { skip: await cannotMakeMachines() }, () => {
  for (const [kind, makeUser] of [
    ['root', currentUser],
    ['ordinary', ordinaryUser],
  ] as const)
    test(`with node:test the practical is tested by ${kind}`, { skip: cannotBe(kind) }, async () => {
      await using user = makeUser();
      using project = libraryUser({ 'tp1.test.ts': exampleText('tp1.node-test.ts') });
      for (const name of ['node_modules', 'tp1.test.ts', 'package.json'])
        cpSync(join(project.path, name), join(user.folder, name), { recursive: true });
      // As this user sees the checkout.
      // Node runs no test runner within another one.
      const apart = ['env', '-u', 'NODE_TEST_CONTEXT'];
      const node = join(user.executable, '../../node_modules/.bin/node');
      const finished = await finish(user.command([...apart, node, '--test', '--test-reporter=tap', 'tp1.test.ts']));
      assertPassed(finished, /^# pass 1$/m);
    });

  test('with vitest a lab in TypeScript is tested', { skip: without('vitest') }, async () => {
    const vitest = realpathSync(findOnHost('vitest')!);
    using project = libraryUser({ 'machines.test.ts': exampleText('machines.vitest.ts') });
    project.add('vitest', join(vitest, '..'));
    // Its own limits are too short for a host on which other tests run at the same time.
    const patience = ['--testTimeout=60000', '--hookTimeout=60000'];
    const child = spawn(process.execPath, [vitest, 'run', '--reporter=tap', ...patience], {
      cwd: project.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    assertPassed(await finish(child), /ok 1 - machines\.test\.ts/);
  });
});
