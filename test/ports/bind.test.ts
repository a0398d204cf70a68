import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { release } from 'node:os';
import { test } from 'node:test';
import { silent } from '../../src/core/events.ts';
import { explainPort } from '../../src/ports/port-words.ts';
import { freePort } from '../../src/ports/free-port.ts';
import { inspectPort } from '../../src/ports/inspect-port.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import { nobody, onlyRoot, python, running, shellWithScript, shellWithTools } from '../helpers/machines/listeners.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';
import { Running, unusedPort } from '../helpers/programs.ts';

const ok = { plain: 'ok', reuse: 'ok' };
const taken = { plain: 'EADDRINUSE', reuse: 'EADDRINUSE' };

/** A process with sockets of its own; `lines` of Python make them. */
async function holding(...lines: string[]): Promise<Running> {
  const program = new Running([
    python,
    '-c',
    ['import socket', ...lines, 'print("ready", flush=True)', 'input()', 'print("alive", flush=True)'].join('\n'),
  ]);
  running.push(program);
  await program.shows('ready');
  return program;
}

/** The server of a connection closes first, so that its end stays in TIME_WAIT. */
function leaveTimeWait(port: number, reuse: 0 | 1): void {
  const script = `
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, ${reuse}); s.bind(("127.0.0.1", ${port})); s.listen(1)
c = socket.create_connection(("127.0.0.1", ${port})); a, _ = s.accept(); a.close(); c.recv(1); c.close()`;
  assert.equal(spawnSync(python, ['-c', script]).status, 0);
}

/** A shell that changes what is handed to the script: the program that tries. */
function shellWithArguments(change: (argument: string) => string): Shell {
  const shell = localShell();
  return {
    ...shell,
    exec: (command, options) =>
      shell.exec('script' in command ? { ...command, args: command.args?.map(change) ?? [] } : command, options),
  };
}

test('a free port is one that bind gets, of TCP and of UDP', async () => {
  const port = await unusedPort();
  for (const protocol of ['tcp', 'udp'] as const) {
    const { state, bind } = await inspectPort(localShell(), port, { protocol });
    assert.deepEqual([state, bind?.ipv4, bind?.dual ?? ok], ['free', ok, ok]);
  }
});

const [major = 0, minor = 0] = release().split('.').map(Number);
const isOldKernel = (major < 6 || (major === 6 && minor < 8)) && 'this kernel is older than Linux 6.8';
/** Yama, which Ubuntu has switched on: only the parent may look into a process. */
const traceScope = '/proc/sys/kernel/yama/ptrace_scope';
const mayNotTrace =
  process.getuid?.() !== 0 &&
  existsSync(traceScope) &&
  readFileSync(traceScope, 'utf8').trim() !== '0' &&
  'this host lets nobody but root look at the sockets of other processes';

for (const [how, shell, skip] of [
  ['told by the kernel', localShell(), isOldKernel],
  [
    'found by asking the sockets, as before Linux 6.8',
    shellWithArguments((argument) => argument.replace('1 << 13', '0')),
    mayNotTrace,
  ],
] as const) {
  test(
    `a socket that is bound and does not listen makes a port busy; its process is ${how}, and is never ended`,
    { skip },
    async () => {
      const port = await unusedPort();
      const holder = await holding(`s = socket.socket(); s.bind(("", ${port}))`);
      const report = await inspectPort(shell, port);
      assert.deepEqual([report.state, report.holders, report.bind?.ipv4], ['busy', [], taken]);
      assert.deepEqual(
        report.bound.map(({ pid, address }) => [pid, address]),
        [[holder.pid, '0.0.0.0']],
      );
      assert.match(
        explainPort(report) ?? '',
        new RegExp(`bound by process ${holder.pid} .* by hand: lab exec vm1 -- kill ${holder.pid}\\.`),
      );
      const { ended, after } = await freePort(shell, report, { events: silent });
      assert.deepEqual([ended, after.state], [[], 'busy']);
      holder.type('\n');
      await holder.shows('alive');
    },
  );
}

test('where the bound socket has set SO_REUSEADDR, a server that sets it too gets the port, and that is said', async () => {
  const port = await unusedPort();
  await holding(
    's = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)',
    `s.bind(("", ${port}))`,
  );
  const report = await inspectPort(localShell(), port);
  assert.deepEqual([report.state, report.bind?.ipv4], ['busy', { plain: 'EADDRINUSE', reuse: 'ok' }]);
  assert.match(explainPort(report) ?? '', /A server that sets SO_REUSEADDR can still have the port/);
});

test('TIME_WAIT: a server with SO_REUSEADDR gets the port only if the one before had set it; how long it lasts is reported', async () => {
  const [friendly, strict] = [await unusedPort(), await unusedPort()];
  leaveTimeWait(friendly, 1);
  leaveTimeWait(strict, 0);
  const shared = await inspectPort(localShell(), friendly);
  assert.deepEqual([shared.state, shared.bind?.ipv4], ['time-wait', { plain: 'EADDRINUSE', reuse: 'ok' }]);
  assert.match(
    explainPort(shared) ?? '',
    /A server that sets SO_REUSEADDR \(ours do\) can listen at once; any other gets EADDRINUSE .* has to wait another \d\d s\.$/,
  );
  const blocked = await inspectPort(localShell(), strict);
  assert.deepEqual([blocked.state, blocked.bind?.ipv4], ['busy', taken]);
  assert.match(
    explainPort(blocked) ?? '',
    /had not set SO_REUSEADDR, so no server gets the port for another \d\d s, not even one that sets it/,
  );
});

test('a server on IPv6 only leaves IPv4, one on IPv4 leaves IPv6; one address leaves the others', async () => {
  const [six, four] = [await unusedPort(), await unusedPort()];
  await holding(
    `s = socket.create_server(("::", ${six}), family=socket.AF_INET6)`,
    `t = socket.create_server(("127.0.0.1", ${four}))`,
  );
  const onSix = await inspectPort(localShell(), six);
  assert.deepEqual([onSix.state, onSix.bind?.ipv4, onSix.bind?.ipv6?.reuse], ['busy', ok, 'EADDRINUSE']);
  assert.match(explainPort(onSix) ?? '', /^It is held on IPv6 only/);
  const onFour = await inspectPort(localShell(), four);
  assert.deepEqual([onFour.state, onFour.bind?.ipv4, onFour.bind?.ipv6], ['busy', taken, ok]);
  assert.match(
    explainPort(onFour) ?? '',
    /^It is held on 127\.0\.0\.1 only\. Other machines cannot reach it there; a server that/,
  );
});

test('a port of root is refused to an ordinary user, whatever the tables say', onlyRoot, async (context) => {
  if (Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) < 1024)
    return context.skip('this host lets ordinary users bind ports of root');
  const free = 997;
  const report = await inspectPort(localShell({ uid: nobody, user: 'nobody' }), free);
  assert.deepEqual([report.state, report.bind?.ipv4], ['forbidden', { plain: 'EACCES', reuse: 'EACCES' }]);
  assert.match(explainPort(report) ?? '', /refuses it to nobody with EACCES/);
});

test('a process that holds a UDP port is reported by every tool, and ended as exactly as a server; one that has a peer is a client', async () => {
  const port = await unusedPort();
  const holder = await holding(`s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", ${port}))`);
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
  for (const shell of [localShell(), withoutSs]) {
    const report = await inspectPort(shell, port, { protocol: 'udp' });
    assert.deepEqual(
      [report.state, report.holders.map(({ pid, address }) => [pid, address])],
      ['busy', [[holder.pid, '0.0.0.0']]],
    );
  }
  assert.equal((await inspectPort(localShell(), port)).state, 'free', 'of TCP');
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.connect(port, '127.0.0.1', resolve));
  const own = await inspectPort(localShell(), client.address().port, { protocol: 'udp' });
  assert.deepEqual(
    [own.state, own.holders, own.connections.map(({ process: of }) => of?.pid)],
    ['busy', [], [process.pid]],
  );
  assert.deepEqual((await freePort(localShell(), own, { events: silent })).ended, []);
  client.close();
  const { ended, after } = await freePort(localShell(), await inspectPort(localShell(), port, { protocol: 'udp' }), {
    events: silent,
  });
  assert.deepEqual(
    [ended.map(({ holder: { pid } }) => pid), after.state, after.protocol],
    [[holder.pid], 'free', 'udp'],
  );
});

test('a machine without Perl is asked with Python; one with neither is judged by its tables', async () => {
  const port = await unusedPort();
  await holding(`s = socket.socket(); s.bind(("", ${port}))`);
  const withPython = await inspectPort(
    shellWithScript((script) => script.replace('perl -e', 'no-perl -e')),
    port,
  );
  assert.deepEqual([withPython.state, withPython.bind?.ipv4, withPython.bound], ['busy', taken, []]);
  assert.match(explainPort(withPython) ?? '', /no socket shows/);
  const withNeither = await inspectPort(
    shellWithScript((script) => script.replace('perl -e', 'no-perl -e').replace('python3 -c', 'no-python -c')),
    port,
  );
  assert.deepEqual([withNeither.state, withNeither.bind], ['free', undefined]);
  assert.match(explainPort(withNeither) ?? '', /^vm1 has neither Perl nor Python 3/);
});

test('after its server was ended a port is busy still while a connection of it is, and that is not taken for a new holder', async () => {
  const port = await unusedPort();
  const server = await holding(
    'import threading',
    `s = socket.socket(); s.bind(("127.0.0.1", ${port})); s.listen(1); kept = []`,
    'threading.Thread(target=lambda: kept.append(s.accept()) or kept[0][0].send(b"x"), daemon=True).start()',
  );
  const client = createConnection(port, '127.0.0.1');
  await once(client, 'data');
  const { ended, after } = await freePort(localShell(), await inspectPort(localShell(), port), { events: silent });
  assert.deepEqual([ended.map(({ holder: { pid } }) => pid), after.state, after.holders], [[server.pid], 'busy', []]);
  client.destroy();
});
