import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { loadLab } from '../../src/lab/load-lab.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { labOf, TWO_MACHINES } from '../helpers/scenario-lab.ts';

const PROGRAMS = `
programs:
  server: { on: vm1, command: [cat], listens: 7999 }
  client: { on: vm2, command: [cat], prompt: "> " }
scenarios:
  s:
`;

async function stepsOf(...steps: string[]) {
  const { scenarios, problems } = parseScenarios(
    await labOf(TWO_MACHINES + PROGRAMS + steps.map((step) => `    - ${step}\n`).join('')),
  );
  assert.deepEqual(problems, []);
  return scenarios.get('s')!.steps;
}

test('every verb of the design becomes a typed step', async () => {
  const steps = await stepsOf(
    'start: server',
    '{ start: { program: client, timeout: 2min } }',
    'send: { client: "Hello", server: "a\\nb" }',
    'expect: { server: "from client \'Hello\'", client: /^bye$/i }',
    'close: client',
    'signal: { server: sigint }',
    'wait: 500ms',
    'wait: { listens: server }',
    'wait: { prompt: client }',
    'run: { on: vm1, command: [ss, -ltn, 7999], status: 1, output: /LISTEN/ }',
    'run: { vm2: [id, -u] }',
    'run: { program: client, command: [ls, -l] }',
    '{ exit: { client: 0, server: SIGTERM }, timeout: 1.5 s }',
  );
  assert.deepEqual(
    steps.map(({ verb, body }) => [verb, body]),
    [
      ['start', [['server', undefined]]],
      ['start', [['client', undefined]]],
      [
        'send',
        [
          ['client', 'Hello'],
          ['server', 'a\nb'],
        ],
      ],
      [
        'expect',
        [
          ['server', { text: "from client 'Hello'" }],
          ['client', { regex: /^bye$/i }],
        ],
      ],
      ['close', [['client', undefined]]],
      ['signal', [['server', 'INT']]],
      ['wait', { kind: 'time', ms: 500 }],
      ['wait', { kind: 'listens', role: 'server' }],
      ['wait', { kind: 'prompt', role: 'client' }],
      ['run', [{ on: 'vm1', command: ['ss', '-ltn', '7999'], status: 1, output: { regex: /LISTEN/ } }]],
      ['run', [{ on: 'vm2', command: ['id', '-u'], status: 0, output: undefined }]],
      ['run', [{ on: 'vm2', program: 'client', command: ['ls', '-l'], status: 0, output: undefined }]],
      [
        'exit',
        [
          ['client', 0],
          ['server', 'TERM'],
        ],
      ],
    ],
  );
  assert.deepEqual(
    steps.map(({ isDefaultLimit }) => isDefaultLimit),
    [true, false, true, true, true, true, true, true, true, true, true, true, false],
  );
  assert.deepEqual(
    steps.map(({ timeoutMs }) => timeoutMs),
    [15_000, 120_000, 10_000, 10_000, 10_000, 10_000, 15_000, 15_000, 15_000, 30_000, 30_000, 30_000, 1500],
  );
});

test('a time limit counts next to a verb, and among the options of one that has some', async () => {
  const steps = await stepsOf(
    '{ start: server, timeout: 1s }',
    '{ start: { program: client, timeout: 2s } }',
    '{ run: { on: vm1, command: [id], timeout: 3s } }',
    '{ tcp: { handshake: true }, timeout: 4s }',
    '{ tcp: { handshake: true, timeout: 5s } }',
  );
  assert.deepEqual(
    steps.map(({ timeoutMs, isDefaultLimit }) => [timeoutMs, isDefaultLimit]),
    [1000, 2000, 3000, 4000, 5000].map((ms) => [ms, false]),
  );
});

test('a step knows its place and reads as a person would write it', async () => {
  const steps = await stepsOf(
    'start: [server, client]',
    'send: { client: "a\\tb" }',
    'expect: { client: /x/i }',
    'run: { vm1: [ss, -ltn] }',
    'wait: 2s',
    'exit: { client: 0, server: TERM }',
  );
  assert.deepEqual(
    steps.map(({ text }) => text),
    [
      'start: [server, client]',
      String.raw`send: { client: "a\tb" }`,
      'expect: { client: /x/i }',
      'run: { vm1: [ss, -ltn] }',
      'wait: 2000ms',
      'exit: { client: 0, server: TERM }',
    ],
  );
  assert.deepEqual(
    steps.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5],
  );
  const { line } = steps[0]!.position;
  assert.deepEqual(
    steps.map(({ position }) => position.line - line),
    [0, 1, 2, 3, 4, 5],
  );
});

test('a program may be started again after its end was checked, and its last words may be expected after that', async () => {
  const steps = await stepsOf(
    'start: client',
    'exit: { client: 0 }',
    'expect: { client: bye }',
    'start: client',
    'send: { client: again }',
  );
  assert.equal(steps.length, 5);
});

test('a path in an expectation is text, not a regular expression', async () => {
  const [, step] = await stepsOf('start: server', 'expect: { server: /etc/passwd }');
  assert.deepEqual([step!.verb, step!.body], ['expect', [['server', { text: '/etc/passwd' }]]]);
});

test('all problems of all scenarios are reported at once, each at its place with its next step', async () => {
  const folder = join(import.meta.dirname, 'golden');
  const loaded = await loadLab(join(folder, 'problems.yaml'), allProviders.names);
  const lab = 'lab' in loaded ? loaded.lab : loaded.partial!;
  const { scenarios, problems } = parseScenarios(lab);
  assert.equal(scenarios.size, 0);
  const text = problems
    .map(
      ({ position, length, path, message, hint }) =>
        `${position.line}:${position.column}+${length} ${path}\n    ${message}\n    ${hint ?? '-'}\n`,
    )
    .join('');
  const golden = join(folder, 'problems.txt');
  if (!existsSync(golden)) {
    writeFileSync(golden, text);
    assert.fail('the golden file was missing; it is written now: read it, then run again');
  }
  assert.equal(text, readFileSync(golden, 'utf8'));
});

/** The problems of a scenario that sends this text. */
async function problemsOf(text: string): Promise<string[]> {
  const lab = await labOf(
    `${TWO_MACHINES + PROGRAMS}    - start: server\n    - send: { server: ${JSON.stringify(text)} }\n`,
  );
  return parseScenarios(lab).problems.map(({ path, message }) => `${path} ${message}`);
}

test('a line that a terminal would cut is a problem, counted in bytes; several lines may be longer together', async () => {
  assert.deepEqual(await problemsOf('a'.repeat(4095)), []);
  assert.deepEqual(await problemsOf(`${'a'.repeat(4095)}\n${'b'.repeat(4095)}\r\n`), []);
  assert.match(
    (await problemsOf('a'.repeat(4096))).join(),
    /^scenarios\.\w+\[1\]\.send\.server has a line of 4096 bytes; a terminal takes 4095 of a line and drops the rest/,
  );
  assert.match((await problemsOf(`short\n${'é'.repeat(2048)}\nshort`)).join(), /has a line of 4096 bytes/);
});

test('what a program in latin1 cannot be typed is a problem', async () => {
  const programs = 'programs: { old: { on: vm2, command: [cat], encoding: latin1 } }\n';
  const steps = '[{ start: old }, { send: { old: été } }, { send: { old: 12 € } }]';
  const { problems } = parseScenarios(await labOf(`${TWO_MACHINES}${programs}scenarios: { s: ${steps} }\n`));
  assert.deepEqual(
    problems.map(({ path, message, hint }) => `${path} ${message} → ${hint}`),
    [
      'scenarios.s[2].send.old has "€", which there is not in latin1 → write it otherwise, or remove "encoding: latin1"',
    ],
  );
});
