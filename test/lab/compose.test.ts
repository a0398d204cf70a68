import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { countedUp } from '../../src/lab/compose/count-up.ts';
import { parseEnvFile } from '../../src/lab/compose/env-file.ts';
import { loadLab, type LoadResult } from '../../src/lab/load-lab.ts';
import { matchesName } from '../../src/lab/name-pattern.ts';
import { fillPattern, fillText } from '../../src/lab/text-names.ts';
import type { Lab } from '../../src/lab/types.ts';
import { allProviders } from '../../src/providers/registry.ts';

type Overrides = NonNullable<Parameters<typeof loadLab>[2]>;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-compose-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function load(files: Readonly<Record<string, string>>, overrides: Overrides = {}): Promise<LoadResult> {
  return loadLab(join(folderOf(files), 'lab.yaml'), allProviders.names, { environment: {}, ...overrides });
}

async function labOf(files: Readonly<Record<string, string>>, overrides?: Overrides): Promise<Lab> {
  const loaded = await load(files, overrides);
  if ('problems' in loaded) assert.fail(JSON.stringify(loaded.problems));
  return loaded.lab;
}

async function messagesOf(files: Readonly<Record<string, string>>, overrides?: Overrides): Promise<string[]> {
  const loaded = await load(files, overrides);
  assert.ok('problems' in loaded);
  return loaded.problems.map(
    ({ position: { file, line }, path, message }) => `${file ?? ''}:${line} ${path} ${message}`,
  );
}

describe('an address that counts up', () => {
  it('is of IPv4, of IPv6, of hardware, or a port', () => {
    assert.equal(countedUp('192.168.1.254+', 3), '192.168.2.1');
    assert.equal(countedUp('fd00::10+', 0), 'fd00::10');
    assert.equal(countedUp('fd00::10+', 246), 'fd00::106');
    assert.equal(countedUp('fd00::fffe+', 3), 'fd00::1:1');
    assert.equal(countedUp('02:00:00:00:00:ff+', 1), '02:00:00:00:01:00');
    assert.equal(countedUp('2201+', 9), 2210);
  });

  it('ends where there is none any more, and is nothing else', () => {
    assert.equal(countedUp('255.255.255.255+', 1), undefined);
    assert.equal(countedUp('ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe+', 2), undefined);
    for (const text of ['192.168.1.1', 'a+', '+', '1.2.3+', 'g::1+']) assert.equal(countedUp(text, 0), undefined);
  });
});

function meaning(name: string): string | undefined {
  return { port: '7999', dots: 'a.b/c' }[name];
}

describe('a name in braces', () => {
  it('is replaced when it is known; all other braces stay', () => {
    assert.equal(
      fillText('{port} {x} {{port}} {{x}} {} {0} {"a":{port}}', meaning),
      '7999 {x} {port} {{x}} {} {0} {"a":7999}',
    );
  });

  it('stands for itself, letter by letter, in a regular expression', () => {
    assert.equal(fillPattern('/^{dots}$/i', meaning), String.raw`/^a\.b\/c$/i`);
    assert.equal(fillPattern('{dots}', meaning), 'a.b/c');
    assert.equal(fillPattern(String.raw`/\d{2}{x}/`, meaning), String.raw`/\d{2}{x}/`);
  });
});

it('a star of a pattern stands for any text, and the parts beside it do not overlap', () => {
  assert.deepEqual(
    ['c-1', 'c', 'ac', 'c-10'].filter((name) => matchesName('c*', name)),
    ['c-1', 'c', 'c-10'],
  );
  assert.ok(matchesName('a*b*c', 'axbxc'));
  assert.ok(!matchesName('ab*bc', 'abc'));
  assert.ok(!matchesName('a*b*b', 'ab'));
});

it('an environment file has comments, exports and quotes, and its wrong lines are known', () => {
  const { values, wrong } = parseEnvFile(
    [
      '# no',
      'A=1',
      'export B = two words # comment',
      `C='$x # "`,
      `C='$x # "'`,
      String.raw`D="a\n\"b\""`,
      'E=',
      '1F=x',
      'G',
    ].join('\r\n'),
  );
  assert.deepEqual(
    [...values],
    [
      ['A', '1'],
      ['B', 'two words'],
      ['C', '$x # "'],
      ['D', 'a\n"b"'],
      ['E', ''],
    ],
  );
  assert.deepEqual(
    wrong.map(({ line }) => line),
    [4, 8, 9],
  );
});

describe('one entry for many', () => {
  const MANY = `
version: 1
networks: { lan: { subnet: 10.1.0.0/24, nat: false } }
machines:
  r: { address: 10.1.0.254 }
  c: { count: 2, address: 10.1.0.10+, publish: ["127.0.0.1:8080+:80"] }
`;

  it('has a port of this host for each machine, and links to each', async () => {
    const lab = await labOf({ 'lab.yaml': `${MANY}links: [[r, c-*], { between: [c-*, c-2], mtu: 1400 }]` });
    assert.deepEqual(
      lab.published?.map(({ machine, hostPort, port }) => [machine, hostPort, port]),
      [
        ['c-1', 8080, 80],
        ['c-2', 8081, 80],
      ],
    );
    assert.deepEqual(
      [...lab.networks.values()].map(({ name, mtu }) => [name, mtu]),
      [
        ['lan', undefined],
        ['r-c-1', undefined],
        ['r-c-2', undefined],
        ['c-1-c-2', 1400],
      ],
    );
  });

  it('cannot give all of them what only one can have', async () => {
    const shared = MANY.replace('8080+:80', '8080:80');
    const links = 'links: [[r, x*], [c-*, r*], { between: [r, c-*], subnet: 10.9.0.0/31 }, [c, r]]';
    const loaded = await load({ 'lab.yaml': shared + links });
    assert.ok('problems' in loaded);
    assert.deepEqual(
      loaded.problems.map(({ path, message, hint }) => `${path} ${message} → ${hint}`),
      [
        'machines.c.publish[0] 2 machines cannot share one port of this host → write "127.0.0.1:8080+:80" : then each has the next one',
        'links[0][1] no machine has a name like "x*" → known: r, c-1, c-2',
        'links[1][0] only one end can be a pattern → write a link for each',
        'links[2].subnet 2 links cannot share it → write a link for each',
        'links[3][0] there is no machine "c" → c-* stands for c-1 to c-2',
      ],
    );
  });
});

it('a parameter may be the port that a program listens on, also one that counts up', async () => {
  const lab = await labOf(
    {
      'lab.yaml': `
version: 1
params: { port: 7000, other: 53/udp }
networks: { lan: { subnet: 10.1.0.0/24, nat: false } }
machines: { a: { address: 10.1.0.5 } }
programs:
  one: { on: a, command: [cat], listens: ["{port}", "{other}"] }
  many: { on: a, count: 2, command: [cat], listens: [{ port: "1{port}+", later: true }] }
`,
    },
    { parameters: { port: '8000' } },
  );
  assert.deepEqual(
    [...lab.programs.values()].map(({ listens }) => listens.map(({ port, protocol }) => `${port}/${protocol}`)),
    [['8000/tcp', '53/udp'], ['18000/tcp'], ['18001/tcp']],
  );
});

it('fields that start with "x-" are left out wherever fields stand, but not in what a step says', async () => {
  const lab = await labOf({
    'lab.yaml': `
version: 1
x-1: { x-2: 1 }
networks: { lan: { subnet: 10.1.0.0/24, x-1: 1 } }
links: [{ between: [a, b], x-1: 1 }]
machines:
  a: { interfaces: { x-eth: { network: lan, address: 10.1.0.5, x-1: 1 } }, routes: [{ to: 10.2.0.0/24, via: 10.1.0.6, x-1: 1 }] }
  b: { address: 10.1.0.6 }
programs: { x-p: { on: a, command: [cat], env: { A: b }, x-1: 1 } }
report: { author: Ada, x-1: 1 }
scenarios:
  x-s: { steps: [{ start: x-p, x-1: 1 }, { send: { x-p: x-1 } }], x-1: 1 }
  t: [{ start: x-p, x-1: 1 }]
`,
  });
  assert.deepEqual(
    [...lab.machines.get('a')!.interfaces].map(({ name }) => name),
    ['x-eth', 'eth0'],
  );
  assert.deepEqual([...lab.programs.keys()], ['x-p']);
  assert.deepEqual(
    [...lab.scenarios.values()].map(({ steps }) => steps.map(({ value }) => value)),
    [[{ start: 'x-p' }, { send: { 'x-p': 'x-1' } }], [{ start: 'x-p' }]],
  );
});

describe('files that include others', () => {
  it('are joined field by field: the including file counts, then the later one', async () => {
    const lab = await labOf({
      'a.yaml': 'machines: { vm1: { user: a, memory: 64M }, vm2: { user: a } }\nname: from-a',
      'b.yaml': 'machines: { vm1: { memory: 128M } }\nscenarios: { s: [ { run: { vm1: [ls] } } ] }',
      'lab.yaml': 'version: 1\ninclude: [a.yaml, b.yaml]\nmachines:\n  vm2: { user: me }\nprograms:\n',
    });
    assert.equal(lab.name, 'from-a');
    assert.deepEqual(
      [...lab.machines.values()].map(({ name, user, memoryMiB }) => [name, user, memoryMiB]),
      [
        ['vm1', 'a', 128],
        ['vm2', 'me', undefined],
      ],
    );
    const [step] = lab.scenarios.get('s')!.steps;
    assert.equal(step!.position.file, 'b.yaml');
  });

  it('are bounded: a file that is included again and again is told of once', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`f${i}.yaml`, `include: [f${i + 1}.yaml, f${i + 1}.yaml, f${i + 1}.yaml]`]),
    );
    const messages = await messagesOf({
      ...chain,
      'f10.yaml': 'name: x',
      'lab.yaml': 'version: 1\ninclude: f0.yaml\nmachines: { vm1: {} }',
    });
    assert.ok(messages.some((message) => message.includes('one file too many')));
    assert.ok(messages.length < 70);
  });

  it('may lie outside the folder when the lab says so', async () => {
    const other = folderOf({ 'common.yaml': 'name: other' });
    const file = join(other, 'common.yaml');
    const lab = await labOf({
      'lab.yaml': `version: 1\ninclude: [{ path: ${file}, outside: true }]\nmachines: { vm1: {} }`,
    });
    assert.equal(lab.name, 'other');
  });
});

function withVariable(value: string): Record<string, string> {
  return {
    'lab.yaml': `version: 1\nmachines: { vm1: {} }\nprograms: { p: { on: vm1, command: [x], env: { A: "${value}" } } }`,
  };
}

async function valueOf(value: string, environment: Record<string, string>): Promise<string | undefined> {
  return (await labOf(withVariable(value), { environment })).programs.get('p')!.env.get('A');
}

describe('variables of the environment', () => {
  it('have defaults as in Docker Compose', async () => {
    assert.equal(await valueOf('a${X}b', { X: '1' }), 'a1b');
    assert.equal(await valueOf('${X:-d}', { X: '' }), 'd');
    assert.equal(await valueOf('${X-d}', { X: '' }), '');
    assert.equal(await valueOf('${X-d}', {}), 'd');
    assert.equal(await valueOf('$${X} $X ${} ${a b}', { X: '1' }), '${X} $X ${} ${a b}');
    assert.equal(await valueOf('007', {}), '007');
  });

  it('are told of when they are not set, with what the file says of them', async () => {
    assert.match((await messagesOf(withVariable('${X:?which one}')))[0]!, /X of the environment is not set: which one/);
    assert.match(
      (await messagesOf(withVariable('${X?}'), { environment: {} }))[0]!,
      /X of the environment is not set$/,
    );
  });

  it('stay in scenarios, commands and prompts, where shells and patterns have them', async () => {
    const lab = await labOf({
      'lab.yaml': `version: 1
machines: { vm1: {} }
programs: { p: { on: vm1, command: [sh, -c, "echo \${HOME}"], prompt: "/\${x}/" } }
scenarios: { s: [ { run: { vm1: [sh, -c, "echo \${HOME}"] } } ] }`,
    });
    assert.equal(lab.programs.get('p')!.command[2], 'echo ${HOME}');
    assert.deepEqual(lab.scenarios.get('s')!.steps[0]!.value, { run: { vm1: ['sh', '-c', 'echo ${HOME}'] } });
  });
});

describe('parameters', () => {
  const file = {
    'lab.yaml':
      'version: 1\nparams: { name: World, port: { default: 7999 }, who: { description: x } }\nmachines: { vm1: {} }\nprograms: { p: { on: vm1, command: [x, "{name}", "{port}", "{who}"] } }',
  };

  it('have the values that are given, or their defaults', async () => {
    const { programs, params } = await labOf(file, { parameters: { name: 'Ada' } });
    assert.deepEqual(programs.get('p')!.command, ['x', 'Ada', '7999', '{who}']);
    assert.equal(params!.get('who')!.value, undefined);
  });

  it('are told of when there is none of that name', async () => {
    await assert.rejects(load(file, { parameters: { nam: 'Ada' } }), { code: 'wrong-parameter', hint: /"name"/ });
  });
});

it('merged fields of a bomb are counted', async () => {
  const lines = ['x-a0: &a0 { k: [a, a, a, a, a, a, a, a, a, a, a, a] }'];
  for (let i = 1; i < 9; i++)
    lines.push(`x-a${i}: &a${i} { ${Array.from({ length: 9 }, (_, k) => `k${k}: { <<: *a${i - 1} }`).join(', ')} }`);
  const messages = await messagesOf({ 'lab.yaml': `version: 1\nmachines: { vm1: {} }\n${lines.join('\n')}\n` });
  assert.match(messages[0]!, /stand for more than/);
});

it('a thousand machines are read in a moment', async () => {
  const started = performance.now();
  const lab = await labOf({
    'lab.yaml':
      'version: 1\nnetworks: { lan: { subnet: 10.0.0.0/16, nat: false } }\nmachines: { c: { count: 500, address: 10.0.1.0+ } }\nprograms: { p: { on: c*, command: [x, "{n}"] } }',
  });
  assert.equal(lab.programs.get('p-500')!.on, 'c-500');
  assert.ok(performance.now() - started < 5000);
});
