import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findOnHost } from '../../src/host/tools.ts';
import { assertGolden } from '../helpers/golden.ts';
import { repository } from '../helpers/lab-command.ts';
import { exampleText, libraryUser, type LibraryUser } from '../helpers/library-user.ts';
import { without } from '../helpers/tools.ts';

const golden = join(import.meta.dirname, 'golden/surface.txt');

/** What a program must not be able to say. */
const mistakes = `
import { defineLab, openLab, type Machine } from 'lab';
declare const vm1: Machine;
// @ts-expect-error a command is a list of words
vm1.exec('uname -a');
// @ts-expect-error no such option
openLab('lab.yaml', { folder: '.' });
// @ts-expect-error a field that a machine does not have
defineLab({ version: 1, machines: { vm1: { adress: '192.168.100.4' } } });
// @ts-expect-error a verb that there is not
defineLab({ version: 1, machines: { vm1: {} }, scenarios: { one: [{ strat: 'server' }] } });
export async function status(): Promise<number> {
  const { exitCode } = await vm1.exec(['true']);
  // @ts-expect-error it may have been ended by a signal
  return exitCode;
}
`;

/** Checks the files of a project as strictly as can be; what the compiler says. */
function compilerOf(project: LibraryUser, options: Readonly<Record<string, string | boolean>>): string {
  const config = {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      ...options,
    },
    include: ['*.ts'],
  };
  writeFileSync(join(project.path, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [compiler, '-p', '.'], { cwd: project.path, encoding: 'utf8' }).stdout;
}

describe('the surface of the library', () => {
  test('changes only on purpose: with the golden file goes the version', () => {
    assertGolden(golden, readFileSync(join(repository, 'dist/api/index.d.ts'), 'utf8'));
  });

  test('has at run time what its types promise', async () => {
    const library = (await import(join(repository, 'dist/api/index.js'))) as object;
    const promised = [
      ...readFileSync(golden, 'utf8').matchAll(/^export declare (?:abstract )?(?:class|function|const) (\w+)/gm),
    ];
    assert.deepEqual(Object.keys(library).toSorted(), promised.map(([, name]) => name!).toSorted());
  });

  for (const [name, options] of Object.entries({
    nodenext: { module: 'nodenext' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  }))
    test(`has types that need only those of Node.js, for ${name}`, () => {
      using project = libraryUser(
        { 'tp1.test.ts': exampleText('tp1.node-test.ts'), 'mistakes.ts': mistakes },
        { typesOnly: true },
      );
      for (const types of ['@types/node', 'undici-types'])
        cpSync(join(repository, 'node_modules', types), join(project.path, 'node_modules', types), { recursive: true });
      assert.equal(compilerOf(project, options), '');
    });

  test('has types that the example with vitest keeps to', { skip: without('vitest') }, () => {
    using project = libraryUser({ 'machines.test.ts': exampleText('machines.vitest.ts') }, { typesOnly: true });
    for (const types of ['@types/node', 'undici-types']) project.add(types, join(repository, 'node_modules', types));
    project.add('vitest', join(realpathSync(findOnHost('vitest')!), '..'));
    assert.equal(compilerOf(project, { module: 'nodenext', skipLibCheck: true }), '');
  });
});
