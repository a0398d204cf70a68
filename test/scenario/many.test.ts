import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { briefNames, briefStep } from '../../src/report/run/brief-step.ts';
import type { EventBody } from '../../src/core/events.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { TakenValues } from '../../src/scenario/reading/taken-values.ts';
import { TerminalReader } from '../../src/scenario/playing/terminal-reader.ts';
import { Recheck } from '../../src/scenario/recheck/recheck.ts';
import { readStepText } from '../../src/scenario/recheck/step-text.ts';
import { verbNamed } from '../../src/scenario/verbs/index.ts';
import { labOf } from '../helpers/scenario-lab.ts';

const LAB = `
version: 1
params: { who: World }
networks: { lan: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { address: 192.168.100.4 }
  c: { count: 3, address: 192.168.100.10+ }
programs:
  server: { on: vm1, command: [cat] }
  client: { on: c*, command: [cat] }
scenarios:
  s:
`;

async function parsed(...steps: string[]) {
  return parseScenarios(await labOf(LAB + steps.map((step) => `    - ${step}\n`).join('')));
}

async function textsOf(...steps: string[]): Promise<string[]> {
  const { scenarios, problems } = await parsed(...steps);
  assert.deepEqual(problems, []);
  return scenarios.get('s')!.steps.map(({ text }) => text);
}

async function problemsOf(...steps: string[]): Promise<string[]> {
  return (await parsed(...steps)).problems.map(({ path, message, hint }) => `${path} ${message} → ${hint}`);
}

describe('a pattern of names', () => {
  it('stands for all programs of that name, each with its number, in every step', async () => {
    assert.deepEqual(
      await textsOf(
        'start: [server, client-*]',
        'send: { client-*: "hello {n} {who} {x}" }',
        'send: { client-2: "{n}", server: "{n}" }',
        'expect: { client-2: own, client-*: "/a{n}/" }',
        'press: { client-*: [Down] }',
        'run: { c*: [echo, "{n}"] }',
        'run: { on: c-*, command: [ls] }',
        'run: { program: client-*, command: [cat, "{n}"] }',
        'run: { program: client-2, command: [cat, "{n}"] }',
        'signal: { client-*: INT }',
        'close: client-*',
        'exit: { client-*: 0 }',
      ),
      [
        'start: [server, client-1, client-2, client-3]',
        'send: { client-1: "hello 1 World {x}", client-2: "hello 2 World {x}", client-3: "hello 3 World {x}" }',
        'send: { client-2: "2", server: "{n}" }',
        'expect: { client-2: "own", client-1: /a1/, client-3: /a3/ }',
        'press: { client-1: Down, client-2: Down, client-3: Down }',
        'run: { c-1: [echo, 1], c-2: [echo, 2], c-3: [echo, 3] }',
        'run: { c-1: [ls], c-2: [ls], c-3: [ls] }',
        'run: { program: { client-1: [cat, 1], client-2: [cat, 2], client-3: [cat, 3] } }',
        'run: { program: client-2, command: [cat, 2] }',
        'signal: { client-1: INT, client-2: INT, client-3: INT }',
        'close: [client-1, client-2, client-3]',
        'exit: { client-1: 0, client-2: 0, client-3: 0 }',
      ],
    );
  });

  it('that means nobody, and a name that means many, are told of', async () => {
    assert.deepEqual(await problemsOf('start: clint-*', 'start: client', 'run: { d*: [ls] }'), [
      'scenarios.s[0].start no program has a name like "clint-*" → did you mean "client-1"?',
      'scenarios.s[1].start "client" is 3 programs → client-* stands for all of them; one of them is client-1',
      'scenarios.s[2].run."d*" no machine has a name like "d*" → known: vm1, c-1, c-2, c-3',
    ]);
    assert.deepEqual(await problemsOf('start: client-1', 'send: { client-*: x }'), [
      'scenarios.s[1].send."client-*" "client-2" is not started before this step → add "start: client-2" before it',
      'scenarios.s[1].send."client-*" "client-3" is not started before this step → add "start: client-3" before it',
    ]);
  });
});

function claimsOf(text: string) {
  const { verb, map } = readStepText(text)!;
  return verbNamed(verb)!.claims!(map);
}

describe('several expectations', () => {
  it('are lists of expect steps', async () => {
    assert.deepEqual(
      await textsOf(
        'start: [server, client-*]',
        'all: [ { expect: { server: a, client-1: b } }, { expect: { server: "/c{who}/" } } ]',
        'any: [ { expect: { client-*: "{n}" } } ]',
        'not: { expect: { client-2: secret } }',
        'not: { expect: { client-2: secret }, for: 500ms }',
      ),
      [
        'start: [server, client-1, client-2, client-3]',
        'all: [{ expect: { server: "a", client-1: "b" } }, { expect: { server: /cWorld/ } }]',
        'any: [{ expect: { client-1: "1", client-2: "2", client-3: "3" } }]',
        'not: { expect: { client-2: "secret" }, for: 1000ms }',
        'not: { expect: { client-2: "secret" }, for: 500ms }',
      ],
    );
    const problems = await problemsOf(
      'all: []',
      'any: { expect: { server: x } }',
      'all: [ { send: { server: x } } ]',
      'all: [ x ]',
      'not: { expct: { server: x }, for: soon }',
    );
    assert.deepEqual(
      problems.map((problem) => problem.replace(/ → .*/, '')),
      [
        'scenarios.s[0].all needs at least one expect',
        'scenarios.s[1].any must be a list of expect steps, not a map',
        'scenarios.s[2].all[0].send only "expect" can stand here, not "send"',
        'scenarios.s[3].all[0] must be an expect step, not "x"',
        'scenarios.s[4].not.expct "not" has no option "expct"',
        'scenarios.s[4].not "not" needs "expect"',
        'scenarios.s[4].not.for must be a time with its unit (ms, s or min), not "soon"',
      ],
    );
  });

  it('are read again from a record', () => {
    assert.deepEqual(claimsOf('all: [{ expect: { server: "a", client-1: "b" } }, { expect: { server: /c]/ } }]'), {
      shown: [
        ['server', { text: 'a' }],
        ['client-1', { text: 'b' }],
        ['server', { regex: /c]/ }],
      ],
    });
    assert.deepEqual(claimsOf('any: [{ expect: { server: "a" } }]'), { anyShown: [[['server', { text: 'a' }]]] });
    assert.deepEqual(claimsOf('not: { expect: { server: "a" }, for: 500ms }'), {
      unseen: { texts: [['server', { text: 'a' }]], ms: 500 },
    });
  });
});

describe('values from the output', () => {
  it('are names that later steps may use', async () => {
    const { scenarios, problems } = await parsed(
      'start: [server, client-*]',
      String.raw`expect: { server: '/port (?<port>\S+)/' }`,
      String.raw`all: [ { expect: { client-*: '/id (?<id>\d+)/' } } ]`,
      'send: { client-*: "{port} {id}" }',
      'expect: { server: "/{port}$/" }',
      'run: { vm1: [echo, "{port}"] }',
    );
    assert.deepEqual(problems, []);
    const steps = scenarios.get('s')!.steps;
    const values = new TakenValues();
    values.take({ port: '7.9' }, 'server');
    for (const number of [1, 2, 3]) values.take({ id: String(number * 11) }, `client-${number}`);
    assert.equal(steps[1]!.withValues, undefined);
    assert.deepEqual(
      steps.slice(3).map((step) => step.withValues!(values).text),
      [
        'send: { client-1: "7.9 11", client-2: "7.9 22", client-3: "7.9 33" }',
        String.raw`expect: { server: /7\.9$/ }`,
        'run: { vm1: [echo, 7.9] }',
      ],
    );
    assert.deepEqual(values.takeFresh(), {
      port: '7.9',
      'client-1.id': '11',
      'client-2.id': '22',
      'client-3.id': '33',
    });
    assert.equal(values.takeFresh(), undefined);
    assert.throws(() => steps[3]!.withValues!(new TakenValues()), /has no value for \{port\}/);
  });

  it('are of who printed them, where several did', async () => {
    const { scenarios, problems } = await parsed(
      'start: [server, client-*]',
      "run: { on: c-*, command: [hostname], output: '/(?<host>.+)/' }",
      "expect: { client-*: '/(?<id>.+)/' }",
      'send: { client-*: "{host} {id}" }',
      'run: { program: client-*, command: [echo, "{id}"] }',
      'run: { on: c-*, command: [echo, "{id}"] }',
      'send: { server: "{client-2.id} {c-3.host} {{client-2.id}} {client-2.it}" }',
      'send: { server: "{id}" }',
    );
    assert.deepEqual(problems, []);
    const values = new TakenValues((owner) => owner.replace('client', 'c'));
    for (const number of [1, 2, 3]) {
      values.take({ host: `h${number}` }, `c-${number}`);
      values.take({ id: `i${number}` }, `client-${number}`);
    }
    const steps = scenarios.get('s')!.steps.slice(3);
    assert.deepEqual(
      steps.slice(0, 4).map((step) => step.withValues!(values).text),
      [
        'send: { client-1: "h1 i1", client-2: "h2 i2", client-3: "h3 i3" }',
        'run: { program: { client-1: [echo, i1], client-2: [echo, i2], client-3: [echo, i3] } }',
        'run: { c-1: [echo, i1], c-2: [echo, i2], c-3: [echo, i3] }',
        'send: { server: "i2 h3 {client-2.id} {client-2.it}" }',
      ],
    );
    assert.throws(() => steps[4]!.withValues!(values), {
      message: /\{id\} has several values, one of each of client-1, client-2, client-3$/,
      hint: 'say whose it is: {client-1.id}',
    });
    values.takeFresh();
    values.take({ id: 'last' }, 'client-1');
    assert.equal(steps[4]!.withValues!(values).text, 'send: { server: "last" }');
  });

  it('cannot have a name that means something else', async () => {
    assert.deepEqual(await problemsOf('start: server', "expect: { server: '/(?<n>x) (?<who>y)/' }"), [
      'scenarios.s[1].expect.server cannot take a value for {n}, which means something else → give the group (?<n>…) another name',
    ]);
  });

  it('that are not known yet when they are used are told of', async () => {
    assert.deepEqual(
      await problemsOf('start: server', 'send: { server: "{port} {{port}}" }', "expect: { server: '/(?<port>x)/' }"),
      [
        'scenarios.s[1].send.server {port} is not known yet: step 3 takes it → move this step below that one; for the text itself write {{port}}',
      ],
    );
  });
});

it('a fork of a reader uses nothing up until it is joined', () => {
  const reader = new TerminalReader({ columns: 80 });
  reader.write('b joined\na joined\nend\n');
  const [first, second, lost] = [reader.fork(), reader.fork(), reader.fork()];
  assert.equal(reader.takeMatchIn(lost, { text: 'end' }, true), 'found');
  assert.equal(reader.takeMatchIn(first, { text: 'a joined' }, true), 'found');
  assert.equal(reader.takeMatchIn(second, { text: 'b joined' }, true), 'found');
  assert.equal(reader.takeMatchIn(second, { text: 'b joined' }, true), undefined);
  reader.join([first, second]);
  assert.equal(reader.takeMatch({ text: 'joined' }, true), undefined);
  assert.equal(reader.takeMatch({ regex: /(?<all>e.)d/ }, true), 'found');
  assert.equal(reader.groups?.['all'], 'en');
});

it('steps of many programs are shown as one, where only their numbers differ', () => {
  const shown = {
    'start: [server, client-1, client-2, client-3]': 'start: [server, client-1…3]',
    'start: [client-1, client-2, client-3]': 'start: client-1…3',
    'start: [client-1, client-2]': 'start: [client-1, client-2]',
    'send: { client-9: "a, 9 {", client-10: "a, 10 {", client-11: "a, 11 {" }': 'send: { client-9…11: "a, {n} {" }',
    'send: { client-1: "a", client-2: "b", client-3: "c" }': 'send: { client-1: "a", client-2: "b", client-3: "c" }',
    'not: { expect: { c-1: /a, b/, c-2: /a, b/, c-3: /a, b/ }, for: 1ms }':
      'not: { expect: { c-1…3: /a, b/ }, for: 1ms }',
    'wait: 500ms': 'wait: 500ms',
    'exit: { c-1: 0, c-2: 0, c-4: 0, c-5: 0, c-6: 0 }': 'exit: { c-1: 0, c-2: 0, c-4…6: 0 }',
  };
  for (const [text, brief] of Object.entries(shown)) assert.equal(briefStep(text), brief);
  assert.deepEqual(briefNames(['a', 'b-1', 'b-2', 'b-3']), ['a', 'b-1…3']);
});

function printed(role: string, data: string): EventBody {
  return { kind: 'terminal-output', role, data };
}

function step(text: string): EventBody[] {
  return [
    { kind: 'scenario-step-started', index: 0, line: 1, text },
    { kind: 'scenario-step-passed', index: 0, line: 1, text, durationMs: 1000 },
  ];
}

describe('a record that is looked at again', () => {
  const [client, server] = ['client', 'server'].map((role) => ({
    kind: 'terminal-opened' as const,
    role,
    machine: 'vm1',
    columns: 80,
    rows: 24,
    command: ['cat'],
  }));
  /** Each event comes 50 ms after the one before. */
  function refutedBy(bodies: readonly EventBody[]): string[] {
    const recheck = new Recheck((verb, map) => verbNamed(verb)?.claims?.(map));
    for (const [index, body] of [client!, server!, ...bodies].entries())
      recheck.take({ at: { monotonicMs: index * 50, wallMs: index * 50 }, ...body });
    return recheck.refuted.map(({ problem: { expected } }) => expected.kind);
  }

  it('does not have an any of which nothing was shown', () => {
    const any = step('any: [{ expect: { client: "A" } }, { expect: { server: "B", client: "C" } }]');
    assert.deepEqual(refutedBy([printed('server', 'B\n'), ...any]), ['any-text']);
    assert.deepEqual(refutedBy([printed('client', 'A\n'), ...any]), []);
    assert.deepEqual(refutedBy([printed('server', 'B\n'), printed('client', 'C\n'), ...any]), []);
  });

  it('does not have an all of which one was not shown', () => {
    const all = step('all: [{ expect: { client: "A" } }, { expect: { server: "B" } }]');
    assert.deepEqual(refutedBy([printed('server', 'B\n'), ...all]), ['text']);
  });

  it('does not have a not whose text was shown well within its time, unless it was typed', () => {
    const [started, passed] = step('not: { expect: { client: "A" }, for: 1000ms }') as [EventBody, EventBody];
    assert.deepEqual(refutedBy([started, printed('client', 'A\n'), passed]), ['no-text']);
    assert.deepEqual(refutedBy([printed('client', 'A\n'), started, printed('client', 'B\n'), passed]), []);
    const typed: EventBody = { kind: 'terminal-input', role: 'client', data: 'A\r', by: 'scenario' };
    assert.deepEqual(refutedBy([typed, started, printed('client', 'A\n'), passed]), []);
    const [short] = step('not: { expect: { client: "A" }, for: 120ms }') as [EventBody];
    const shortPassed = { ...passed, text: (short as { text: string }).text } as EventBody;
    assert.deepEqual(refutedBy([short, printed('client', 'A\n'), shortPassed]), []);
  });
});
