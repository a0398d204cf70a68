import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkPort } from '../../src/commands/machines/check-port.ts';
import { cp } from '../../src/commands/machines/cp.ts';
import { down } from '../../src/commands/lab/down.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { logs } from '../../src/commands/runs/logs.ts';
import { storedRuns } from '../../src/commands/runs/runs.ts';
import { run } from '../../src/commands/runs/run.ts';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { status } from '../../src/commands/lab/status.ts';
import { up } from '../../src/commands/lab/up.ts';
import { EnvironmentError, LockedError, UsageError } from '../../src/core/errors.ts';
import { type Attempt, retryUntil } from '../../src/core/time/retry.ts';
import { findTool } from '../../src/host/tools.ts';
import { acquireLock } from '../../src/state/lock/lock.ts';
import { runCli, smallLab } from '../helpers/cli.ts';
import { testContext, type TestContextOptions } from '../helpers/command-context.ts';
import { finish } from '../helpers/lab-command.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

/** One lab that all these tests share; each leaves it as it found it. */
describe('with machines that are up', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': smallLab });
  const user = (options?: TestContextOptions): ReturnType<typeof testContext> => testContext(folder.path, options);
  const on = async (machine: string, script: string): Promise<string> => {
    const { results } = await exec(user().context, {
      machines: [machine],
      command: ['sh', '-c', script],
      collect: true,
    });
    assert.equal(results[0]?.exitCode, 0, results[0]?.stderr);
    return results[0].stdout;
  };
  const listen = async (machine: string, port: number): Promise<void> => {
    await on(machine, `setsid python3 -m http.server ${port} >/dev/null 2>&1 &`);
    const attempt = async (): Promise<Attempt<true>> =>
      (await checkPort(user().context, { port, on: [machine], kill: false, yes: false })).busy
        ? { value: true }
        : { seen: 'free' };
    await retryUntil(attempt, { what: 'the listener', timeoutMs: 10_000 });
  };

  before(async () => {
    const result = await up(user().context, { recreate: false });
    assert.deepEqual(
      [result.made, result.machines.map(({ name, addresses }) => [name, addresses])],
      [
        true,
        [
          ['vm1', ['192.168.100.4']],
          ['vm2', ['192.168.100.5']],
        ],
      ],
    );
  });
  after(async () => {
    try {
      await down(user().context, { purge: true });
      assert.deepEqual(readdirSync(folder.path), ['lab.yaml']);
    } finally {
      await folder[Symbol.asyncDispose]();
    }
  });

  test('a second up finds them and makes nothing', async () => {
    const state = readFileSync(join(folder.path, '.lab/state.json'), 'utf8');
    assert.equal((await up(user().context, { recreate: false })).made, false);
    assert.equal(readFileSync(join(folder.path, '.lab/state.json'), 'utf8'), state);
  });

  test('up refuses machines that the lab file describes otherwise, and says what differs', async () => {
    const other = join(folder.path, 'other.yaml');
    writeFileSync(other, smallLab.replace('192.168.100.5', '192.168.100.6'));
    await assert.rejects(up({ ...user().context, labFile: other }, { recreate: false }), {
      code: 'lab-changed',
      detail: '  vm2: address 192.168.100.5 → 192.168.100.6',
      hint: /--recreate/,
    });
    await assert.rejects(run({ ...user().context, labFile: other }, { scenario: 'greeting', times: 1 }), {
      code: 'lab-changed',
    });
    rmSync(other);
    assert.equal((await status(user().context)).up, true, 'the machines still run');
  });

  test('status tells machines, addresses and programs', async () => {
    const { up: isUp, lab, machines, programs } = await status(user().context);
    assert.deepEqual([isUp, lab], [true, 'small']);
    assert.deepEqual(
      machines.map(({ name, running, interfaces }) => [name, running, interfaces[0]?.address]),
      [
        ['vm1', true, '192.168.100.4'],
        ['vm2', true, '192.168.100.5'],
      ],
    );
    assert.deepEqual(
      programs.map(({ name, on: machine }) => [name, machine]),
      [['asker', 'vm1']],
    );
  });

  test('exec on one machine passes bytes, input and status through', async () => {
    const { context, written } = user({ input: 'from here' });
    const { exitCode } = await exec(context, {
      machines: ['vm1'],
      command: ['sh', '-c', String.raw`cat; printf '\001\377'; echo to stderr >&2; exit 7`],
      collect: false,
    });
    const { stdout, stderr } = await written();
    assert.deepEqual([exitCode, stdout, stderr], [7, 'from here\u0001\ufffd', 'to stderr\n']);
  });

  test('exec on several machines names them line by line, and gives the largest status', async () => {
    const { context, written } = user();
    const { exitCode } = await exec(context, {
      machines: [],
      command: ['sh', '-c', 'hostname; printf "no newline"; [ "$(hostname)" = vm1 ]'],
      collect: false,
    });
    const { stdout } = await written();
    assert.equal(exitCode, 1);
    assert.deepEqual(stdout.split('\n').toSorted(), [
      '',
      'vm1 | no newline',
      'vm1 | vm1',
      'vm2 | no newline',
      'vm2 | vm2',
    ]);
  });

  test('exec tells a signal as a shell does', async () => {
    const { exitCode } = await exec(user().context, {
      machines: ['vm1'],
      command: ['sh', '-c', 'kill -TERM $$'],
      collect: true,
    });
    assert.equal(exitCode, 143);
  });

  test('exec and ssh do not know machines that are not there', async () => {
    await assert.rejects(
      exec(user().context, { machines: ['vm3'], command: ['true'], collect: true }),
      (error) => error instanceof UsageError && error.hint === 'did you mean "vm1"?',
    );
    await assert.rejects(ssh(user().context, { machine: 'web', command: ['true'], tty: false, collect: true }), {
      code: 'unknown-machine',
      hint: 'known: vm1, vm2',
    });
  });

  test('ssh gives the words to a shell of the machine, and its status back', async () => {
    const { context, written } = user();
    const result = await ssh(context, {
      machine: 'vm2',
      command: ['echo', '$USER;', 'exit', '9'],
      tty: false,
      collect: false,
    });
    assert.deepEqual([result.status, (await written()).stdout], [9, 'ildvm2\n']);
  });

  test('ssh without a command logs in on a terminal, for who sits at one', async () => {
    const { context, written } = user({ input: 'tty; echo "$0"; exit 3\n', isTTY: true });
    const { status: code } = await ssh(context, { machine: 'vm1', command: undefined, tty: false, collect: false });
    const { stdout } = await written();
    assert.equal(code, 3);
    assert.match(stdout, /\/dev\/pts\/\d+/);
  });

  test('ssh without a command gives a shell that reads a pipe, to its end, and takes no terminal', async () => {
    const { context, written } = user({ input: 'hostname\nread -r line\na line\necho "<$line>"\ntty\n' });
    const { status: code } = await ssh(context, { machine: 'vm1', command: undefined, tty: false, collect: false });
    assert.deepEqual([code, (await written()).stdout], [1, 'vm1\n<a line>\nnot a tty\n']);

    const empty = user({ input: '' });
    assert.equal(
      (await ssh(empty.context, { machine: 'vm1', command: undefined, tty: true, collect: false })).status,
      0,
    );
    assert.deepEqual(
      empty.events.filter(({ kind }) => kind === 'notice').length,
      1,
      'a terminal that was asked for is told about',
    );
  });

  test('ssh ends when its reader or its user goes away', async () => {
    const controller = new AbortController();
    const playing = ssh(user({ signal: controller.signal }).context, {
      machine: 'vm1',
      command: ['sleep 100'],
      tty: false,
      collect: false,
    });
    await retryUntil(
      async () =>
        (await on('vm1', 'pgrep -c "^sleep" || true')).trim() === '1' ? { value: true } : { seen: 'no sleep' },
      { what: 'sleep', timeoutMs: 5000 },
    );
    controller.abort(new Error('the user had enough'));
    await assert.rejects(playing, /had enough/);
    await retryUntil(
      async () =>
        (await on('vm1', 'pgrep -c "^sleep" || true')).trim() === '0' ? { value: true } : { seen: 'sleep runs' },
      { what: 'the end of sleep', timeoutMs: 5000 },
    );
  });

  test('cp takes files and folders there, back and across, with their modes', async () => {
    const here = join(folder.path, 'things');
    mkdirSync(join(here, 'sub/empty'), { recursive: true });
    writeFileSync(join(here, 'sub/run.sh'), '#!/bin/sh\n');
    chmodSync(join(here, 'sub/run.sh'), 0o750);
    writeFileSync(join(here, 'a file\nwith odd name'), 'x');
    assert.deepEqual(await cp(user().context, 'things', 'vm1:'), {
      source: 'things',
      target: 'vm1:',
      files: 2,
      bytes: 11,
    });
    assert.equal(await on('vm1', 'stat -c %a things/sub/run.sh; ls -d things/sub/empty'), '750\nthings/sub/empty\n');
    await cp(user().context, 'vm1:things', 'vm2:moved');
    await cp(user().context, 'vm2:moved', 'back');
    assert.deepEqual(readdirSync(join(folder.path, 'back'), { recursive: true, encoding: 'utf8' }).toSorted(), [
      'a file\nwith odd name',
      'sub',
      'sub/empty',
      'sub/run.sh',
    ]);
    assert.equal(statSync(join(folder.path, 'back/sub/run.sh')).mode & 0o777, 0o750);
    await cp(user().context, 'vm2:moved/sub/run.sh', './back/');
    assert.ok(existsSync(join(folder.path, 'back/run.sh')));
    for (const name of ['things', 'back']) rmSync(join(folder.path, name), { recursive: true });
  });

  test('cp copies all that can be copied, and says of the rest, once, what and why', async () => {
    await on(
      'vm1',
      'mkdir -p odd/sub; cd odd; echo a >a; echo b >sub/b; mkfifo pipe; ln -s .. sub/up; ln -s gone lost; echo c >$(printf "caf\\351")',
    );
    const { context, events } = user();
    const failure = await cp(context, 'vm1:odd', 'vm2:odd').catch((error: unknown) => error);
    assert.ok(failure instanceof EnvironmentError);
    assert.deepEqual([failure.code, failure.message], ['not-all-copied', '3 of 6 files of vm1:odd were not copied']);
    assert.deepEqual(failure.detail?.split('\n').toSorted(), [
      '  lost: it is a link to nothing, or to itself',
      '  pipe: it is a named pipe',
      '  sub/up: it is a link to a folder that it is in',
    ]);
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'step-failed' ? [event.reason] : [])),
      [''],
      'the step does not say it again',
    );
    assert.equal(
      await on('vm2', 'cd odd; LC_ALL=C; for f in *; do printf "%s" "$f" | od -An -tx1; done; cat a sub/b'),
      ' 61\n 63 61 66 e9\n 73 75 62\na\nb\n',
    );
    const again = await cp(user().context, 'vm1:odd', 'vm2:').catch((error: unknown) => error as EnvironmentError);
    assert.deepEqual((again as EnvironmentError).data?.['copied'], {
      source: 'vm1:odd',
      target: 'vm2:',
      files: 0,
      bytes: 0,
      unchanged: 3,
    });
    for (const machine of ['vm1', 'vm2']) await on(machine, 'rm -r odd');
  });

  test('cp says which side cannot', async () => {
    await assert.rejects(cp(user().context, 'nowhere', 'vm1:'), { code: 'cannot-read', message: /nowhere/ });
    await assert.rejects(cp(user().context, 'vm1:nowhere', 'x'), {
      code: 'cannot-read',
      message: 'cannot read vm1:nowhere: no such file or folder',
    });
    await assert.rejects(cp(user().context, 'lab.yaml', 'vm1:/proc/nowhere'), { exitCode: 3 });
    await assert.rejects(cp(user().context, 'vm1:/etc/hostname', '/proc/nowhere'), { exitCode: 3 });
    await assert.rejects(cp(user().context, 'a', 'b'), { code: 'no-machine' });
  });

  test('check-port finds the holder on the machine that has it, and frees it when told to', async () => {
    await listen('vm1', 7999);
    const found = await checkPort(user().context, { port: 7999, on: [], kill: false, yes: false });
    assert.deepEqual(
      found.machines.map(({ machine, state }) => [machine, state]),
      [
        ['vm1', 'busy'],
        ['vm2', 'free'],
      ],
    );
    assert.match(found.machines[0]?.holders[0]?.command ?? '', /http\.server 7999/);

    const no = user({ answer: false });
    assert.equal(
      (await checkPort(no.context, { port: 7999, on: [], kill: true, yes: false })).busy,
      true,
      'no means no',
    );
    assert.match(no.questions[0] ?? '', /^End process \d+ \(python3 -m http\.server 7999\) of user ildvm1 on vm1\?$/);

    const yes = await checkPort(user({ answer: true }).context, { port: 7999, on: ['vm1'], kill: true, yes: false });
    assert.deepEqual([yes.busy, yes.ended.map(({ machine, signal }) => [machine, signal])], [false, [['vm1', 'TERM']]]);
  });

  test('run plays a scenario, stores it, and logs show it again', async () => {
    const { scenario, result, runs, passRate } = await run(user().context, { scenario: 'greeting', times: 1 });
    assert.deepEqual([scenario, result, passRate, runs.length], ['greeting', 'passed', 1, 1]);
    assert.deepEqual(JSON.parse(readFileSync(join(runs[0]!.folder, 'run.json'), 'utf8')).result, 'passed');
    const { log } = await logs(user().context, { run: undefined, role: 'asker', collect: true });
    assert.equal(log, 'name? Ada\nhello <Ada>\n');
  });

  test('run tells why a step failed, with the last lines of the terminal', async () => {
    const { result, firstFailure } = await run(user().context, { scenario: 'wrong', times: 1 });
    assert.equal(result, 'failed');
    assert.deepEqual(firstFailure?.play.failedStep?.index, 2);
    assert.deepEqual(firstFailure.play.tails[0]?.lines, ['name? Ada', 'hello <Ada>']);
  });

  test('run --repeat gives the pass rate', async () => {
    const { passed, failed, passRate, runs, firstFailure } = await run(user().context, {
      scenario: 'greeting',
      times: 3,
    });
    assert.deepEqual([passed, failed, passRate, runs.length, firstFailure], [3, 0, 1, 3, undefined]);
    const { runs: stored } = await storedRuns(user().context);
    assert.equal(stored.find((entry) => entry.scenario === 'greeting')?.run, runs[2]?.run, 'the newest is first');
  });

  test('run plays the first scenario unless one is named, and says so; it knows near misses', async () => {
    const { context, events } = user();
    const { scenario, result } = await run(context, { scenario: undefined, times: 1 });
    assert.deepEqual([scenario, result], ['greeting', 'passed']);
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'notice' ? [[event.message, event.hint]] : [])),
      [['this plays greeting, the first scenario of the file', 'For another: lab run wrong']],
    );
    await assert.rejects(run(user().context, { scenario: 'greting', times: 1 }), {
      code: 'unknown-scenario',
      hint: 'did you mean "greeting"?',
    });
  });

  test('whoever would change the lab waits for nobody: it is told who holds the lock', async () => {
    const lock = await acquireLock(join(folder.path, '.lab'), { command: 'lab run' });
    try {
      await assert.rejects(down(user().context, { purge: false }), LockedError);
      assert.equal((await status(user().context)).up, true, 'a look needs no lock');
    } finally {
      await lock.release();
    }
  });

  test('the whole command gives a document, progress and the status of a machine', async () => {
    const { exitCode, stdout } = await runCli(['exec', 'vm1', 'vm2', '--json', '--', 'hostname'], { cwd: folder.path });
    const { schemaVersion, results, steps } = JSON.parse(stdout) as {
      schemaVersion: number;
      results: readonly { machine: string; stdout: string }[];
      steps: unknown;
    };
    assert.deepEqual(
      [exitCode, schemaVersion, results.map(({ machine, stdout: out }) => [machine, out]), steps],
      [
        0,
        1,
        [
          ['vm1', 'vm1\n'],
          ['vm2', 'vm2\n'],
        ],
        [],
      ],
    );
  });

  test(
    "OpenSSH's own client gets there with ssh-config, host key checked",
    { skip: findTool('ssh') === undefined && 'no ssh client' },
    async () => {
      const config = join(folder.path, 'ssh.config');
      writeFileSync(config, (await runCli(['ssh-config'], { cwd: folder.path })).stdout);
      const { path, env } = findTool('ssh')!;
      const client = spawn(path, ['-F', config, '-o', 'BatchMode=yes', 'vm2', 'cat; hostname; exit 5'], {
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      client.stdin.end('to and fro\n');
      const { exitCode, stdout, stderr } = await finish(client);
      assert.deepEqual([exitCode, stdout, stderr], [5, 'to and fro\nvm2\n', '']);
      rmSync(config);
    },
  );
});
