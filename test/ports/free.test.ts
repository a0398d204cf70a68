import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { silent, type EventBody } from '../../src/core/events.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { freePort } from '../../src/ports/free-port.ts';
import { inspectPort, isListening } from '../../src/ports/inspect-port.ts';
import {
  failure,
  fixture,
  hold,
  nobody,
  onlyRoot,
  passwordlessSudo,
  python,
  running,
  temporaryFolder,
} from '../helpers/machines/listeners.ts';
import { signalHolders } from '../../src/ports/signal.ts';
import { takenAgain } from '../../src/ports/supervisor.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';
import { Running, unusedPort } from '../helpers/programs.ts';
import { without } from '../helpers/tools.ts';

test('a port is freed with TERM, and the result says what was ended', async () => {
  const port = await unusedPort();
  const holder = await hold(port, ['both']);
  const events: EventBody[] = [];
  const report = await inspectPort(localShell(), port);
  const result = await freePort(localShell(), report, { events: { emit: (event) => void events.push(event) } });
  assert.equal(result.after.state, 'free');
  assert.deepEqual(
    new Set(result.ended.map(({ holder: { pid }, signal }) => `${pid} ${signal}`)),
    new Set([`${holder.pid} TERM`]),
  );
  assert.deepEqual(
    events.map((event) => event.kind === 'port-freed' && [event.machine, event.port, event.signal]),
    [['vm1', port, 'TERM']],
  );
  await holder.exit;
});

test('a holder that ignores TERM is ended with KILL after the grace', async () => {
  const port = await unusedPort();
  const holder = await hold(port, ['stubborn']);
  const started = performance.now();
  const result = await freePort(localShell(), await inspectPort(localShell(), port), { graceMs: 200, events: silent });
  assert.deepEqual(
    result.ended.map(({ holder: { pid }, signal }) => [pid, signal]),
    [[holder.pid, 'KILL']],
  );
  assert.ok(performance.now() - started >= 200);
});

test('several holders, forked or with SO_REUSEPORT, are all told and all ended', async () => {
  const port = await unusedPort();
  await hold(port, ['workers', 'reuse', 'stubborn']);
  const second = await hold(port, ['reuse']);
  const report = await inspectPort(localShell(), port);
  assert.equal(new Set(report.holders.map(({ pid }) => pid)).size, 4);
  const result = await freePort(localShell(), report, { graceMs: 200, events: silent });
  assert.equal(result.after.state, 'free');
  assert.equal(result.ended.filter(({ signal }) => signal === 'KILL').length, 3);
  assert.deepEqual(
    result.ended.filter(({ signal }) => signal === 'TERM').map(({ holder: { pid } }) => pid),
    [second.pid],
  );
});

test('a process that is another one than was told is left alone', async () => {
  const port = await unusedPort();
  const holder = await hold(port);
  const report = await inspectPort(localShell(), port);
  const told = { ...report, holders: report.holders.map((entry) => Object.assign({}, entry, { identity: '1.2-3' })) };
  const error = await failure(freePort(localShell(), told, { graceMs: 100, events: silent }));
  assert.equal(error.code, 'port-taken-again');
  assert.equal(await isListening(localShell(), port), true);
  assert.match(error.message, new RegExp(`process ${holder.pid} `));
});

test('right before the signal a process is identified again, by start and command and by its socket', async () => {
  const port = await unusedPort();
  await hold(port);
  const [holder] = (await inspectPort(localShell(), port)).holders;
  assert.ok(holder?.identity);
  const [start = '', command = ''] = holder.identity.split('.');
  for (const parts of [
    { identity: `${Number(start) + 1}.${command}` },
    { identity: `${start}.1-2` },
    { inode: '1' },
    { pid: 4_000_000 },
  ]) {
    assert.deepEqual(await signalHolders(localShell(), [Object.assign({}, holder, parts)], 'KILL', {}), []);
  }
  assert.equal(await isListening(localShell(), port), true);
  assert.deepEqual(await signalHolders(localShell(), [holder], 'KILL', {}), [holder]);
});

test('a service that systemd restarts is reported with the way to stop it; another process that comes by is not called a restart', async () => {
  const port = await unusedPort();
  await hold(port);
  const report = await inspectPort(localShell(), port);
  const [holder] = report.holders;
  assert.ok(holder);
  const now = (parts: object): typeof report => ({
    ...report,
    holders: [Object.assign({}, holder, { pid: 70, command: 'new', parent: { pid: 1, command: '/sbin/init' } }, parts)],
  });
  const before = Object.assign({}, holder, {
    pid: 60,
    command: 'old',
    parent: { pid: 1, command: '/sbin/init' },
    unit: 'tp1.service',
  });
  const restarted = takenAgain(now({ unit: 'tp1.service' }), [before]);
  assert.deepEqual(
    [restarted.code, restarted.hint],
    ['port-supervised', 'Stop what restarts it first, on vm1: sudo systemctl stop tp1.service'],
  );
  assert.match(
    restarted.message,
    /came back at once as process 70 \(new\) of user \S+, started by systemd service tp1\.service, process 1 \(\/sbin\/init\)$/,
  );
  assert.equal(takenAgain(now({ unit: undefined }), [before]).code, 'port-taken-again');
  assert.equal(takenAgain(now({ command: 'old' }), [before]).code, 'port-supervised');
});

test('a process that has given up the port is left alone', async () => {
  const port = await unusedPort();
  const holder = new Running([
    python,
    '-c',
    `
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", ${port})); s.listen(1); print("ready", flush=True)
sys.stdin.readline(); s.close(); print("closed", flush=True)
sys.stdin.readline(); print("alive", flush=True)`,
  ]);
  running.push(holder);
  await holder.shows('ready');
  const report = await inspectPort(localShell(), port);
  holder.type('close\n');
  await holder.shows('closed');
  const { ended, after: afterwards } = await freePort(localShell(), report, { events: silent });
  assert.deepEqual([ended, afterwards.state], [[], 'free']);
  holder.type('still there?\n');
  await holder.shows('alive');
});

test('a port that a supervisor takes again is reported as supervised, with its name and how to stop it', async () => {
  const port = await unusedPort();
  const folder = temporaryFolder();
  const supervisor = join(folder, 'keep-running.sh');
  writeFileSync(
    supervisor,
    `#!/bin/sh\ntrap 'kill $!; exit' TERM\nwhile :; do ${python} ${fixture} ${port} & wait $!; done\n`,
    { mode: 0o755 },
  );
  const program = new Running([supervisor]);
  try {
    await program.shows('ready');
    const error = await failure(freePort(localShell(), await inspectPort(localShell(), port), { events: silent }));
    assert.equal(error.code, 'port-supervised');
    assert.match(
      error.message,
      new RegExp(
        `came back at once as process \\d+ .*, started by process ${program.pid} \\(/bin/sh ${supervisor}\\)$`,
      ),
    );
    assert.equal(error.hint, `Stop what restarts it first, on vm1: kill ${program.pid}`);
  } finally {
    program.kill('SIGTERM');
    await program.exit;
    await retryUntil(async () => ((await isListening(localShell(), port)) ? { seen: 'listening' } : { value: true }), {
      what: 'the fixture to end',
      timeoutMs: 3000,
    });
  }
});

test("SSH's port, an sshd, PID 1 and what carries our connection are refused with the reason", async () => {
  const port = await unusedPort();
  const holder = await hold(port);
  const viaSsh = localShell({ env: { SSH_CONNECTION: `192.0.2.7 40000 192.0.2.1 ${port}` } });
  const ssh = await failure(freePort(viaSsh, await inspectPort(viaSsh, port), { events: silent }));
  assert.deepEqual([ssh.code, ssh.exitCode], ['port-is-ssh', 1]);
  assert.match(ssh.message, /it is the port of the SSH server by which lab, ssh and scp reach vm1$/);
  const report = await inspectPort(localShell(), port);
  const withHolder = (parts: object): typeof report => ({
    ...report,
    holders: report.holders.map((entry) => Object.assign({}, entry, parts)),
  });
  for (const command of ['sshd: ildvm1 [priv]', '/usr/sbin/sshd -D', 'sshd-session: ildvm1@pts/0', 'sshd']) {
    assert.equal(
      (await failure(freePort(localShell(), withHolder({ command }), { events: silent }))).code,
      'port-is-ssh',
    );
  }
  assert.equal(
    (await failure(freePort(localShell(), withHolder({ pid: 1, command: '/sbin/init' }), { events: silent }))).code,
    'port-is-init',
  );
  const sshSocket = { ...withHolder({ pid: 1, command: '/sbin/init' }), port: 22 };
  assert.equal(
    (await failure(freePort(localShell(), sshSocket, { events: silent }))).code,
    'port-is-ssh',
    'socket activation',
  );
  assert.equal(
    (await failure(freePort(localShell(), withHolder({ carriesUs: true }), { events: silent }))).code,
    'port-carries-us',
  );
  assert.equal(await isListening(localShell(), port), true);
  holder.kill();
});

test(
  'a holder of another user that is visible cannot be ended without sudo, and nothing is ended',
  onlyRoot,
  async () => {
    const port = await unusedPort();
    await hold(port, ['six'], { uid: nobody });
    await hold(port);
    const asRoot = await inspectPort(localShell(), port);
    const shell = localShell({ uid: nobody, user: 'nobody', env: { PATH: '/usr/bin:/bin' } });
    const error = await failure(freePort(shell, asRoot, { events: silent }));
    assert.deepEqual([error.code, error.exitCode], ['port-holder-not-ours', 3]);
    assert.match(
      error.message,
      /^nobody may not end process \d+ \(.*\) of user root, which holds port \d+ of vm1, and sudo /,
    );
    assert.equal((await inspectPort(localShell(), port)).holders.length, 2);
  },
);

test('with sudo, a holder of root is told in full and ended', onlyRoot, async (context) => {
  const sudo = passwordlessSudo();
  if (sudo === undefined) return context.skip(without('cc') || 'needs a place for set-user-ID programs');
  const port = await unusedPort();
  const holder = await hold(port);
  const shell = localShell({
    uid: nobody,
    user: 'ildvm1',
    env: { PATH: `${sudo}:/usr/bin:/bin`, SSH_CONNECTION: '192.0.2.7 40000 192.0.2.1 2222' },
  });
  const report = await inspectPort(shell, port);
  assert.equal(report.sshPort, 2222);
  assert.equal(report.blindSpot, undefined);
  assert.deepEqual(
    report.holders.map(({ pid, user, command }) => [pid, user, command]),
    [[holder.pid, 'root', `${python} ${fixture} ${port}`]],
  );
  const result = await freePort(shell, report, { events: silent });
  assert.deepEqual(
    result.ended.map(({ signal }) => signal),
    ['TERM'],
  );
});
