import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type * as library from '../../src/api/index.ts';
import { down } from '../../src/commands/lab/down.ts';
import { gc } from '../../src/commands/lab/gc.ts';

import { up } from '../../src/commands/lab/up.ts';
import { findOnHost } from '../../src/host/tools.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { smallLab } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { repository } from '../helpers/lab-command.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { without } from '../helpers/tools.ts';

// As people get it: what the build makes, whose scripts lie elsewhere than those of the source.
const built: string = join(repository, 'dist/api/index.js');
const { CheckError, openLab } = (await import(built)) as typeof library;

/** Folders of labs of this host that have that name. */
async function labsNamed(name: string): Promise<string[]> {
  const labs = await (await allProviders.named('netns')).list();
  return labs.filter((lab) => lab.name === name).map(({ stateFolder }) => stateFolder);
}

/** No other test has a lab of that name. */
const own = `own-${process.pid}`;

describe('a lab that a program opens', { skip: await cannotMakeMachines() }, () => {
  test('is up in one line, does what the program wants of its machines, and is gone at the end of the block', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab, 'notes.txt': 'two\nlines\n' });
    {
      await using lab = await openLab('lab.yaml', { cwd: folder.path, name: own }).up();
      const vm1 = lab.machine('vm1');
      const command = ['sh', '-c', 'cat; echo $LANGUAGE; pwd; echo oh >&2; exit 3'];
      assert.deepEqual(await vm1.exec(command, { input: 'in\n', env: { LANGUAGE: 'fr' }, cwd: '/tmp' }), {
        stdout: 'in\nfr\n/tmp\n',
        stderr: 'oh\n',
        exitCode: 3,
        signal: undefined,
        ok: false,
        truncated: false,
      });
      await assert.rejects(vm1.exec(['ls', '/no such'], { check: true }), (error: unknown) => {
        assert.ok(error instanceof CheckError && /No such/.test(error.detail!));
        return error.code === 'command-failed';
      });
      assert.deepEqual(await vm1.put('notes.txt', 'kept/'), { files: 1, bytes: 10, unchanged: 0 });
      assert.equal(await vm1.readFile('kept/notes.txt'), 'two\nlines\n');
      const { machines, busy } = await lab.checkPort(7999, { on: 'vm1' });
      assert.deepEqual([busy, machines.map(({ machine, state }) => [machine, state])], [false, [['vm1', 'free']]]);
      const shell = await lab.machine('vm2').start(['sh', '-c', 'read line; echo "got $line"; exit 4']);
      await shell.write('héllo\n');
      assert.match(await shell.waitFor(/got .*\r\n/), /got héllo\r\n$/);
      assert.deepEqual(await shell.exit, { exitCode: 4, signal: undefined });
      assert.equal((await lab.status()).up, true);
      assert.equal((await lab.why('vm1', 'vm2')).broken, null);
    }
    assert.deepEqual(await labsNamed(own), []);
  });

  test('plays scenarios: the result has each step, what the terminals showed and why one failed', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    await using lab = await openLab('lab.yaml', { cwd: folder.path }).up();
    const running = lab.run('greeting');
    const kinds: string[] = [];
    for await (const { kind } of running.events) kinds.push(kind);
    const { passed, steps, terminals, roles, folder: place } = await running;
    assert.deepEqual([passed, steps.map(({ result }) => result)], [true, Array(4).fill('passed')]);
    assert.deepEqual([terminals, roles[0]?.exitCode], [{ asker: 'name? Ada\nhello <Ada>\n' }, 0]);
    assert.ok(existsSync(join(place, 'run.json')));
    assert.deepEqual([kinds.includes('terminal-output'), kinds.at(-1)], [true, 'run-finished']);
    // The connection of a moment ago leads to a machine that is gone then.
    await lab.machine('vm1').writeFile('mark', 'old');
    const failed = await lab.run('wrong', { capture: false, fresh: true });
    assert.equal((await lab.machine('vm1').exec(['ls'])).stdout.includes('mark'), false);
    assert.deepEqual([failed.result, failed.packets.missing?.kind, failed.packets.file], ['failed', 'none', undefined]);
    assert.equal(failed.steps[2]?.problem?.expected.kind, 'text');
    assert.match(failed.explanation!, /^lab\.yaml:\d+: step 3 failed$/m);
    await assert.rejects(lab.run('wrong', { check: true }), { name: 'CheckError', code: 'run-failed' });
    await assert.rejects(lab.run('greetings'), { code: 'unknown-scenario', exitCode: 2 });
  });

  test('is beside another one of the same file in one process, if they are isolated', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const open = (): Promise<library.Lab> => openLab('lab.yaml', { cwd: folder.path, name: own, isolated: true }).up();
    {
      const [one, other] = await Promise.all([open(), open()]);
      await using _one = one;
      await using _other = other;
      await one.machine('vm1').writeFile('mark', 'one');
      assert.equal((await other.machine('vm1').exec(['ls'])).stdout.includes('mark'), false);
      assert.equal((await labsNamed(own)).length, 2);
    }
    assert.deepEqual([await labsNamed(own), existsSync(join(folder.path, '.lab'))], [[], false]);
  });

  test('stays up when it was up before, and is found again by another handle', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    await assert.rejects(openLab('lab.yaml', { cwd: folder.path }).attach(), {
      code: 'lab-down',
      exitCode: 3,
      hint: 'Call up() first.',
    });
    await up(testContext(folder.path).context, { recreate: false });
    {
      await using lab = await openLab('lab.yaml', { cwd: folder.path }).up();
      await using again = await openLab('lab.yaml', { cwd: folder.path }).attach();
      assert.equal((await again.machine('vm2').exec(['hostname'])).stdout, 'vm2\n');
      assert.equal((await lab.status()).up, true);
    }
    await using lab = await openLab('lab.yaml', { cwd: folder.path }).attach();
    await lab.down();
    assert.equal((await lab.status()).up, false);
  });

  test('leaves nothing when it cannot come up, when that is aborted, and when the program fails', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const options = { cwd: folder.path, name: own, isolated: true };
    writeFileSync(join(folder.path, 'broken.yaml'), smallLab.replace('command: [sh', 'build: ["false"], command: [sh'));
    await assert.rejects(openLab('broken.yaml', options).up(), { exitCode: 1 });

    const controller = new AbortController();
    const aborted = openLab('lab.yaml', { ...options, signal: controller.signal });
    const coming = aborted.up();
    for await (const event of aborted.events())
      if (event.kind === 'step-finished' && event.title.startsWith('make')) break;
    controller.abort(new Error('enough'));
    await assert.rejects(coming, /^Error: enough$/);

    const program = async (): Promise<void> => {
      await using lab = await openLab('lab.yaml', options).up();
      // It is still under way when the block is left.
      lab.run('wrong').catch(() => undefined);
      await lab.machine('vm1').start(['sleep', '1000']);
      throw new Error('a fault of the program');
    };
    await assert.rejects(program, /a fault of the program/);
    const enough = new AbortController();
    const late = async (): Promise<void> => {
      await using lab = await openLab('lab.yaml', { ...options, signal: enough.signal }).up();
      const sleeping = lab.machine('vm1').exec(['sleep', '1000']);
      enough.abort(new Error('time is up'));
      await sleeping;
    };
    await assert.rejects(late, /time is up/);
    const places = readdirSync(tmpdir()).filter((name) => new RegExp(`^lab-of-\\w*-${process.pid}-`).test(name));
    assert.deepEqual([await labsNamed(own), places], [[], []]);
  });

  for (const [version, node] of Object.entries({
    'its own Node.js': process.execPath,
    'Node.js 22': findOnHost('node22'),
  }))
    test(
      `prints nothing and keeps no process alive, with ${version}`,
      { skip: node === undefined && without('node22') },
      async () => {
        await using folder = labFolder({ 'lab.yaml': smallLab });
        const program = `
        import { openLab } from ${JSON.stringify(built)};
        const lab = await openLab('lab.yaml', ${JSON.stringify({ cwd: folder.path })}).up();
        await lab.machine('vm1').exec(['id']);
        await lab.machine('vm1').start(['cat'], { terminal: false });
        await Promise.all(Array.from({ length: 12 }, () => lab.status()));
        const running = lab.run('wrong');
        for await (const { kind } of running.events) if (kind === 'run-started') break;
        await running;
        await lab.close();`;
        const child = spawn(node!, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
        const [exitCode, stdout, stderr] = await endOf(child);
        assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: '', stderr: '' });
        assert.equal((await openLab('lab.yaml', { cwd: folder.path }).status()).up, false);
      },
    );

  test('is removed by "lab gc" when its process was killed, or by "lab down" if it has a file', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const options = { cwd: folder.path, name: own };
    const program = `
      import { openLab } from ${JSON.stringify(built)};
      const labs = [true, false].map((isolated) => openLab('lab.yaml', { ...${JSON.stringify(options)}, isolated }));
      await Promise.all(labs.map((lab) => lab.up()));
      process.stdout.write('up');
      setInterval(() => undefined, 1000);`;
    const killed = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(killed.stdout, 'data');
    const isolated = (await labsNamed(own)).find((path) => !path.startsWith(folder.path))!;
    const { context } = testContext(folder.path);
    const deadNow = async (): Promise<string[]> =>
      (await gc(context, { yes: true })).dead.filter(({ name }) => name === own).map(({ stateFolder }) => stateFolder);
    assert.deepEqual(await deadNow(), []);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.deepEqual([await deadNow(), existsSync(isolated)], [[isolated], false]);
    assert.equal((await down(context, { purge: false })).lab, own);
    assert.deepEqual(await labsNamed(own), []);
  });
});

/** Its exit status, and what it printed. */
async function endOf(child: ReturnType<typeof spawn>): Promise<[number | null, string, string]> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [[exitCode], stdout, stderr] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)]);
  return [exitCode, stdout, stderr];
}
