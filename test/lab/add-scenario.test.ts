import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { addScenario, scenarioYaml } from '../../src/lab/add-scenario.ts';
import { stepYaml } from '../../src/scenario/step-data.ts';

const steps = [
  { start: 'server' },
  { send: { client: 'a "b" \\ : # é' } },
  { expect: { server: String.raw`/\d+/` } },
  { exit: { client: 0, server: 'TERM' } },
];

const lines = steps.map(stepYaml);

function scenariosOf(text: string): Record<string, unknown> {
  return (parse(text) as { scenarios: Record<string, unknown> }).scenarios;
}

describe('a scenario as YAML', () => {
  it('has a step a line, and reads as it was given', () => {
    const text = scenarioYaml('demo', lines, 2);
    assert.equal(
      text,
      `  demo:
    - start: server
    - send: { client: "a \\"b\\" \\\\ : # é" }
    - expect: { server: "/\\\\d+/" }
    - exit: { client: 0, server: TERM }
`,
    );
    assert.deepEqual(parse(text), { demo: steps });
  });
});

describe('a scenario that is added', () => {
  const reference = readFileSync(join(import.meta.dirname, '../../lab.yaml'), 'utf8');
  const files = {
    'behind the last one': reference,
    'with CRLF': reference.replaceAll('\n', '\r\n'),
    'without a line feed at the end': reference.trimEnd(),
    'behind one with settings, in the middle of the file':
      'version: 1\nscenarios:\n  a:\n    default: true\n    steps:\n      - start: x\nmachines: { vm1: {} }\n',
    'to other indentation, between other parts':
      'version: 1\nscenarios:\n      # first\n      a:\n      - start: x # why\n\n      # second\n      b:\n        - start: y\n\n# machines\nmachines: { vm1: {} }\n',
    'where there is no scenario': 'version: 1 # one\nmachines: { vm1: {} }\n',
    'where the list of scenarios is empty': 'version: 1\nscenarios: # none yet\n# machines\nmachines: { vm1: {} }\n',
  };
  for (const [what, text] of Object.entries(files)) {
    it(`${what} leaves every line as it was`, () => {
      const added = addScenario(text, 'demo', lines);
      assert.deepEqual(scenariosOf(added)['demo'], steps);
      const left = added.split(/\r?\n/);
      const missing = text.split(/\r?\n/).filter((line) => !left.includes(line));
      assert.deepEqual(missing, []);
      assert.ok(text.includes('\r\n') ? !/[^\r]\n/.test(added) : !added.includes('\r'));
      const others = Object.entries((parse(text) as { scenarios?: object | null }).scenarios ?? {});
      for (const [name, scenario] of others) assert.deepEqual(scenariosOf(added)[name], scenario);
    });
  }

  it('to a map in braces is in that map', () => {
    const added = addScenario(
      'version: 1\nscenarios: { a: [{ start: x }] }\nmachines: { vm1: {} } # kept\n',
      'demo',
      lines,
    );
    assert.deepEqual(scenariosOf(added), { a: [{ start: 'x' }], demo: steps });
    assert.match(added, /# kept/);
  });
});
