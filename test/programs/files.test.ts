import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertPassed, fails, testSets } from '../helpers/program-sets.ts';

await testSets('files of programs, where they are built and where they lie', [
  {
    folder: 'sets/34-file-transfer',
    title: 'a step looks at the file that a program has received, in the folder of that program',
    large: { 'photo.jpg': 3_000_000 },
    replace: [['{ on: vm1, command: [ls', '{ program: serveur, command: [ls']],
  },
  {
    folder: 'sets/34-file-transfer',
    title: 'a step that looks for that file in the home folder is told where it lies',
    large: { 'photo.jpg': 3_000_000 },
    check({ result, shown }) {
      assert.equal(result, 'failed', shown);
      assert.match(shown, /recu_photo\.jpg lies in the folder of serveur, but commands run in the home folder/);
      assert.match(shown, /Write: run: \{ program: serveur, command: \[ls, -l, recu_photo\.jpg\] \}/);
    },
  },
  {
    folder: 'variants/build-there',
    title:
      'a program is built on its machine; what the compiler warns of is shown once, and stands in the record of each run',
    needs: ['cc', 'make'],
    async check(first, set) {
      assertPassed(first);
      assert.ok(!existsSync(join(set.path, 'server')), 'nothing is made on this host');
      const shown = set.events.filter((event) => event.kind === 'notice');
      assert.equal(shown.length, 1);
      assert.match(shown[0]!.message, /^the build of server succeeded, and said:\n[^]*server\.c[^]*gets/);
      const second = await set.play();
      for (const played of [first, second]) {
        const events = readFileSync(join(played.folder, 'events.ndjson'), 'utf8');
        assert.match(events, /"kind":"notice","level":"warning","message":"the build of server succeeded/);
      }
      assert.match(await second.report('html'), /gets/);
    },
  },
]);

const PIP =
  /Take it along: pip install --target modules colorama .*files: \[ …, modules \] and env: \{ PYTHONPATH: modules \}/;

await testSets('what a program says with its last words comes with the next step', [
  {
    folder: 'sets/37-missing-module',
    title: 'a module that the machine does not have',
    check: fails({ step: 'start: serveur', says: [PIP] }),
  },
  {
    folder: 'sets/38-python2',
    title: 'an interpreter that the machine has under another name only',
    replace: [['[python, serveur.py]', '[python3.99, serveur.py]']],
    check: fails({
      step: 'start: serveur',
      says: [/There is no python3\.99 on vm1, but there is python3: write command: \[python3, …\]/],
    }),
  },
  {
    folder: 'sets/38-python2',
    file: 'lab-py3.yaml',
    title: 'a program for Python 2',
    check: fails({ step: 'start: serveur', says: [/written for Python 2, and this is Python 3/] }),
  },
  {
    folder: 'sets/53-port-80',
    title: 'a port below 1024',
    check: fails({
      step: 'start: serveur',
      says: [/choose one from 1024, or start the program with sudo: command: \[sudo, python3, …\]/],
    }),
  },
  {
    folder: 'sets/29-c-latin1',
    title: 'output that is not UTF-8',
    needs: ['cc'],
    check: fails({
      step: 'expect: { serveur: "Serveur démarré" }',
      says: [/The output of serveur is not UTF-8 \(byte E9\)\. Add encoding: latin1 to the program/],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'sets/29-c-latin1',
    title: 'output in another encoding that the lab file names',
    needs: ['cc'],
    replace: [
      ['listens: 7999', 'listens: 7999, encoding: latin1'],
      ['prompt: "> "', 'prompt: "> ", encoding: latin1'],
    ],
    check({ outputOf, shown }) {
      assert.match(outputOf('serveur'), /Serveur démarré, en attente de requête\r\n/, shown);
      assert.match(outputOf('client'), /été/, 'the echo of what was typed');
    },
  },
]);

await testSets('the same of other languages', [
  {
    folder: 'variants/missing-modules',
    title: 'a module that Node does not find',
    scenarios: ['node'],
    check: fails({ step: 'start: node', says: [/vm1 has no module express\. .*npm install express .*node_modules/] }),
  },
  {
    folder: 'variants/missing-modules',
    title: 'a module that Perl does not find',
    scenarios: ['perl'],
    check: fails({
      step: 'start: perl',
      says: [/vm1 has no module Net::Server::Of::The::Lecture\. .*PERL5LIB: modules/],
    }),
  },
  {
    folder: 'variants/missing-modules',
    title: 'a class that Java does not find',
    scenarios: ['java'],
    needs: ['javac'],
    check: fails({ step: 'start: java', says: [/The class tp\.Server is not in the folder of java/] }),
  },
  {
    folder: 'variants/missing-interpreter-path',
    title: 'an interpreter that is not at its path',
    check: fails({
      step: 'start: server',
      says: [/The first line of server\.sh asks for an interpreter, which vm1 does not have/],
    }),
  },
  {
    folder: 'variants/missing-interpreter',
    title: 'an interpreter that env does not find',
    check: fails({
      step: 'start: server',
      says: [/The first line of server\.rb asks for ruby-of-the-lecture, which vm1 does not have/],
    }),
  },
  {
    folder: 'variants/no-display',
    title: 'a window on a machine without a screen',
    check: fails({ step: 'exit: { client: 0 }', says: [/Machines have no screen for windows/] }),
  },
  {
    folder: 'variants/node-port-443',
    title: 'a port below 1024 in Node',
    check: fails({ step: 'start: server', says: [/choose one from 1024, or start the program with sudo/] }),
  },
  {
    folder: 'variants/java-latin1',
    title: 'output of Java that is not UTF-8',
    needs: ['javac'],
    check: fails({
      step: 'expect: { server: "Serveur prêt à écouter" }',
      says: [/The output of server is not UTF-8 \(byte EA\)\. Add encoding: latin1/],
      withinMs: 12_000,
    }),
  },
]);
