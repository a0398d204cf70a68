import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { record } from '../../src/commands/runs/record.ts';
import { run } from '../../src/commands/runs/run.ts';
import { up } from '../../src/commands/lab/up.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { recordSession, type Keys } from '../helpers/record-session.ts';

const asker = (prompt: string, then: string): string => `[sh, -c, 'printf "${prompt} "; read -r answer && ${then}']`;
const lab = `version: 1
name: recorded
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  one: { on: vm1, command: ${asker('name?', 'echo "hello $answer at $(date +%s)"')}, prompt: "name? " }
  two: { on: vm2, command: ${asker('age?', 'echo "so <$answer>"; exit 3')}, prompt: "age? " }
scenarios:
  first: # stays as it is
    - start: one # and so does this
`;

describe('lab record', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  const { context } = testContext(folder.path);

  before(async () => {
    await up(context, { recreate: false });
  });
  after(async () => {
    await down(context, { purge: true });
    await folder[Symbol.asyncDispose]();
  });

  const recorded = (
    args: readonly string[],
    keys: Keys,
    environment?: Readonly<Record<string, string>>,
  ): ReturnType<typeof recordSession> => recordSession(folder.path, ['record', ...args], keys, environment);

  test('makes a scenario of what was done at both terminals, and lab run plays it', async () => {
    const { shown, exitCode } = await recorded(
      ['both', '--write'],
      [
        [/name\? .*age\?/s, 'Ada\r'],
        [/hello Ada/, '36\r'],
      ],
    );
    assert.equal(exitCode, 0);
    assert.match(shown, /^scenarios:\r\n {2}both:\r\n {4}- start: one\r\n/);
    assert.match(shown, /# Added to lab\.yaml\. Look at it; then: {2}lab run both/);
    const text = readFileSync(join(folder.path, 'lab.yaml'), 'utf8');
    assert.ok(text.startsWith(lab), 'what stood there stays');
    const steps = text
      .slice(lab.length)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    assert.deepEqual(
      steps.filter((line) => !line.startsWith('- exit')),
      [
        'both:',
        '- start: one',
        '- start: two',
        '- send: { one: "Ada" }',
        String.raw`- expect: { one: "/hello Ada at \\d+/" }`,
        '- send: { two: "36" }',
        '- expect: { two: "so <36>" }',
      ],
    );
    assert.equal((await run(context, { scenario: 'both', times: 2 })).passed, 2);
  });

  test('goes to the other side with Ctrl-O, and ends with Ctrl-]', async () => {
    const opens = join(folder.path, 'opens');
    const hook = join(import.meta.dirname, '../session/fixtures/count-opens.ts');
    const { shown, exitCode } = await recorded(
      ['other'],
      [
        [/age\?/, '\x0f'],
        [/▶ two/, '36\r'],
        [/so <36>/, '\x1d'],
      ],
      { NODE_OPTIONS: `--import=${hook}`, OPENS_OF: 'lab.yaml', OPENS_FILE: opens },
    );
    const reads = readFileSync(opens, 'utf8').trimEnd().split('\n');
    assert.equal(reads.length, 2, `once to load it, once for its hash in the run: ${reads.join(', ')}`);
    assert.equal(exitCode, 0);
    assert.match(
      shown,
      /- send: \{ two: "36" \}\r\n {4}- expect: \{ two: "so <36>" \}\r\n {4}- exit: \{ two: 3 \}\r\n\r\n# Look at it/,
    );
    assert.doesNotMatch(shown, /one: "TERM"|exit: \{ one/);
  });

  test('does not begin where nobody can play, or under a name that is taken', async () => {
    await assert.rejects(record(context, { name: 'new', write: false }), { code: 'no-terminal' });
    const { shown, exitCode } = await recorded(['first'], []);
    assert.equal(exitCode, 2);
    assert.match(shown, /has a scenario "first" already/);
  });
});
