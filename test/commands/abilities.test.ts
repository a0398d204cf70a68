import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { readConsole } from '../../src/commands/machines/console.ts';
import { importImageFile, listImages } from '../../src/commands/machines/images.ts';
import { consoleLog } from '../../src/providers/qemu/folders.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { ensureStateFolder } from '../../src/state/state-folder.ts';
import { stateOf, writeState } from '../../src/state/state.ts';
import { checkLabText } from '../../src/lab/load-lab.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';

const LAB = 'version: 1\nprovider: ssh\nmachines: { vm1: {} }\n';

/** A lab that is up, of machines that exist already. */
async function labUp(folder: string): Promise<void> {
  const loaded = await checkLabText(LAB, join(folder, 'lab.yaml'), allProviders.names);
  assert.ok('lab' in loaded);
  const stateFolder = join(folder, '.lab');
  await ensureStateFolder(stateFolder);
  await writeState(stateFolder, stateOf(loaded.lab, 'id-1', {}));
}

const wanted = { machine: 'vm1', lines: undefined, interactive: false };

describe('what a provider lacks', () => {
  test('a console: the error names the providers that have one, and what to use here', async () => {
    using folder = temporaryFolder({ 'lab.yaml': LAB });
    await labUp(folder.path);
    await assert.rejects(readConsole(testContext(folder.path).context, wanted), {
      code: 'no-console',
      message: 'vm1 has no console: machines of ssh have none',
      hint: 'Use "lab ssh vm1"; "lab console" works with --provider qemu.',
    });
  });

  test('images: the error of a provider that is asked for by name names those that have them', async () => {
    using folder = temporaryFolder({});
    const context = { ...testContext(folder.path).context, overrides: { provider: 'netns' } };
    const refused = {
      code: 'no-images',
      message: 'machines of netns are made without images',
      hint: '"lab images" works with --provider qemu.',
    };
    await assert.rejects(listImages(context), refused);
    await assert.rejects(importImageFile(context, 'x.qcow2', undefined), refused);
  });
});

describe('what a provider has', () => {
  test('images can be listed in any folder, with the provider named or not', async () => {
    using folder = temporaryFolder({});
    const { context } = testContext(folder.path);
    for (const overrides of [{}, { provider: 'qemu' }]) {
      const { images } = await listImages({ ...context, overrides });
      assert.ok(images.some(({ name }) => name === 'ubuntu-24.04'));
    }
  });

  test('the console of a machine that failed to start is still there when the lab is not up', async () => {
    using folder = temporaryFolder({ 'lab.yaml': LAB });
    const { context } = testContext(folder.path);
    await assert.rejects(readConsole(context, wanted), { code: 'no-console', hint: 'Run "lab up" first.' });
    const log = consoleLog(join(folder.path, '.lab'), 'vm1');
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, 'one\r\ntwo\r\nthree\r\n');
    assert.equal((await readConsole(context, wanted)).text, 'one\ntwo\nthree\n');
    assert.equal((await readConsole(context, { ...wanted, lines: 1 })).text, 'three\n');
    await assert.rejects(readConsole(context, { ...wanted, interactive: true }), { code: 'machine-down' });
  });
});
