import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { speak } from '../../src/core/language/speak.ts';
import { temporaryFolder } from '../helpers/cli.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { requireOwn } = await import('../../src/host/files/own-folder.ts');
const { writeUserFile } = await import('../../src/host/files/user-file.ts');
const { runLocal } = await import('../../src/host/run-local.ts');

describe('what this host refuses, in French', () => {
  it('a file that cannot be written', async () => {
    using folder = temporaryFolder();
    await assert.rejects(writeUserFile(folder.path, 'text'), {
      message: `lab n’a pas pu écrire ${folder.path} : un dossier se trouve à la place d’un fichier`,
      hint: 'Déplacez ce dossier, puis relancez la commande.',
    });
    await assert.rejects(writeUserFile(join(folder.path, 'none/report.html'), 'text'), {
      message: `il n’y a pas de dossier ${folder.path}/none`,
      hint: 'Créez-le d’abord (mkdir -p), ou nommez un autre fichier.',
    });
  });

  it('a folder in which others write', { skip: process.platform === 'win32' && 'Windows has no such modes' }, () => {
    using folder = temporaryFolder();
    const shared = join(folder.path, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    assert.throws(() => requireOwn(shared), {
      message: `lab n’utilise pas ${shared}, car ${shared} peut être modifié par tous les utilisateurs`,
      hint: `Enlevez-en ce qui n’est pas à vous, et empêchez les autres d’y écrire : chmod go-w ${shared}`,
    });
  });

  it('a program that is not there', async () => {
    await assert.rejects(runLocal(['no-such-program-of-lab']), {
      message: 'impossible de lancer no-such-program-of-lab : ce programme n’existe pas, ou son dossier manque',
      hint: 'Installez no-such-program-of-lab ou corrigez son chemin.',
    });
  });
});
