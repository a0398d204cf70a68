import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const french = { LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '', LANGUAGE: '' };
const english = { ...french, LANG: 'C' };

interface Help {
  readonly texts: Readonly<Record<string, string>>;
  readonly pages: Readonly<Record<string, string>>;
}

function helpIn(env: Readonly<Record<string, string>>): Help {
  const script = join(import.meta.dirname, 'fixtures/help-texts.ts');
  const output = execFileSync(process.execPath, [script], { env: { ...process.env, ...env }, encoding: 'utf8' });
  return JSON.parse(output) as Help;
}

describe('help in French', () => {
  const [fr, en] = [helpIn(french), helpIn(english)];

  test('says everything otherwise than in English, in every command', () => {
    assert.deepEqual(Object.keys(fr.texts), Object.keys(en.texts));
    assert.ok(Object.keys(fr.texts).length > 150);
    const same = Object.entries(fr.texts).filter(([place, text]) => text === en.texts[place]);
    assert.deepEqual(same, []);
  });

  test('has no line of prose that the English help has', () => {
    for (const [name, page] of Object.entries(fr.pages)) {
      const known = new Set(en.pages[name]!.split('\n'));
      // Nothing but names and commands may be the same; headings of both languages are "Options" and "Arguments".
      const same = page.split('\n').filter((line) => known.has(line) && / [a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(line));
      assert.deepEqual(name === '' ? same.filter((line) => !isOfTopic(line, page)) : same, [], name);
    }
  });

  test('is a whole page of French', async () => {
    using folder = temporaryFolder();
    const { stdout } = await runCli(['gc', '--help'], { cwd: folder.path, env: french });
    assert.equal(
      stdout,
      `Usage : lab gc [options]

Enlever de cet hôte les restes de labs qui n’existent plus. Un lab est mort
quand son dossier .lab a disparu ou ne le connaît plus. La commande demande
d’abord ; sans terminal elle n’enlève rien, sauf avec --yes.

Options :
  -y, --yes   ne pas demander
  -h, --help  cette aide

Exemples :
  lab gc  # lister ce qui reste, demander, enlever

Options de toutes les commandes : lab --help
`,
    );
  });
});

/** Pages of the manual may not all be there in French. */
function isOfTopic(line: string, page: string): boolean {
  const topics = page.slice(page.indexOf('\nSujets :\n'));
  return topics.includes(line);
}

describe('what the command line says in French', () => {
  test('is an error with its hint', async () => {
    using folder = temporaryFolder();
    const { exitCode, stderr } = await runCli(['up'], { cwd: folder.path, env: french });
    assert.deepEqual(
      [exitCode, stderr],
      [
        2,
        `erreur : il n’y a pas de fichier ${folder.path}/lab.yaml
conseil : Écrivez-en un avec « lab init », ou nommez-en un autre avec « lab -f FICHIER ».
`,
      ],
    );
  });

  test('is an error of the words that were typed', async () => {
    using folder = temporaryFolder();
    const { stderr } = await runCli(['gc', 'tout'], { cwd: folder.path, env: french });
    assert.equal(
      stderr,
      `erreur : trop d’arguments pour « gc ». Attendu : 0 argument, reçu : 1 (tout).
conseil : Voir « lab gc --help ».
`,
    );
  });

  test('are the headings of the doctor', async () => {
    using folder = temporaryFolder();
    const { stdout } = await runCli(['doctor'], { cwd: folder.path, env: french });
    assert.match(
      stdout,
      /^netns \(utilisé\) : (?:prêt|pas prêt)\n {2}(?:ok|absent|manque) +Linux sur x86-64 ou ARM64 : /,
    );
    assert.match(stdout, /\n\nqemu : (?:prêt|pas prêt)\n/);
    assert.match(stdout, /\n\nssh : (?:prêt|pas prêt)\n/);
  });
});

const lab = `version: 1
name: salut
networks: { n: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ada, interfaces: { eth0: { network: n, address: 192.168.100.4 } } } }
programs:
  server: { on: vm1, command: [sh, -c, "echo Bonjour; cat"] }
scenarios:
  accueil: [{ start: server }, { expect: { server: Salut }, timeout: 1s }]
`;

describe('a run that fails', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });

  before(async () => {
    const { exitCode, stdout, stderr } = await runCli(['up'], { cwd: folder.path, env: french });
    assert.equal(exitCode, 0, stderr);
    assert.equal(
      stdout,
      'Le lab salut est en marche.\n  vm1  192.168.100.4  lab ssh vm1  (en tant que ada)\nEnsuite : lab run\n',
    );
  });
  after(async () => {
    await runCli(['down', '--purge'], { cwd: folder.path, env: french });
    await folder[Symbol.asyncDispose]();
  });

  test('is told of in French on the terminal, and its record is the same for readers of every language', async () => {
    const run = await runCli(['run'], { cwd: folder.path, env: french });
    assert.equal(run.exitCode, 1, run.stderr);
    const shown = run.stdout.replaceAll(/\d+(?:,\d+)?\s(?=m?s\b)/g, 'N ').replaceAll(/\d{8}-\d{6}/g, 'RUN');
    assert.equal(
      shown,
      `accueil: server sur vm1 (ada, 192.168.100.4)
       ✔ start: server  N ms
server │ Bonjour
       ✘ expect: { server: "Salut" }  ligne 8, N s
         ce texte n’est pas apparu en N s
server · terminé par le signal TERM
lab.yaml:8: l’étape 2 a échoué
     8 | accueil: [{ start: server }, { expect: { server: Salut }, timeout: 1s }]
  attendu : "Salut" sur le terminal de server
  mais :    ce texte n’est pas apparu en N s
  vu :      server lit son clavier

server sur vm1, dernières lignes :
  | Bonjour

Le scénario accueil a échoué après N s : 1 sur 2 étapes réussies.
Conservé dans .lab/runs/RUN-accueil
`,
    );
    const verified = await runCli(['verify'], { cwd: folder.path, env: english });
    assert.deepEqual([verified.exitCode, verified.stdout.split(':')[0]], [0, 'The record fits'], verified.stdout);
  });
});
