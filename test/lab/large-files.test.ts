import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkLabText } from '../../src/lab/load-lab.ts';
import type { Problem } from '../../src/lab/problem.ts';
import { renderProblems } from '../../src/lab/render-problems.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';

const HEAD = 'version: 1\nname: large\n';
const ONE = 'machines: { a: {} }\n';
const PROGRAM = 'programs: { p: { on: a, command: [x], listens: 7 } }\n';

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
}

function octets(index: number): string {
  return `${(index >> 8) & 255}.${index & 255}`;
}

function manyNetworks(count: number): string {
  return `networks:\n${lines(count, (i) => `  n${i}: 10.${octets(i)}.0/24`)}`;
}

/** Files that have one thing many times. `count` is chosen so that a way whose work grows with its square takes seconds more. */
const KINDS: Readonly<Record<string, { readonly count: number; readonly text: (count: number) => string }>> = {
  'unknown fields of the file': { count: 6000, text: (n) => HEAD + ONE + lines(n, (i) => `field${i}: 1`) },
  'unknown fields of one machine': {
    count: 6000,
    text: (n) => `${HEAD}machines:\n  a:\n${lines(n, (i) => `    field${i}: 1`)}`,
  },
  'unknown fields of many machines': {
    count: 4000,
    text: (n) => `${HEAD}machines:\n${lines(n, (i) => `  a${i}: { fiel: 1 }`)}`,
  },
  'names that come twice': {
    count: 20_000,
    text: (n) => `${HEAD}machines:\n${lines(n, (i) => `  some-machine-${i % 7}: {}`)}`,
  },
  'unknown networks': {
    count: 2000,
    text: (n) =>
      `${HEAD}${manyNetworks(n)}machines:\n${lines(n, (i) => `  a${i}: { interfaces: { eth0: { network: m${i}, address: 10.${octets(i)}.4 } } }`)}`,
  },
  'machines, each on a network of its own': {
    count: 4000,
    text: (n) => `${HEAD}${manyNetworks(n)}machines:\n${lines(n, (i) => `  a${i}: { address: 10.${octets(i)}.4 }`)}`,
  },
  'machines on no network': {
    count: 2000,
    text: (n) => `${HEAD}${manyNetworks(n)}machines:\n${lines(n, (i) => `  a${i}: { address: 11.0.0.4 }`)}`,
  },
  'networks that overlap': {
    count: 4000,
    text: (n) =>
      `${HEAD}networks:\n${lines(n, (i) => `  n${i}: 10.0.0.0/8`)}machines:\n${lines(n, (i) => `  a${i}: { address: 10.0.0.4 }`)}`,
  },
  'one address for all': {
    count: 4000,
    text: (n) =>
      `${HEAD}networks: { n: 10.0.0.0/8 }\nmachines:\n${lines(n, (i) => `  a${i}: { address: 10.0.${octets(i)} }`)}${lines(n, (i) => `  b${i}: { address: 10.0.0.3 }`)}`,
  },
  'unknown machines': {
    count: 2000,
    text: (n) =>
      `${HEAD}machines:\n${lines(n, (i) => `  a${i}: {}`)}programs:\n${lines(n, (i) => `  p${i}: { on: b${i}, command: [x] }`)}`,
  },
  'unknown programs in steps': {
    count: 2000,
    text: (n) =>
      `${HEAD}${ONE}programs:\n${lines(n, (i) => `  p${i}: { on: a, command: [x] }`)}scenarios:\n  s:\n${lines(n, (i) => `    - start: q${i}`)}`,
  },
  'unknown anchors': {
    count: 2000,
    text: (n) =>
      `${HEAD}machines:\n${lines(n, (i) => `  a${i}: &anchor${i} {}`)}${lines(n, (i) => `  b${i}: *ancor${i}`)}`,
  },
  'steps that look at a port': {
    count: 2000,
    text: (n) =>
      `${HEAD}${ONE}programs:\n${lines(n, (i) => `  p${i}: { on: a, command: [x], listens: ${i + 1} }`)}scenarios:\n  s:\n    - start: p0\n${lines(n, (i) => `    - tcp: { port: ${i + 1}, connections: 1 }`)}`,
  },
  'unknown steps': {
    count: 5000,
    text: (n) => `${HEAD}${ONE}${PROGRAM}scenarios:\n  s:\n${lines(n, () => '    - sned: { p: hello }')}`,
  },
  'tags in one line': {
    count: 3000,
    text: (n) => `${HEAD}machines: { ${lines(n, (i) => `a${i}: !t {}, `).replaceAll('\n', '')}}\n`,
  },
  'lists that are never closed': { count: 5000, text: (n) => HEAD + ONE + lines(n, (i) => `field${i}: [`) },
  'values with something behind them': { count: 5000, text: (n) => HEAD + ONE + lines(n, (i) => `field${i}: "a" b`) },
};

async function problemsOf(text: string): Promise<readonly Problem[]> {
  const result = await checkLabText(text, '/nowhere/lab.yaml', allProviders.names);
  const lab = 'lab' in result ? result.lab : result.partial;
  return [...('problems' in result ? result.problems : []), ...(lab ? parseScenarios(lab).problems : [])];
}

/** Processor time, which a busy host does not lengthen much. */
async function costMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('a lab file costs time in proportion to its length, whatever it has much of', () => {
  for (const [name, { count, text }] of Object.entries(KINDS)) {
    it(name, async () => {
      const small = text(Math.ceil(count / 8));
      const large = text(count);
      assert.ok(large.length < 1024 * 1024, 'is still read as a lab file');
      await problemsOf(text(20));
      const few = await costMs(async () => problemsOf(small));
      const many = await costMs(async () => problemsOf(large));
      assert.ok(
        many <= 20 * few + 1000,
        `eight times as much took ${(many / few).toFixed(0)} times as long: ${few.toFixed(0)} and ${many.toFixed(0)} ms`,
      );
    });
  }
});

describe('what is shown of a lab file is bounded', () => {
  it('a hundred problems, and how many there are more', async () => {
    const text = HEAD + ONE + lines(3000, (i) => `field${i}: 1`);
    const shown = renderProblems('lab.yaml', text, await problemsOf(text));
    assert.match(shown, /field99: is no field/);
    assert.doesNotMatch(shown, /field100: is no field/);
    assert.match(shown, /… and 2900 more\n$/);
  });

  it('names and values of any length are cut in path, message and hint', async () => {
    const long = 'q'.repeat(100_000);
    const texts = [
      `${HEAD}${ONE}${long.slice(0, 900)}: { a: 1 }\n`,
      `${HEAD}${ONE}? ${long}\n: 1\n`,
      `${HEAD}${ONE}scenarios: { s: [{ "${long}": 1 }, { start: "${long}" }, { send: { "${long}": x } }, { wait: "${long}" }] }\n`,
      `${HEAD}machines: { a: { memory: "${long}", address: "${long}", ssh: { host: "a@b:${long}", port: "${long}" } } }\n`,
      `${HEAD}${ONE}programs: { p: { on: "${long}", command: "${long} | x", listens: "${long}", prompt: "/(${long}/" } }\n`,
    ];
    for (const text of texts) {
      const problems = await problemsOf(text);
      assert.ok(problems.length > 0);
      for (const { path, message, hint = '' } of problems)
        assert.ok(
          path.length < 300 && message.length <= 1000 && hint.length <= 1000,
          `${path.slice(0, 200)}: ${message.slice(0, 200)}`,
        );
    }
  });

  it('a text that aliases repeat counts by its length', async () => {
    const text = `${HEAD}machines:\n  a: &x { memory: "${'1'.repeat(100_000)}" }\n${lines(2000, (i) => `  b${i}: *x`)}`;
    assert.match(
      (await problemsOf(text)).map(({ message }) => message).join('\n'),
      /the aliases of this file stand for more than 100000 values/,
    );
  });
});
