import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/commands/runs/run.ts';
import { up } from '../../src/commands/lab/up.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const labText = `version: 1
name: longer
networks: { wire: { subnet: 10.7.0.0/24, nat: false } }
machines: { east: { address: 10.7.0.2 } }
programs:
  sleeper: { on: east, command: [sh, -c, "echo begun; sleep 30; echo result"] }
  counter: { on: east, command: [python3, -c, "print('begun', flush=True)\\nwhile True: pass"] }
  asker: { on: east, command: [sh, -c, "echo begun; read -r line; echo result"] }
scenarios:
  sleeps: [{ start: sleeper }, { expect: { sleeper: result }, timeout: 700ms }]
  counts: [{ start: counter }, { expect: { counter: begun } }, { expect: { counter: result }, timeout: 2s }]
  asks: [{ start: asker }, { expect: { asker: result }, timeout: 700ms }]
`;

test(
  'a longer limit is advised for a program that is at work, and not for one that waits for its user',
  { skip: await cannotMakeMachines() },
  async () => {
    await using folder = labFolder({ 'lab.yaml': labText });
    await up(testContext(folder.path).context, { recreate: false });
    const hintOf = async (scenario: string): Promise<string | undefined> => {
      const { context } = testContext(folder.path);
      const { firstFailure } = await run(context, { scenario, times: 1, capture: false });
      return firstFailure?.play.failedStep?.hint;
    };
    assert.equal(await hintOf('sleeps'), 'If sleeper only needs longer: timeout: 3s beside the verb.');
    assert.equal(await hintOf('counts'), 'If counter only needs longer: timeout: 6s beside the verb.');
    assert.doesNotMatch((await hintOf('asks')) ?? '', /longer/);
  },
);
