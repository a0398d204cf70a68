import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { definitionTypes, writtenDefinitionTypes } from '../../scripts/api/definition-types.ts';
import { textOfDefinition } from '../../src/api/define-lab.ts';
import { defineLab, openLab, UsageError } from '../../src/api/index.ts';
import type { LabDefinition } from '../../src/api/index.ts';
import { checkLabText, loadLab } from '../../src/lab/load-lab.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { repository } from '../helpers/lab-command.ts';

describe('a lab in TypeScript', () => {
  test('has the types that its fields and verbs have', async () => {
    assert.equal(writtenDefinitionTypes(), await definitionTypes());
  });

  test('is the same lab as the file that says the same', async () => {
    const file = join(repository, 'lab.yaml');
    const definition = parse(readFileSync(file, 'utf8')) as LabDefinition;
    const [fromFile, fromProgram] = [
      await loadLab(file, allProviders.names),
      await checkLabText(textOfDefinition(definition), file, allProviders.names),
    ];
    assert.ok('lab' in fromFile && 'lab' in fromProgram);
    for (const part of ['name', 'networks', 'machines', 'programs'] as const)
      assert.deepEqual(fromProgram.lab[part], fromFile.lab[part]);
    const [stepsOfFile, steps] = [fromFile.lab, fromProgram.lab].map((lab) =>
      [...parseScenarios(lab).scenarios.values()].map((one) => one.steps.map(({ text }) => text)),
    );
    assert.deepEqual(steps, stepsOfFile);
  });

  test('may have patterns as regular expressions, and no misspelt verb or field', async () => {
    const definition = defineLab({
      version: 1,
      machines: { vm1: { address: '192.168.100.4' } },
      networks: { natnet: { subnet: '192.168.100.0/24', nat: false } },
      programs: { asker: { on: 'vm1', command: ['sh'], prompt: /name\? $/i } },
      scenarios: { ask: [{ start: 'asker' }, { expect: { asker: /hel+o\/x/ } }] },
    });
    const loaded = await checkLabText(textOfDefinition(definition), '/tmp/x', allProviders.names);
    assert.ok('lab' in loaded);
    const { prompt } = loaded.lab.programs.get('asker')!;
    assert.deepEqual(prompt && 'regex' in prompt && prompt.regex, /name\? $/i);
    // @ts-expect-error there is no such field
    defineLab({ version: 1, machines: { vm1: { adress: '192.168.100.4' } } });
    // @ts-expect-error there is no such verb
    defineLab({ version: 1, machines: {}, scenarios: { one: [{ strat: 'server' }] } });
  });

  test('has the problems of a file, each named by its path', async () => {
    const definition = defineLab({
      version: 1,
      machines: { vm1: { address: '192.168.100' } },
      programs: { server: { on: 'vm7', command: ['server'], files: ['server.py'] } },
      scenarios: { one: [{ start: 'sever' }] },
    });
    const paths = ['machines.vm1.address', 'programs.server.on', 'programs.server.files[0]', 'scenarios.one[0].start'];
    await using lab = openLab(definition, { cwd: '/tmp' });
    assert.deepEqual(
      (await lab.validate()).map(({ path }) => path),
      paths,
    );
    await assert.rejects(lab.up(), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.code, 'lab-definition-wrong');
      const { problems } = error.data as { problems: readonly { path: string }[] };
      assert.deepEqual(
        problems.map(({ path }) => path),
        paths,
      );
      assert.match(error.detail!, /^machines\.vm1\.address: must be an IPv4 or IPv6 address, not "192\.168\.100"$/m);
      return true;
    });
  });
});
