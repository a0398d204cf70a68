import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { checkLabText } from '../../src/lab/load-lab.ts';
import { labJsonSchema, type JsonSchema } from '../../src/lab/fields/json-schema.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { stepJsonSchema, stepReference } from '../../src/scenario/step-schema.ts';
import { verbs } from '../../src/scenario/verbs/index.ts';
import { casesOf } from './golden.ts';
import { schemaFaults } from './json-schema-check.ts';

const labSchema = labJsonSchema({ providers: allProviders.names, step: stepJsonSchema() });
const good = join(import.meta.dirname, 'good');

/** All fields of a schema, by their path. */
function fieldsOf(schema: JsonSchema, path = ''): [string, JsonSchema][] {
  const own = Object.entries(schema.properties ?? {}).map(([name, field]): [string, JsonSchema] => [
    `${path}.${name}`,
    field,
  ]);
  const inner = own.flatMap(([name, field]) => fieldsOf(field, name));
  const entries =
    typeof schema.additionalProperties === 'object' ? fieldsOf(schema.additionalProperties, `${path}.*`) : [];
  return [...own, ...inner, ...entries, ...(schema.anyOf ?? []).flatMap((form) => fieldsOf(form, path))];
}

function withSteps(steps: readonly unknown[]): string {
  return `version: 1
machines: { vm1: {} }
programs:
  server: { on: vm1, command: [x], listens: 7999, prompt: "$ " }
  client: { on: vm1, command: [y], prompt: "$ " }
scenarios:
  s: ${JSON.stringify([{ start: ['server', 'client'] }, ...steps])}
`;
}

describe('the JSON Schema of lab.yaml', () => {
  it('is of draft 2020-12 and refuses unknown fields', () => {
    assert.equal(labSchema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    assert.equal(labSchema.additionalProperties, false);
    assert.deepEqual(labSchema.required, ['version']);
    assert.notDeepEqual(schemaFaults(labSchema, { version: 1 }), []);
    assert.deepEqual(schemaFaults(labSchema, { version: 1, include: ['common.yaml'] }), []);
  });

  it('gives each field a description and an example for editors', () => {
    const fields = fieldsOf(labSchema);
    assert.ok(fields.length >= 30);
    for (const [path, field] of fields) {
      const forms = [field, ...(field.anyOf ?? [])];
      assert.ok(field.description, `${path} has no description`);
      assert.ok(
        forms.some(({ examples }) => (examples ?? []).length > 0),
        `${path} has no example`,
      );
    }
  });

  for (const name of casesOf(good)) {
    it(`accepts the good file ${name}`, () => {
      const data: unknown = parse(readFileSync(join(good, `${name}.yaml`), 'utf8').replace(/^\uFEFF/, ''), {
        merge: true,
      });
      assert.deepEqual(schemaFaults(labSchema, data), []);
    });
  }

  for (const name of [
    'field-misspelt',
    'port-range',
    'command-empty',
    'command-text',
    'provider-unknown',
    'machine-user',
    'program-fields-missing',
    'version-two',
  ]) {
    it(`refuses the bad file ${name}, so that an editor shows its problem`, () => {
      const data: unknown = parse(readFileSync(join(import.meta.dirname, 'bad', `${name}.yaml`), 'utf8'));
      assert.notDeepEqual(schemaFaults(labSchema, data), []);
    });
  }
});

describe('the steps of scenarios in the schema', () => {
  it('have the verbs that scenarios know', () => {
    assert.deepEqual(
      stepReference().map(({ verb }) => verb),
      verbs.map(({ name }) => name),
    );
  });

  const forms: readonly unknown[] = [
    ...stepReference().map(({ example }) => example),
    { send: { server: 'x' }, timeout: '2 min' },
    { start: { program: 'server', timeout: '5s' } },
    { wait: '500ms' },
    { wait: { prompt: 'client' } },
    { exit: { server: 'SIGTERM' } },
    { close: ['client', 'server'] },
    { run: { vm1: ['ls', 7] } },
    { expect: { server: '/a+/i', client: 'b' } },
  ];
  for (const step of forms) {
    it(`allow what scenarios allow: ${JSON.stringify(step)}`, async () => {
      assert.deepEqual(schemaFaults(stepJsonSchema(), step), []);
      const started = typeof step === 'object' && step !== null && 'start' in step;
      const result = await checkLabText(
        started ? withSteps([step]).replace('{"start":["server","client"]},', '') : withSteps([step]),
        join(good, 'lab.yaml'),
        allProviders.names,
      );
      assert.ok('lab' in result);
      assert.deepEqual(
        parseScenarios(result.lab).problems.map(({ message }) => message),
        [],
      );
    });
  }

  for (const step of [
    { strat: 'server' },
    { start: 'server', send: { client: 'x' } },
    { timeout: '5s' },
    { wait: '5' },
    { exit: { server: 256 } },
    { run: { on: 'vm1' } },
    { send: 'x' },
  ]) {
    it(`refuse what scenarios refuse: ${JSON.stringify(step)}`, async () => {
      assert.notDeepEqual(schemaFaults(stepJsonSchema(), step), []);
      const result = await checkLabText(withSteps([step]), join(good, 'lab.yaml'), allProviders.names);
      assert.ok('lab' in result);
      assert.notDeepEqual(parseScenarios(result.lab).problems, []);
    });
  }
});
