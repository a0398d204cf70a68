import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LabError } from '../../src/core/errors.ts';
import { speak } from '../../src/core/language/speak.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { copyFromMachine, copyToMachine } = await import('../../src/copy/copy-tree.ts');

const { signal } = new AbortController();

test('what is not copied is named with its reason in French', async () => {
  await using server = await startSshd();
  const [there, here] = [join(server.folder, 'there'), join(server.folder, 'here')];
  for (const folder of [there, here]) mkdirSync(folder);
  const shell = await server.connect();
  writeFileSync(join(here, 'taken'), 'a file');
  mkdirSync(join(there, 'here/taken'), { recursive: true });
  symlinkSync('nowhere', join(here, 'lost'));
  const sent = await copyToMachine(here, shell, there, signal);
  assert.deepEqual(
    sent.left.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    [
      { path: 'lost', reason: 'c’est un lien vers rien, ou vers lui-même' },
      { path: 'taken', reason: 'un dossier de ce nom s’y trouve' },
    ],
  );
  await assert.rejects(copyFromMachine(shell, join(there, 'none'), here, signal), (error) => {
    assert.ok(error instanceof LabError);
    assert.deepEqual(
      [error.message, error.hint],
      [
        `impossible de lire ${shell.machine}:${there}/none : aucun fichier ni dossier de ce nom`,
        `Regardez avec :  lab ssh ${shell.machine} ls -ld ${there}/none`,
      ],
    );
    return true;
  });
});
