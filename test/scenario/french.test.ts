import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { StepFailure } from '../../src/scenario/playing/step-failure.ts';
import { speak } from '../../src/core/language/speak.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';

speak('fr');
after(() => speak('en'));
// Texts of modules are made when they are loaded.
const { failedStep } = await import('../../src/scenario/failed-step.ts');
const { renderFailure } = await import('../../src/scenario/render-failure.ts');
const { standstillText } = await import('../../src/seats/standstill-text.ts');

const fr = { LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '' };

test('problems of the steps of a scenario are told in French', async () => {
  using lab = temporaryFolder({
    'lab.yaml': `version: 1
networks: { natnet: 192.168.100.0/24 }
machines: { vm1: { address: 192.168.100.4 } }
programs: { server: { on: vm1, command: [sh, -c, 'read line'] } }
scenarios:
  hello:
    - strat: server
    - send: { srver: 5 }
    - exit: { server: -1 }
      timeout: 5
`,
  });
  const { exitCode, stdout } = await runCli(['validate'], { cwd: lab.path, env: fr });
  const told = stdout.split('\n').filter((line) => !/^ +\d* \|/.test(line) && line !== '');
  assert.deepEqual(
    [exitCode, ...told],
    [
      2,
      'lab.yaml:7:7: scenarios.hello[0].strat : il n’y a pas d’étape « strat »',
      '    → vouliez-vous dire « start » ?',
      'lab.yaml:8:15: scenarios.hello[1].send.srver : il n’y a pas de programme « srver »',
      '    → vouliez-vous dire « server » ?',
      'lab.yaml:8:22: scenarios.hello[1].send.srver : doit être un texte, pas 5',
      '    → mettez-le entre guillemets : "5"',
      'lab.yaml:9:23: scenarios.hello[2].exit.server : doit être un code de sortie de 0 à 255 ou un signal, pas -1',
      '    → écrivez 255 : c’est ce que le système fait de exit(-1)',
      'lab.yaml:10:16: scenarios.hello[2].timeout : doit être un temps avec son unité (ms, s ou min), pas 5',
      '    → écrivez 5s, ou 5ms',
      '5 problèmes',
    ],
  );
});

test('a failed step is told in French, with what was seen', () => {
  const failure = new StepFailure({
    expected: { kind: 'text', role: 'server', pattern: '"from client Hello"' },
    seen: { kind: 'nothing-in-time' },
    limitMs: 200,
    nearest: "from client 'Hello vm1'",
    hint: { kind: 'used-up' },
  });
  const place = { index: 3, line: 17, text: 'expect: { server: "from client Hello" }' };
  const shown = renderFailure(
    {
      result: 'failed',
      passed: false,
      durationMs: 1,
      steps: { all: 5, passed: 3, notReached: 1 },
      failedStep: failedStep(place, failure.problem, failure),
      error: failure,
      tails: [
        { role: 'server', machine: 'vm1', lines: ['Listening ...'] },
        { role: 'client', machine: 'vm2', lines: [] },
      ],
      ends: [],
    },
    { file: 'lab.yaml' },
  );
  assert.equal(
    shown,
    `lab.yaml:17: l’étape 4 a échoué
    17 | expect: { server: "from client Hello" }
  attendu : "from client Hello" sur le terminal de server
  mais :    ce texte n’est pas apparu en 200\u00a0ms
  proche :  from client 'Hello vm1'
  conseil : Ce texte est bien là, mais c’est l’écho de ce qui a été tapé, ou une étape expect précédente l’a déjà utilisé.

server sur vm1, dernières lignes :
  | Listening ...

client sur vm2 n’a rien affiché
`,
  );
});

test('users at keyboards are told in French what a play waits for', () => {
  const waitsFor = { kind: 'prompt', role: 'client', pattern: '"> "' } as const;
  assert.equal(
    standstillText({ waitsFor, step: 1, steps: 4 }),
    'le scénario attend l’invite "> " sur le terminal de client (étape 2 sur 4)',
  );
});
