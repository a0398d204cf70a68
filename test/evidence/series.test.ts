import assert from 'node:assert/strict';
import { chownSync, copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { RunResult } from '../../src/commands/runs/run.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../helpers/lab-command.ts';
import { cannotMakeMachines } from '../helpers/machines/machines.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const files = ['closes-first.py', 'says-one-word.py'];

const labText = `version: 1
name: again
networks: { wire: { subnet: 10.7.0.0/24, nat: false } }
machines:
  east: { user: anna, address: 10.7.0.2 }
  west: { user: bert, address: 10.7.0.3 }
programs:
  hasty: { on: east, files: [closes-first.py], command: [python3, closes-first.py, 6100, never], listens: 6100 }
  client: { on: west, files: [says-one-word.py], command: [python3, says-one-word.py, east, 6100], prompt: "word> " }
  late: { on: east, files: [closes-first.py], command: [python3, closes-first.py, 6200, after], listens: 6200 }
  polite: { on: east, files: [closes-first.py], command: [python3, closes-first.py, 6300, before], listens: 6300 }
  plain: { on: east, files: [closes-first.py], command: [python3, closes-first.py, 6400, never] }
  client4: { on: west, files: [says-one-word.py], command: [python3, says-one-word.py, east, 6400], prompt: "word> " }
  client2: { on: west, files: [says-one-word.py], command: [python3, says-one-word.py, east, 6200], prompt: "word> " }
  client3: { on: west, files: [says-one-word.py], command: [python3, says-one-word.py, east, 6300], prompt: "word> " }
  diary:
    on: west
    command: [sh, -c, 'cat "$HOME/diary"; ip neigh show 10.7.0.2; echo once >> "$HOME/diary"']
scenarios:
  hasty:
    - start: diary
    - exit: { diary: 0 }
    - start: hasty
    - start: client
    - send: { client: salut }
    - expect: { hasty: heard salut }
    - exit: { client: 0, hasty: 0 }
  late:
    - start: [late, client2]
    - send: { client2: salut }
    - exit: { client2: 0, late: 0 }
  plain:
    - start: plain
    - expect: { plain: ready }
    - start: client4
    - send: { client4: salut }
    - exit: { client4: 0, plain: 0 }
  polite:
    - start: [polite, client3]
    - send: { client3: salut }
    - exit: { client3: 0, polite: 0 }
`;

/** Puts that lab into the folder of a user, in place of the practical. */
function layLab({ folder }: LabUser, text: string): void {
  const { uid, gid } = statSync(folder);
  writeFileSync(join(folder, 'lab.yaml'), text);
  for (const name of files) copyFileSync(join(fixtures, name), join(folder, name));
  for (const name of ['lab.yaml', ...files]) chownSync(join(folder, name), uid, gid);
}

const noDiary = 'cat: /home/bert/diary: No such file or directory\n';

interface Played extends RunResult {
  readonly exitCode: number | null;
}

async function runJson(user: LabUser, ...args: string[]): Promise<Played> {
  const { stdout, stderr, exitCode } = await user.lab('--json', 'run', ...args);
  assert.notEqual(stdout, '', stderr);
  return { ...(JSON.parse(stdout) as RunResult), exitCode };
}

/** What the programs of one play printed, by role. */
async function printed(user: LabUser, run: string, role: string): Promise<string> {
  const { stdout, exitCode, stderr } = await user.lab('logs', run, '--role', role);
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** What is laid by for `lab down` on a full disk. */
function sparesOf({ folder }: LabUser): number {
  return readdirSync(join(folder, '.lab')).filter((name) => name.startsWith('spare.')).length;
}

describe('a series of plays', { skip: await cannotMakeMachines() }, () => {
  for (const [kind, make] of [
    ['root', currentUser],
    ['ordinary', ordinaryUser],
  ] as const) {
    test(
      `--fresh: each play finds machines without connections, neighbours and files of the one before (${kind})`,
      { skip: cannotBe(kind) },
      async () => {
        await using user = make();
        layLab(user, labText);
        const { exitCode, stderr } = await user.lab('up');
        assert.equal(exitCode, 0, stderr);
        const before = await runJson(user, 'hasty', '--repeat', '2');
        assert.deepEqual([before.passed, before.failed, before.exitCode], [1, 1, 1]);
        assert.match(await printed(user, before.runs[1]!.run, 'diary'), /^once\n10\.7\.0\.2 dev .*\n$/);
        const { exitCode: code, ...series } = await runJson(user, 'hasty', '--repeat', '3', '--fresh');
        assert.deepEqual([series.passed, series.failed, code], [3, 0, 0]);
        for (const { run } of series.runs) assert.equal(await printed(user, run, 'diary'), noDiary);
        const alone = await runJson(user, 'hasty', '--fresh');
        assert.equal(alone.result, 'passed');
        assert.equal(await printed(user, alone.runs[0]!.run, 'diary'), noDiary);
        assert.equal(sparesOf(user), 5);
        await user.lab('up', '--recreate');
        assert.equal(sparesOf(user), 5);
      },
    );
  }

  test('what failed of TIME_WAIT is told apart: as data, in one line for a series, with its cure for one play', async () => {
    await using user = currentUser();
    layLab(user, labText);
    const { exitCode, stderr } = await user.lab('up');
    assert.equal(exitCode, 0, stderr);
    const hasty = await user.lab('run', 'hasty', '--repeat', '3', '-q');
    assert.match(
      hasty.stdout,
      /but: +port 6100 of east was still in TIME_WAIT, of a connection that ended \d s ago: bind/,
    );
    assert.match(
      hasty.stdout,
      /hint: .* Set it before bind \(setsockopt\).* wait (?:5\d s|1 min), or .* lab run --fresh\./,
    );
    assert.match(
      hasty.stdout,
      /^2 failed because port 6100 of east was still in TIME_WAIT from the play before: hasty does not set SO_REUSEADDR \(setsockopt before bind\), or run with --fresh\.$/m,
    );
    const again = await user.lab('run', 'hasty', '--repeat', '2', '-q');
    assert.match(again.stdout, /^2 failed because .* in TIME_WAIT from before: let hasty set SO_REUSEADDR/m);

    const late = await runJson(user, 'late', '--repeat', '2');
    const port = { role: 'late', machine: 'east', port: 6200 };
    assert.deepEqual([late.passed, late.timeWaits], [1, [{ ...port, failed: 1 }]]);
    assert.deepEqual(
      late.runs.map(({ timeWait }) => timeWait),
      [undefined, port],
    );
    const { failedStep } = late.firstFailure!.play;
    assert.match(
      failedStep!.reason,
      /^port 6200 of east was still in TIME_WAIT, .*; bind of late failed, and it ended with status 1$/,
    );
    assert.match(
      failedStep!.hint!,
      /late does not set SO_REUSEADDR before bind \(setsockopt; after bind is too late\)/,
    );

    const plain = await runJson(user, 'plain', '--repeat', '2');
    assert.deepEqual(
      [plain.passed, plain.timeWaits],
      [1, [{ role: 'plain', machine: 'east', port: 6400, failed: 1 }]],
      'also of a port that the lab file does not name',
    );

    const polite = await runJson(user, 'polite', '--repeat', '2');
    assert.deepEqual([polite.passed, polite.timeWaits], [2, undefined]);
    // The port is in TIME_WAIT now, and only a server that sets SO_REUSEADDR gets it.
    const mode = async (name: string): Promise<Played> => {
      layLab(user, labText.replace('6300, before', `6300, ${name}`));
      return runJson(user, 'polite');
    };
    assert.deepEqual((await mode('silent')).timeWaits, [{ role: 'polite', machine: 'east', port: 6300, failed: 1 }]);
    const broken = await mode('broken');
    assert.deepEqual(
      [broken.timeWaits, broken.firstFailure!.play.failedStep!.reason],
      [undefined, 'polite ended with status 4 first'],
    );
  });
});

const choice = (isDefault: boolean): string => `version: 1
name: choice
networks: { wire: { subnet: 10.7.0.0/24, nat: false } }
machines: { east: { address: 10.7.0.2 } }
programs: { truth: { on: east, command: ["true"] } }
scenarios:
  second: [{ start: truth }]
  1: [{ start: truth }]
  third: { default: ${isDefault}, steps: [{ start: truth }, { exit: { truth: 0 } }] }
`;

test(
  'without a name the default scenario is played, or else the first of the file, whatever their names are',
  { skip: await cannotMakeMachines() },
  async () => {
    await using user = currentUser();
    layLab(user, choice(true));
    await user.lab('up');
    const { scenario, exitCode } = await runJson(user);
    assert.deepEqual([scenario, exitCode], ['third', 0]);
    layLab(user, choice(false));
    const { stdout, stderr } = await user.lab('run');
    assert.match(stdout, /^Scenario second passed/m);
    assert.match(
      stderr,
      /this plays second, the first scenario of the file\n +For another: lab run 1, or lab run third/,
    );
    assert.doesNotMatch((await user.lab('run', 'third')).stderr, /this plays/);
  },
);

test('--fresh is refused where the machines are not made by lab', async () => {
  const text = labText.replace('name: again', 'name: again\nprovider: ssh');
  using folder = temporaryFolder({ 'lab.yaml': text, ...Object.fromEntries(files.map((name) => [name, ''])) });
  const { exitCode, stderr } = await runCli(['run', 'hasty', '--fresh'], { cwd: folder.path });
  assert.equal(exitCode, 3);
  assert.match(stderr, /provider ssh makes none/);
});
