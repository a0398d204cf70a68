import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { up } from '../../src/commands/lab/up.ts';
import { prune } from '../../src/commands/runs/prune.ts';
import { run } from '../../src/commands/runs/run.ts';
import { storedRuns } from '../../src/commands/runs/runs.ts';
import { UsageError } from '../../src/core/errors.ts';
import { runCli, smallLab } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { storedRun, storedRunId } from '../helpers/stored-run.ts';

/** A lab folder with so many copies of one run, each made a minute after the one before. */
function manyRuns(count: number, labFile: string): { readonly path: string; readonly runs: string } & Disposable {
  const folder = storedRun({ labFile });
  const runs = join(folder.path, '.lab/runs');
  for (let number = 1; number < count; number++)
    cpSync(folder.run, join(runs, `20261124-${String(100_000 + Math.floor(number / 60) * 100 + (number % 60))}-tp1`), {
      recursive: true,
    });
  return { path: folder.path, runs, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe('the list of runs', () => {
  test('says of each when, what, how it ended, how long, how large, and which is the latest', async () => {
    using folder = manyRuns(2, smallLab);
    const { runs, stored } = await storedRuns(testContext(folder.path).context);
    assert.equal(stored, 2);
    assert.deepEqual(
      runs.map(({ run: name, latest, result, scenario }) => [name, latest, result, scenario]),
      [
        ['20261124-100001-tp1', true, 'passed', 'tp1'],
        [storedRunId, false, 'passed', 'tp1'],
      ],
    );
    assert.ok(runs.every(({ signed }) => !signed));
    const document = JSON.parse(readFileSync(join(folder.runs, storedRunId, 'run.json'), 'utf8')) as object;
    assert.ok('startedAt' in document && 'durationMs' in document);
    assert.deepEqual([runs[1]?.startedAt, runs[1]?.durationMs], [document.startedAt, document.durationMs]);
    assert.ok(runs.every(({ sizeBytes }) => sizeBytes !== undefined && sizeBytes > 10_000));
    const { stdout } = await runCli(['runs'], { cwd: folder.path });
    assert.match(
      stdout,
      /^RUN +WHEN +SCENARIO +RESULT +TIME +SIZE\n20261124-100001-tp1 +\d{4}-\d\d-\d\d \d\d:\d\d +tp1 +passed +[\d.]+ m?s +[\d.]+ kB +latest\n20261123\S+ .* kB\n$/,
    );
    const { stdout: json } = await runCli(['runs', '--json'], { cwd: folder.path });
    assert.deepEqual(JSON.parse(json), { schemaVersion: 1, runs, stored, steps: [], notices: [] });
  });

  test('is bounded, and says how many it leaves out', async () => {
    using folder = manyRuns(60, smallLab);
    const { stdout } = await runCli(['runs'], { cwd: folder.path });
    assert.equal(stdout.split('\n').length, 53);
    assert.match(stdout, /\n10 older runs not listed: lab runs --limit 60\n$/);
    const { stdout: two } = await runCli(['runs', '--limit', '2', '--json'], { cwd: folder.path });
    const { runs, stored } = JSON.parse(two) as { runs: object[]; stored: number };
    assert.deepEqual([runs.length, stored], [2, 60]);
  });

  test('is empty without runs, and there with damaged ones', async () => {
    using folder = storedRun({ labFile: 'not a lab file', files: { 'run.json': '{"a":' } });
    const runs = join(folder.path, '.lab/runs');
    mkdirSync(join(runs, '20261124-100000-odd'));
    symlinkSync('/dev/zero', join(runs, '20261124-100000-odd/run.json'));
    const { stdout, exitCode } = await runCli(['runs'], { cwd: folder.path });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^20261124-100000-odd +2026-11-24 10:00 +\? +damaged .*latest$/m);
    assert.match(stdout, /^20261123-\S+ +2026-11-23 06:26 +\? +damaged/m);
    assert.match(stdout, /run\.json is damaged: it is no JSON/);
    const { runs: none } = await storedRuns(testContext(join(folder.path, '.lab')).context);
    assert.deepEqual(none, []);
  });
});

describe('lab runs prune', () => {
  test('says what it removes and how much room that gives, or would', async () => {
    using folder = manyRuns(3, smallLab);
    const { stdout: would } = await runCli(['runs', 'prune', '--keep', '1', '--dry-run'], { cwd: folder.path });
    const { stdout: did } = await runCli(['runs', 'prune', '--keep', '1'], { cwd: folder.path });
    const list = `  20261124-100001-tp1\n  ${storedRunId}\n`;
    const room = /[\d.]+ kB/.exec(did)?.[0];
    assert.equal(did, `Removed 2 runs; that gave ${room} of room. 1 run stays.\n${list}`);
    assert.equal(would, `Would remove 2 runs; that would give ${room} of room. 1 run stays.\n${list}`);
    const { stdout: nothing } = await runCli(['runs', 'prune', '--keep', '1'], { cwd: folder.path });
    assert.equal(nothing, 'No run is to be removed. 1 run stays.\n');
  });

  test('goes by the lab file where no option is given, and asks for a rule where that says nothing', async () => {
    using folder = manyRuns(4, smallLab);
    const { context } = testContext(folder.path);
    await assert.rejects(
      prune(context, { dryRun: false }),
      (error) => error instanceof UsageError && error.code === 'no-rule',
    );
    writeFileSync(join(folder.path, 'lab.yaml'), `${smallLab}\nruns: { keep: 2, older: 1h }\n`);
    // An option stands for all of `runs`: --keep alone does not ask how old they are.
    assert.equal((await prune(context, { keep: 1, dryRun: true })).removed.length, 3);
    writeFileSync(join(folder.path, 'lab.yaml'), `${smallLab}\nruns: { keep: 2 }\n`);
    assert.equal((await prune(context, { dryRun: false })).kept, 2);
  });

  for (const [words, code] of [
    ['runs prune --keep 0', 'wrong-keep'],
    ['runs prune --older 30', 'wrong-age'],
    ['runs --limit 5 prune', 'unknown-option'],
    ['runs remove', 'unknown-action'],
  ] as const) {
    test(`"lab ${words}" is ${code}`, async () => {
      using folder = storedRun({ labFile: smallLab });
      const { stdout, exitCode } = await runCli(['--json', ...words.split(' ')], { cwd: folder.path });
      assert.equal(exitCode, 2);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, code);
    });
  }
});

const lab = `version: 1
name: pruned
runs: { keep: 2 }
networks: { net: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
programs: { hello: { on: vm1, command: [echo, hello] } }
scenarios: { greet: [{ start: hello }, { exit: { hello: 0 } }] }
`;

describe('lab run with "runs" in the lab file', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  before(() => up(testContext(folder.path).context, { recreate: false }));
  after(() => folder[Symbol.asyncDispose]());

  test('removes older runs and says so; those of a series stay until the next one', async () => {
    const { context, events } = testContext(folder.path);
    const series = await run(context, { scenario: 'greet', times: 3 });
    assert.deepEqual([series.passed, (await storedRuns(context)).stored], [3, 3]);
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'notice'),
      [],
    );
    const [last] = (await run(context, { scenario: 'greet', times: 1 })).runs;
    const { runs } = await storedRuns(context);
    assert.deepEqual(
      runs.map(({ run: name }) => name),
      [last?.run, series.runs[2]?.run],
    );
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'notice' ? [event.message] : [])),
      ['2 older runs removed, as "runs" of the lab file says'],
    );
  });
});
