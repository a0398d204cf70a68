import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LabError } from '../../src/core/errors.ts';
import { speak } from '../../src/core/language/speak.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { silent } from '../../src/core/events.ts';
import { labOf, program } from './fixtures/machine.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { buildPrograms } = await import('../../src/deploy/build/build-programs.ts');
const { programEntries } = await import('../../src/deploy/program-files.ts');
const { hashEachOnce } = await import('../../src/deploy/source-file.ts');

const { signal } = new AbortController();

/** Message and hint of the error that work ends with. */
async function told(work: Promise<unknown>): Promise<(string | undefined)[]> {
  const error = await work.then(
    () => assert.fail('nothing was wrong'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LabError, String(error));
  return [error.message, error.hint];
}

test('files of programs that cannot be sent are named in French', async () => {
  using folder = temporaryFolder();
  const lab = folder.path;
  const entriesOf = (name: string, build?: readonly string[]): Promise<unknown> =>
    programEntries(program('server', [join(lab, name)], { build }), lab, hashEachOnce());
  assert.deepEqual(await told(entriesOf('server', ['make', 'server'])), [
    `programme server : le fichier ${join(lab, 'server')} manque, bien que sa compilation (make server) ait réussi`,
    'Corrigez « files » ou « build » du programme.',
  ]);
  symlinkSync('/etc/hostname', join(lab, 'secret'));
  assert.deepEqual(await told(entriesOf('secret')), [
    `programme server : ${join(lab, 'secret')} mène hors du dossier du lab : c’est /etc/hostname`,
    'Copiez-le dans le dossier. S’il doit bien être envoyé, dites-le dans lab.yaml : ' +
      'files: [{ path: FICHIER, outside: true }]',
  ]);
});

test('a build that fails is told in French', async () => {
  using folder = temporaryFolder();
  const programs = [program('server', [], { build: ['sh', '-c', 'exit 3'] })];
  const build = buildPrograms(labOf('tp1', folder.path, programs), programs, { events: silent, signal });
  assert.deepEqual(await told(build), [
    "la compilation de server a échoué : sh -c 'exit 3' s’est terminé avec le code 3",
    `Lancez-la à la main dans ${folder.path}, et corrigez ce dont elle se plaint.`,
  ]);
});
