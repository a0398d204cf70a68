import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as library from '../../src/api/index.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { smallLab } from '../helpers/cli.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

// As people get it: what the build makes, whose scripts lie elsewhere than those of the source.
const built: string = '../../dist/api/index.js';
const { CheckError, openLab } = (await import(built)) as typeof library;

/** Labs of this host that belong to a folder. */
async function labsOf(folder: string): Promise<number> {
  const labs = await (await allProviders.named('netns')).list();
  return labs.filter(({ stateFolder }) => stateFolder.startsWith(folder)).length;
}

describe('a lab that a program opens', { skip: await cannotMakeMachines() }, () => {
  test('is up in one line, does what the program wants of its machines, and is gone at the end of the block', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab, 'notes.txt': 'two\nlines\n' });
    {
      await using lab = await openLab('lab.yaml', { cwd: folder.path }).up();
      const vm1 = lab.machine('vm1');
      assert.deepEqual(
        await vm1.exec(['sh', '-c', 'cat; echo $LANGUAGE; pwd; echo oh >&2; exit 3'], {
          input: 'in\n',
          env: { LANGUAGE: 'fr' },
          cwd: '/tmp',
        }),
        { stdout: 'in\nfr\n/tmp\n', stderr: 'oh\n', exitCode: 3, signal: undefined, ok: false, truncated: false },
      );
      await assert.rejects(
        vm1.exec(['ls', '/no such'], { check: true }),
        (error: unknown) =>
          error instanceof CheckError && error.code === 'command-failed' && /No such/.test(error.detail!),
      );
      assert.deepEqual(await vm1.put('notes.txt', 'kept/'), { files: 1, bytes: 10, unchanged: 0 });
      assert.equal(await vm1.readFile('kept/notes.txt'), 'two\nlines\n');
      const { machines, busy } = await lab.checkPort(7999, { on: 'vm1' });
      assert.deepEqual([busy, machines.map(({ machine, state }) => [machine, state])], [false, [['vm1', 'free']]]);
      const shell = await lab.machine('vm2').start(['sh', '-c', 'read line; echo "got $line"; exit 4']);
      await shell.write('héllo\n');
      let shown = '';
      for await (const text of shell.output) shown += text;
      assert.match(shown, /got héllo\r\n$/);
      assert.deepEqual(await shell.exit, { exitCode: 4, signal: undefined });
      assert.equal((await lab.status()).up, true);
    }
    assert.equal(await labsOf(folder.path), 0);
  });
});
