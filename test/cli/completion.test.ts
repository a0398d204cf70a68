import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { labTemplates } from '../../src/lab/templates/template.ts';
import { candidatesFor } from '../../src/cli/completion/candidates.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { completionScript } from '../../src/cli/completion/shell-scripts.ts';
import { mainFile, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { without } from '../helpers/tools.ts';

/** What is offered at the end of a line; a line that ends in a space offers a new word. */
async function offered(line: string, lab = smallLab): Promise<string[]> {
  using folder = temporaryFolder({ 'lab.yaml': lab, 'other.yaml': smallLab.replaceAll('vm1', 'alpha') });
  mkdirSync(join(folder.path, '.lab/runs/20261123-143015-tp1'), { recursive: true });
  const { candidates, files } = await candidatesFor(line.split(' '), {
    context: testContext(folder.path).context,
    commands,
  });
  return [...candidates.map(({ word }) => word), ...(files ? ['FILES'] : [])];
}

describe('candidates', () => {
  const cases: readonly [line: string, words: readonly string[]][] = [
    ['sta', ['status', 'start']],
    ['ss', ['ssh', 'ssh-config']],
    ['--json stat', ['status']],
    ['ssh ', ['vm1', 'vm2']],
    ['ssh vm1 ', []],
    ['exec vm1 ', ['vm2']],
    ['exec vm1 -- ', []],
    ['run ', ['greeting', 'wrong']],
    ['run greeting ', []],
    ['run --as ', ['asker']],
    ['check-port 7999 --on ', ['vm1', 'vm2']],
    ['check-port 7999 --k', ['--kill']],
    [
      'up --',
      [
        '--dry-run',
        '--recreate',
        '--param',
        '--offline',
        '--accept-new-host-keys',
        '--file',
        '--provider',
        '--name',
        '--json',
        '--quiet',
        '--verbose',
        '--lang',
        '--no-color',
      ],
    ],
    ['cp ', ['vm1:', 'vm2:', 'FILES']],
    ['-f ', ['FILES']],
    ['-f other.yaml ssh ', ['alpha', 'vm2']],
    ['--provider n', ['netns']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['init --template ', [...labTemplates]],
    ['logs ', ['20261123-143015-tp1']],
    ['-qf other.yaml ssh ', ['alpha', 'vm2']],
    ['images ', ['pull', 'list', 'import', 'rm']],
    ['images import ', ['FILES']],
    ['runs ', ['prune']],
    ['runs prune --o', ['--older']],
    ['images pull ubuntu-24', ['ubuntu-24.04']],
    ['snapshot ', ['save', 'restore', 'list', 'rm']],
    ['snapshot save ', []],
    ['snapshot restore ', []],
    ['graph --format ', ['text', 'svg', 'mermaid']],
    ['report --format ', ['html', 'md', 'json', 'junit']],
    ['report --lang ', ['en', 'fr']],
    ['stauts ', []],
    ['cp -- ', ['vm1:', 'vm2:', 'FILES']],
  ];
  for (const [line, words] of cases) {
    test(`after "lab ${line}"`, async () => assert.deepEqual(await offered(line), words));
  }

  test('come from a lab file that has problems, too', async () => {
    assert.deepEqual(await offered('ssh ', smallLab.replace('192.168.100.4', '10.0.0.4')), ['vm1', 'vm2']);
  });

  test('are none where there is no lab', async () => {
    using folder = temporaryFolder();
    assert.deepEqual(
      (await candidatesFor(['ssh', ''], { context: testContext(folder.path).context, commands })).candidates,
      [],
    );
  });
});

describe('the script for bash', () => {
  test('completes commands, machines, scenarios and files in a real bash', () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const lab = join(folder.path, 'lab');
    writeFileSync(lab, `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`);
    chmodSync(lab, 0o755);
    writeFileSync(join(folder.path, 'complete.sh'), completionScript('bash'));
    const lines = ['ss', 'ssh vm', 'run gre', 'cp complete'];
    const script = `source ./complete.sh; ${lines.map((line) => `COMP_WORDS=(./lab ${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _lab; echo "\${COMPREPLY[*]}"`).join('; ')}`;
    const output = execFileSync('bash', ['--norc', '-c', script], { cwd: folder.path, encoding: 'utf8' });
    assert.deepEqual(output.trim().split('\n'), ['ssh ssh-config', 'vm1 vm2', 'greeting', 'complete.sh']);
  });

  test('registers itself for the command lab', () => {
    using folder = temporaryFolder({ 'complete.sh': completionScript('bash') });
    const output = execFileSync('bash', ['--norc', '-c', 'source ./complete.sh; complete -p lab'], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    assert.equal(output, 'complete -F _lab lab\n');
  });
});

for (const [shell, check] of [
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
] as const) {
  test(`the script for ${shell} is understood by ${shell}`, { skip: without(shell) }, () => {
    using folder = temporaryFolder({ script: completionScript(shell) });
    const { status, stderr } = spawnSync(shell, [...check, join(folder.path, 'script')], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });
}

test('an unknown shell is refused with the known ones', () => {
  assert.throws(() => completionScript('tcsh'), { exitCode: 2, hint: /zsh|bash/ });
});
