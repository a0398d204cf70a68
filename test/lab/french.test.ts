import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { speak } from '../../src/core/language/speak.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { casesOf } from './golden.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { loadLab } = await import('../../src/lab/load-lab.ts');
const { renderProblems } = await import('../../src/lab/render-problems.ts');
const { labFieldReference } = await import('../../src/lab/fields/field-reference.ts');

const folder = join(import.meta.dirname, 'bad');
const providers = ['netns', 'qemu', 'ssh'];

/** What a file is told, without the lines of the file itself. */
function told(shown: string): string[] {
  return shown
    .split('\n')
    .filter((line) => /^\S+:\d+:\d+: |^ {4}→ /.test(line))
    .map((line) => line.replace(/^\S+:\d+:\d+: (?:\S+ ?: )?/, ''));
}

describe('problems of a lab file in French', () => {
  it('are whole French sentences, from the command line', async () => {
    using lab = temporaryFolder({
      'lab.yaml': `version: 1
networks: { natnet: 192.168.100.0/24 }
machines:
  vm1: { adress: 192.168.100.4 }
  vm_2: { address: 192.168.100.1 }
programs:
  server: { on: vm9, command: python3 server.py, listens: 79999 }
`,
    });
    const { exitCode, stdout } = await runCli(['validate'], {
      cwd: lab.path,
      env: { LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '' },
    });
    assert.deepEqual(
      [exitCode, stdout],
      [
        2,
        `lab.yaml:4:10: machines.vm1.adress : n’est pas un champ de lab.yaml à cet endroit
  3 | machines:
  4 |   vm1: { adress: 192.168.100.4 }
    |          ^^^^^^
    → vouliez-vous dire « address » ?

lab.yaml:5:3: machines.vm_2 : n’est pas un nom d’hôte valide : seuls les chiffres, les lettres et « - » sont permis
  4 |   vm1: { adress: 192.168.100.4 }
  5 |   vm_2: { address: 192.168.100.1 }
    |   ^^^^
    → vouliez-vous dire « vm-2 » ?

lab.yaml:5:20: machines.vm_2.address : 192.168.100.1 est la passerelle du réseau « natnet »
  4 |   vm1: { adress: 192.168.100.4 }
  5 |   vm_2: { address: 192.168.100.1 }
    |                    ^^^^^^^^^^^^^
    → une adresse libre : 192.168.100.2 ; une machine avec forward: true peut être la passerelle

lab.yaml:7:17: programs.server.on : il n’y a pas de machine "vm9"
  6 | programs:
  7 |   server: { on: vm9, command: python3 server.py, listens: 79999 }
    |                 ^^^
    → vouliez-vous dire « vm1 » ?

lab.yaml:7:31: programs.server.command : doit être une liste, pas le texte "python3 server.py"
  6 | programs:
  7 |   server: { on: vm9, command: python3 server.py, listens: 79999 }
    |                               ^^^^^^^^^^^^^^^^^
    → écrivez-le comme une liste de mots : command: [python3, server.py]

lab.yaml:7:59: programs.server.listens : doit être de 1 à 65535, pas 79999
  6 | programs:
  7 |   server: { on: vm9, command: python3 server.py, listens: 79999 }
    |                                                           ^^^^^
    → par exemple : listens: 7999

6 problèmes
`,
      ],
    );
  });

  it('can be looked up in a French table of the fields', () => {
    const table = labFieldReference();
    assert.match(table, /^\| champ \| nécessaire \| sens \| exemple \|$/m);
    assert.match(table, /^\| `on` \| oui \| Nom de la machine sur laquelle il s’exécute\. [^|]*\| `vm1` \|$/m);
  });

  for (const name of casesOf(folder))
    it(`say nothing in English: ${name}`, async () => {
      const file = join(folder, `${name}.yaml`);
      const result = await loadLab(file, providers);
      assert.ok('problems' in result);
      const french = new Set(told(renderProblems(`${name}.yaml`, result.text, result.problems)));
      const english = told(readFileSync(join(folder, `${name}.txt`), 'utf8'));
      assert.deepEqual(
        english.filter((line) => french.has(line)),
        [],
      );
    });
});
