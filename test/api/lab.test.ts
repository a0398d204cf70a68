import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type * as library from '../../src/api/index.ts';
import { gc } from '../../src/commands/lab/gc.ts';
import { up } from '../../src/commands/lab/up.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { smallLab } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { repository } from '../helpers/lab-command.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

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
      let shown = '';
      for await (const piece of shell.output) shown += piece;
      assert.match(shown, /got héllo\r\n$/);
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
    const failed = await lab.run('wrong', { capture: false });
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
    await assert.rejects(openLab('lab.yaml', { cwd: folder.path }).attach(), { code: 'lab-down', exitCode: 3 });
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
    const places = readdirSync(tmpdir()).filter((name) => new RegExp(`^lab-of-\\w*-${process.pid}-`).test(name));
    assert.deepEqual([await labsNamed(own), places], [[], []]);
  });

  test('prints nothing and keeps no process alive; one that was killed leaves a lab that "lab gc" removes', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const options = { cwd: folder.path, name: own, isolated: true };
    const begin = (rest: string): ReturnType<typeof spawn> => {
      const code = `import { openLab } from ${JSON.stringify(built)}; const lab = await openLab('lab.yaml', ${JSON.stringify(options)}).up(); ${rest}`;
      return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
    };
    const calm = begin(`
      await lab.machine('vm1').exec(['id']);
      await lab.run('wrong');
      await lab[Symbol.asyncDispose]();`);
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(calm.stdout!),
      text(calm.stderr!),
      once(calm, 'exit') as Promise<[number]>,
    ]);
    assert.deepEqual({ stdout, stderr, exitCode }, { stdout: '', stderr: '', exitCode: 0 });
    assert.deepEqual(await labsNamed(own), []);

    const killed = begin("process.stdout.write('up'); setInterval(() => undefined, 1000);");
    await once(killed.stdout!, 'data');
    const [stateFolder = ''] = await labsNamed(own);
    const { context } = testContext(folder.path);
    assert.equal((await gc(context, { yes: true })).dead.filter(({ name }) => name === own).length, 0);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await gc(context, { yes: true });
    assert.deepEqual([await labsNamed(own), existsSync(stateFolder)], [[], false]);
  });
});
