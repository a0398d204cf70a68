import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { silent } from '../../src/core/events.ts';
import { explainPort, explainTimeWait } from '../../src/ports/port-words.ts';
import { freePort } from '../../src/ports/free-port.ts';
import { inspectPort, isListening } from '../../src/ports/inspect-port.ts';
import {
  failure,
  fixture,
  hold,
  nobody,
  onlyRoot,
  python,
  running,
  shellWithScript,
  shellWithTools,
  temporaryFolder,
  username,
} from '../helpers/machines/listeners.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';
import { Running, unusedPort } from '../helpers/programs.ts';

test('a free port is free, and nothing is sent to it', async () => {
  const report = await inspectPort(localShell(), await unusedPort());
  assert.equal(report.state, 'free');
  assert.deepEqual([report.holders, report.timeWait, report.connections, report.source], [[], [], [], 'ss']);
});

test('a listener is reported with PID, command, user, start and address, on IPv4 and IPv6', async () => {
  const port = await unusedPort();
  const before = Date.now();
  const holder = await hold(port, ['both']);
  const { state, holders, raw, blindSpot } = await inspectPort(localShell(), port);
  assert.equal(state, 'busy');
  assert.equal(blindSpot, undefined);
  assert.deepEqual(holders.map(({ address }) => address).toSorted(), ['127.0.0.1', '::1']);
  for (const { pid, command, user, startedAtMs = 0, parent } of holders) {
    assert.deepEqual([pid, command, user], [holder.pid, `${python} ${fixture} ${port} both`, username]);
    // The machine tells its start in whole seconds.
    assert.ok(startedAtMs > before - 2500 && startedAtMs < Date.now() + 2500, String(startedAtMs - before));
    assert.equal(parent?.pid, process.pid);
  }
  assert.match(raw, /^LISTEN.*127\.0\.0\.1/m);
});

test('the table of /proc tells the same as ss', async () => {
  const port = await unusedPort();
  await hold(port, ['both']);
  const withoutSs = shellWithTools([
    'sh',
    'cat',
    'sed',
    'awk',
    'grep',
    'ls',
    'sort',
    'tr',
    'od',
    'head',
    'cksum',
    'getconf',
    'getent',
    'id',
  ]);
  const [bySs, byProc] = [await inspectPort(localShell(), port), await inspectPort(withoutSs, port)];
  assert.deepEqual([bySs.source, byProc.source], ['ss', 'proc']);
  assert.deepEqual(byProc.holders, bySs.holders);
  assert.ok(await isListening(withoutSs, port));
});

test('where only lsof or netstat can be asked, they tell process and address', async () => {
  const port = await unusedPort();
  const holder = await hold(port, ['both']);
  for (const source of ['lsof', 'netstat']) {
    const shell = shellWithScript((script) => {
      const changed = script.replaceAll('/proc/net/$protocol', '/nowhere').replace('$(ss -', '$(no-ss -');
      return source === 'lsof' ? changed : changed.replace('command -v lsof', 'false');
    });
    const report = await inspectPort(shell, port);
    assert.equal(report.source, source);
    assert.deepEqual(report.holders.map(({ address }) => address).toSorted(), ['127.0.0.1', '::1']);
    for (const { pid, command, user, inode } of report.holders) {
      assert.deepEqual(
        [pid, command, user, inode],
        [holder.pid, `${python} ${fixture} ${port} both`, username, undefined],
      );
    }
    assert.equal((await inspectPort(shell, await unusedPort())).state, 'free');
  }
});

test('a machine with nothing to look with says what to install', async () => {
  const shell = shellWithScript((script) =>
    script
      .replaceAll('/proc/net/$protocol', '/nowhere')
      .replace(/\b(ss|lsof|netstat) -/g, 'no-such-tool -')
      .replace('command -v lsof', 'false'),
  );
  const error = await failure(inspectPort(shell, 7999));
  assert.deepEqual([error.code, error.exitCode], ['port-tool-missing', 3]);
  assert.match(error.hint ?? '', /apt-get install iproute2/);
  const broken = await failure(
    inspectPort(
      shellWithScript(() => 'echo out of memory >&2; exit 1'),
      7999,
    ),
  );
  assert.deepEqual([broken.code, broken.detail], ['port-look-failed', 'out of memory']);
});

test('a look does not use up the one accept of a server', async () => {
  const port = await unusedPort();
  await hold(port);
  assert.equal(await isListening(localShell(), port), true);
  await inspectPort(localShell(), port);
  const { connections } = await inspectPort(localShell(), port);
  assert.deepEqual(connections, []);
  assert.equal(await isListening(localShell(), await unusedPort()), false);
});

test('a client of the port is reported as a connection, not as a holder', async () => {
  const port = await unusedPort();
  await hold(port);
  const client = connect(port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  const report = await inspectPort(localShell(), port);
  assert.equal(report.holders.length, 1);
  assert.deepEqual(
    report.connections.map(({ local, peer, state }) => ({ local, peer, state })),
    [{ local: `127.0.0.1:${port}`, peer: `127.0.0.1:${client.localPort}`, state: 'ESTABLISHED' }],
  );
  const onClientsPort = await inspectPort(localShell(), client.localPort ?? 0);
  assert.equal(onClientsPort.state, 'busy', 'bind would fail');
  assert.deepEqual(
    onClientsPort.connections.map(({ peer, process: of }) => [peer, of?.pid]),
    [[`127.0.0.1:${port}`, process.pid]],
  );
  assert.match(
    explainPort(onClientsPort) ?? '',
    /^A connection uses the port as its own end: .* ESTABLISHED, of process \d+ .* lab does not end it/,
  );
  assert.deepEqual((await freePort(localShell(), onClientsPort, { events: silent })).ended, []);
  client.destroy();
});

test('TIME_WAIT is explained and nothing is killed for it', async () => {
  const port = await unusedPort();
  const script = `
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", ${port})); s.listen(1)
c = socket.create_connection(("127.0.0.1", ${port})); a, _ = s.accept(); a.close(); c.recv(1); c.close()`;
  assert.equal(spawnSync(python, ['-c', script]).status, 0);
  const report = await inspectPort(localShell(), port);
  assert.equal(report.state, 'time-wait');
  assert.equal(report.timeWait[0]?.local, `127.0.0.1:${port}`);
  assert.match(
    explainTimeWait(report) ?? '',
    /^One connection \(127\.0\.0\.1:\d+ with 127\.0\.0\.1:\d+\) on port \d+ of vm1 ended .* nothing to kill/,
  );
  const { ended, after: afterwards } = await freePort(localShell(), report, { events: silent });
  assert.deepEqual([ended, afterwards.state], [[], 'time-wait']);
});

test('a process above our own shell is recognised as what carries us', async () => {
  const port = await unusedPort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    const [holder] = (await inspectPort(localShell(), port)).holders;
    assert.deepEqual([holder?.pid, holder?.carriesUs], [process.pid, true]);
  } finally {
    server.close();
  }
});

test(
  'a holder of another user is not visible without sudo: its user is told, what to do, and nothing is ended',
  onlyRoot,
  async () => {
    const port = await unusedPort();
    await hold(port);
    const shell = localShell({ uid: nobody, user: 'ildvm1', env: { PATH: '/usr/bin:/bin' } });
    const report = await inspectPort(shell, port);
    assert.deepEqual(
      report.holders.map(({ pid, user, address }) => [pid, user, address]),
      [[undefined, 'root', '127.0.0.1']],
    );
    assert.match(
      report.blindSpot ?? '',
      /^ildvm1 may not see the process that holds port \d+ on vm1, and sudo (is not installed there\. Look|wants a password\. Put it into LAB_SUDO_PASSWORD, or look)/,
    );
    const error = await failure(freePort(shell, report, { events: silent }));
    assert.deepEqual([error.code, error.exitCode], ['port-holder-hidden', 3]);
    assert.equal(await isListening(shell, port), true);
  },
);

test('a process cannot pass another one off as the holder by its name or its files', async () => {
  const port = await unusedPort();
  const folder = temporaryFolder();
  const victim = new Running(['sleep', '60']);
  running.push(victim);
  const script = `
import os, socket
s = socket.socket(); s.bind(("127.0.0.1", ${port})); s.listen(1)
open("/proc/self/comm", "w").write('x",pid=${victim.pid},f')
path = "${folder}/a\\n/proc/${victim.pid}/fd:\\nl -> socket:[" + str(os.fstat(s.fileno()).st_ino) + "]"
os.makedirs(os.path.dirname(path)); f = os.open(path, os.O_CREAT)
print("ready", flush=True); input()`;
  const holder = new Running([python, '-c', script]);
  running.push(holder);
  await holder.shows('ready');
  const { holders } = await inspectPort(localShell(), port);
  assert.deepEqual(
    holders.map(({ pid }) => pid),
    [holder.pid],
  );
});
