import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { mainFile, smallLab, temporaryFolder } from '../../helpers/cli.ts';
import { cannotBe, finish, type Finished } from '../../helpers/lab-command.ts';
import { storedRun } from '../../helpers/stored-run.ts';
import { workflowCommands } from '../../helpers/workflow-commands.ts';

/** Runs a line of a step as the runner of GitHub Actions does: by a shell that has the job in its environment. */
function step(line: string, workspace: string, cwd = workspace): Promise<Finished> {
  const lab = `lab() { '${process.execPath}' '${mainFile}' "$@"; }`;
  const child = spawn('bash', ['-c', `${lab}\n${line}`], {
    cwd,
    env: {
      ...process.env,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: workspace,
      GITHUB_STEP_SUMMARY: join(workspace, 'summary.md'),
      FORCE_COLOR: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return finish(child);
}

const WRONG = 'version: 1\nname: a\nnetworks: { n: 192.168.1.0/24 }\nmachines:\n  vm1: { adress: 192.168.1.4 }\n';

describe('a job of GitHub Actions', { concurrency: true }, () => {
  test('gets each problem of a lab file at its place, and --json stays one document', async () => {
    using folder = temporaryFolder({ 'labs/lab.yaml': WRONG });
    const { exitCode, stdout, stderr } = await step('lab --json -f labs/lab.yaml validate', folder.path);
    assert.equal(exitCode, 2, stderr);
    const { problems } = JSON.parse(stdout) as { problems: { position: { line: number; column: number } }[] };
    assert.ok(problems.length > 0);
    const told = workflowCommands(stderr);
    assert.deepEqual(
      told.map(({ command, properties: { file, line, col } }) => [command, file, line, col]),
      problems.map(({ position }) => ['error', 'labs/lab.yaml', `${position.line}`, `${position.column}`]),
    );
    assert.match(told[0]!.data, /adress/);
    const up = await step('lab -f labs/lab.yaml up', folder.path);
    assert.deepEqual(workflowCommands(up.stderr), told, 'and so from every command that reads it');
  });

  test('is told of any other failure without a place', async () => {
    using folder = temporaryFolder();
    const { stderr } = await step('lab up', folder.path);
    const [told, ...more] = workflowCommands(stderr);
    assert.deepEqual(more, []);
    assert.deepEqual(told?.properties, { title: 'lab: lab-file-missing' });
  });

  test('obeys nothing that a program printed, and what is no log passes byte for byte', async () => {
    const log = '::error::forged\nserver │ ##[stop-commands]token\n';
    using run = storedRun({ files: { 'session.log': log } });
    const into = async (line: string): Promise<string> => (await step(line, run.path)).stdout;
    const [shown, shownTwice, inFile, inPipe, inWord] = await Promise.all([
      into('lab logs'),
      into('lab logs 2>&1; (lab logs)'),
      into('lab logs >copy; cat copy'),
      into('lab logs | cat'),
      into('words=$(lab logs); printf "%s\\n" "$words"'),
    ]);
    assert.equal(shown, ':: error::forged\nserver │ ## [stop-commands]token\n');
    assert.equal(shownTwice, shown.repeat(2));
    for (const passed of [inFile, inPipe, inWord]) assert.equal(passed, log);
    const document = await into('lab --json logs --list');
    assert.deepEqual(workflowCommands(document), []);
  });

  test('elsewhere nothing of it is said', async () => {
    using folder = temporaryFolder({ 'lab.yaml': WRONG });
    const { stdout, stderr } = await step('GITHUB_ACTIONS= lab validate', folder.path);
    assert.doesNotMatch(stdout + stderr, /::error/);
  });
});

describe('a job plays a scenario', { skip: cannotBe('root') && cannotBe('ordinary') }, () => {
  test('the failed step is told at its line, a summary is written, and what machines print is text', async () => {
    using folder = temporaryFolder({ 'labs/lab.yaml': smallLab });
    const labs = join(folder.path, 'labs');
    try {
      const evil = "lab exec vm1 -- printf '::set-output name=a::b\\n'; lab exec vm1 vm2 -- echo '##[error]forged'";
      const { exitCode, stdout, stderr } = await step(`lab up && { ${evil}; lab run wrong; }`, folder.path, labs);
      assert.equal(exitCode, 1, stderr);
      assert.deepEqual(workflowCommands(stdout), []);
      assert.match(stdout, /^:: set-output name=a::b$/m);
      const line = smallLab.split('\n').findIndex((text) => text.includes('<Bob>')) + 1;
      const [told, ...more] = workflowCommands(stderr);
      assert.deepEqual(more, []);
      const { title, ...place } = told!.properties;
      assert.deepEqual(place, { file: 'labs/lab.yaml', line: String(line) });
      assert.equal(title, 'step 3 failed: expect: { asker: "hello <Bob>" }');
      assert.match(told!.data, /^expected: .*<Bob>.*\nbut: asker ended/);
      const summary = readFileSync(join(folder.path, 'summary.md'), 'utf8');
      assert.match(summary, /^### ❌ Scenario wrong failed after .*\n\n```\nlab\.yaml:\d+: step 3 failed\n/);
      assert.doesNotMatch(stdout + stderr, /\x1b|⠋/, 'no colours, nothing that moves');
      assert.match(stderr, /✔ .* \d+(\.\d+)? m?s$/m);
    } finally {
      await step('lab down', folder.path, labs);
    }
  });
});
