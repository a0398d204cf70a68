import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { labTemplates } from '../../src/lab/templates/template.ts';
import { repository } from '../helpers/lab-command.ts';
import { runCli, smallLab, startCli, temporaryFolder } from '../helpers/cli.ts';

interface ErrorDocument {
  readonly schemaVersion: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | undefined;
    readonly exitCode: number;
    readonly problems?: readonly object[];
  };
}

describe('lab', { concurrency: true }, () => {
  test('tells its version, which is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
    const { exitCode, stdout, stderr } = await runCli(['--version'], { cwd: repository });
    assert.deepEqual([exitCode, stdout, stderr], [0, `${version}\n`, '']);
  });

  test('says on stderr what is wrong with a command line, and exits 2', async () => {
    using folder = temporaryFolder();
    const { exitCode, stdout, stderr } = await runCli(['stauts'], { cwd: folder.path });
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.equal(stderr, 'error: unknown command "stauts"\nhint: did you mean "status"?\n');
  });

  test('answers --json with one document, also when it fails', async () => {
    using folder = temporaryFolder();
    const { exitCode, stdout, stderr } = await runCli(['--json', 'up'], { cwd: folder.path });
    const { schemaVersion, error } = JSON.parse(stdout) as ErrorDocument;
    assert.equal(schemaVersion, 1);
    assert.deepEqual([exitCode, error.exitCode, error.code], [2, 2, 'lab-file-missing']);
    assert.match(error.hint ?? '', /lab init/);
    assert.match(stderr, /^error: /);
  });

  test('answers --json with one document when the command line is wrong, too', async () => {
    using folder = temporaryFolder();
    const { exitCode, stdout } = await runCli(['up', '--json', '--nonsense'], { cwd: folder.path });
    assert.deepEqual([exitCode, (JSON.parse(stdout) as ErrorDocument).error.code], [2, 'unknown-option']);
  });

  test('shows every problem of a lab file with its place, and does nothing', async () => {
    using folder = temporaryFolder({
      'lab.yaml': smallLab.replace('192.168.100.4', '10.0.0.4').replace('send: { asker: Ada }', 'send: { askre: Ada }'),
    });
    const { exitCode, stdout, stderr } = await runCli(['up'], { cwd: folder.path });
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.match(stderr, /lab\.yaml has 2 problems/);
    assert.match(stderr, /^lab\.yaml:5:\d+: .*10\.0\.0\.4/m);
    assert.match(stderr, /^lab\.yaml:12:\d+: .*askre.*\n(?:.*\n)*.*did you mean "asker"/m);
    assert.ok(!existsSync(join(folder.path, '.lab')), 'a wrong file makes nothing');
  });

  test('gives the problems of a lab file as data', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab.replace('192.168.100.4', '10.0.0.4') });
    const [up, validate] = await Promise.all([
      runCli(['up', '--json'], { cwd: folder.path }),
      runCli(['validate', '--json'], { cwd: folder.path }),
    ]);
    assert.equal((JSON.parse(up.stdout) as ErrorDocument).error.problems?.length, 1);
    const { valid, problems } = JSON.parse(validate.stdout) as {
      valid: boolean;
      problems: readonly { position: { line: number } }[];
    };
    assert.deepEqual([validate.exitCode, valid, problems[0]?.position.line], [2, false, 5]);
  });

  test('writes a lab file that is without problems, and never over one that is there', async () => {
    using folder = temporaryFolder();
    const first = await runCli(['init', '--template', 'tp1'], { cwd: folder.path });
    assert.equal(first.exitCode, 0, first.stderr);
    assert.match(
      readFileSync(join(folder.path, 'lab.yaml'), 'utf8'),
      /^# yaml-language-server: \$schema=\.\/lab\.schema\.json\n/,
    );
    assert.ok(existsSync(join(folder.path, 'lab.schema.json')));
    const moved = join(folder.path, 'moved');
    mkdirSync(moved);
    for (const name of ['lab.yaml', 'programs']) renameSync(join(folder.path, name), join(moved, name));
    assert.match(
      (await runCli(['validate'], { cwd: moved })).stdout,
      /^No problems: lab tp1, 2 machines/,
      'the folder can be moved: nothing in it leads out',
    );
    for (const name of ['lab.yaml', 'programs']) renameSync(join(moved, name), join(folder.path, name));
    const second = await runCli(['init'], { cwd: folder.path });
    assert.equal(second.exitCode, 2);
    assert.match(second.stderr, /lab\.yaml is there already\nhint: Use --force/);
    assert.match(readFileSync(join(folder.path, '.gitignore'), 'utf8'), /^\.lab\/$/m);
    assert.equal((await runCli(['init', '--force'], { cwd: folder.path })).exitCode, 0);
  });

  test('writes over no named pipe, and does not wait for somebody who reads it', async () => {
    using folder = temporaryFolder();
    execFileSync('mkfifo', [join(folder.path, 'lab.yaml')]);
    const { exitCode, stderr } = await runCli(['init', '--force'], { cwd: folder.path });
    assert.deepEqual([exitCode, /is no ordinary file but a named pipe/.test(stderr)], [2, true], stderr);
  });

  test('never writes over a program of the user with the name of one of ours', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'programs'));
    writeFileSync(join(folder.path, 'programs/server.py'), 'mine');
    const { exitCode, stderr } = await runCli(['init'], { cwd: folder.path });
    assert.equal(exitCode, 2);
    assert.match(stderr, /programs\/server\.py is there already, and is another file/);
    writeFileSync(join(folder.path, 'task.md'), 'mine, too');
    const both = await runCli(['init'], { cwd: folder.path });
    assert.match(both.stderr, /files of these names are there already in .*: task\.md, programs\/server\.py\n/);
    assert.deepEqual(
      [readFileSync(join(folder.path, 'programs/server.py'), 'utf8'), existsSync(join(folder.path, 'lab.yaml'))],
      ['mine', false],
    );
  });

  test('starts a practical in a folder that it makes, in the language of programs and of people that is asked for', async () => {
    using folder = temporaryFolder();
    const words = ['init', '--template', 'tp1', '--language', 'c', '--in', 'my tp', '--lang', 'fr', '--variants'];
    const { exitCode, stdout } = await runCli(words, { cwd: folder.path });
    assert.equal(exitCode, 0);
    assert.match(stdout, /cd 'my tp' && lab up\n$/);
    const made = join(folder.path, 'my tp');
    assert.deepEqual(readdirSync(join(made, 'programs')), ['client.c', 'server.c']);
    assert.match(readFileSync(join(made, 'task.md'), 'utf8'), /dialoguer par TCP/);
    assert.match(readFileSync(join(made, 'variants/README.md'), 'utf8'), /^# Des programmes avec des erreurs$/m);
    assert.match((await runCli(['validate'], { cwd: made })).stdout, /^No problems: lab tp1/);
  });

  test('says which practical it wrote when nobody could be asked, and lists all of them', async () => {
    using folder = temporaryFolder();
    const { stdout } = await runCli(['init'], { cwd: folder.path });
    assert.match(
      stdout,
      /^This is the practical "tp1", with programs in "python"; "lab init --list" shows the others\.$/m,
    );
    const list = await runCli(['init', '--list'], { cwd: folder.path });
    assert.match(list.stdout, /^tp1 +python, c, java, typescript +TP1: talk over TCP/);
    const { templates } = JSON.parse((await runCli(['init', '--list', '--json'], { cwd: folder.path })).stdout) as {
      readonly templates: readonly { readonly name: string }[];
    };
    assert.deepEqual(
      templates.map(({ name }) => name),
      [...labTemplates],
    );
  });

  test('finds the lab file in a folder above', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const inside = join(folder.path, 'a');
    mkdirSync(inside);
    const { exitCode, stdout } = await runCli(['validate'], { cwd: inside });
    assert.deepEqual(
      [exitCode, stdout],
      [0, 'No problems: lab small, 2 machines, 1 network, 1 program, 2 scenarios.\n'],
    );
  });

  test('has nothing to take down where nothing is, and makes nothing for that', async () => {
    using folder = temporaryFolder();
    const down = await runCli(['down'], { cwd: folder.path });
    assert.deepEqual([down.exitCode, down.stdout], [0, 'Nothing was up.\n']);
    assert.ok(!existsSync(join(folder.path, '.lab')));
  });

  test('says how to get a lab file where a command needs one', async () => {
    using folder = temporaryFolder();
    const lines = [
      'status',
      'ssh vm1 true',
      'check-port 7999',
      'runs',
      'logs --list',
      'report',
      'cp a vm1:',
      'why a b',
    ];
    const told = `error: there is no file ${folder.path}/lab.yaml\nhint: Write one with "lab init", or name another with "lab -f FILE".\n`;
    for (const answer of await Promise.all(lines.map((line) => runCli(line.split(' '), { cwd: folder.path }))))
      assert.deepEqual([answer.exitCode, answer.stdout, answer.stderr], [2, '', told]);
    const sentTo = await runCli(['-f', 'other.yaml', 'status'], { cwd: folder.path });
    assert.match(sentTo.stderr, /^error: there is no file \S+\/other\.yaml\n/);
  });

  test('says nothing when the reader of its output goes away', async () => {
    using folder = temporaryFolder();
    const child = startCli(['schema'], { cwd: folder.path });
    child.stdout?.destroy();
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [exitCode] = (await once(child, 'close')) as [number];
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  test('writes colours only where they are wanted', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const run = async (env: Record<string, string>, ...args: string[]): Promise<boolean> =>
      (await runCli(['validate', ...args], { cwd: folder.path, env })).stdout.includes('\x1b[');
    assert.deepEqual(
      await Promise.all([
        run({}),
        run({ FORCE_COLOR: '1' }),
        run({ FORCE_COLOR: '1' }, '--no-color'),
        run({ FORCE_COLOR: '1', NO_COLOR: '1' }),
      ]),
      [false, true, false, false],
    );
  });

  test('refuses to kill without being told twice where nobody can be asked', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const { exitCode, stderr } = await runCli(['check-port', '7999', '--kill'], { cwd: folder.path });
    assert.equal(exitCode, 2);
    assert.match(stderr, /--kill needs --yes/);
  });

  test('knows what a TCP port is', async () => {
    using folder = temporaryFolder();
    const results = await Promise.all(
      ['0', '65536', 'http', '7999x'].map((port) => runCli(['check-port', port], { cwd: folder.path })),
    );
    for (const { exitCode, stderr } of results) {
      assert.equal(exitCode, 2);
      assert.match(stderr, /is not a TCP or UDP port\nhint: Give a number from 1 to 65535/);
    }
  });
});
