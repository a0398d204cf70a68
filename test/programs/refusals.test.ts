import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundlePrograms, Running, unusedPort } from '../helpers/programs.ts';

const bundles = bundlePrograms();
/** An account without rights. */
const nobody = 65_534;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: 'server' | 'client', words: readonly string[], options: { uid?: number } = {}): Outcome {
  return spawnSync(process.execPath, [bundles[program], ...words], {
    encoding: 'utf8',
    input: '',
    timeout: 10_000,
    ...options,
  });
}

/** One line on stderr, the status, and nothing on stdout. */
function assertRefusal(outcome: Outcome, status: number, message: string | RegExp): void {
  if (typeof message === 'string') assert.equal(outcome.stderr, `${message}\n`);
  else assert.match(outcome.stderr, message);
  assert.equal(outcome.stderr.split('\n').length, 2, 'one line');
  assert.equal(outcome.status, status);
  assert.equal(outcome.stdout, '');
}

test('help and version are data on stdout with status 0', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  for (const program of ['server', 'client'] as const) {
    const help = run(program, ['--help']);
    assert.match(
      help.stdout,
      new RegExp(`^Usage: node ${program}\\.js .*--framing line\\|raw.*Exit status: 0 done`, 's'),
    );
    assert.equal(help.stdout, run(program, ['-h']).stdout);
    assert.deepEqual(run(program, ['--version']).stdout, `${version}\n`);
    assert.equal(help.status, 0);
  }
});

test('a wrong command line says what is wrong, with status 2', () => {
  assertRefusal(
    run('server', ['--prot', '1']),
    2,
    'server: unknown option --prot; known: --host, --port, --framing, --udp, --keep, --help, --version. Try --help',
  );
  assertRefusal(run('server', ['7999']), 2, 'server: what is "7999"? There is one word too many. Try --help');
  assertRefusal(run('server', ['--port']), 2, 'server: --port needs a value. Try --help');
  assertRefusal(run('server', ['--keep=yes']), 2, 'server: --keep takes no value. Try --help');
  assertRefusal(
    run('server', ['--framing', 'json']),
    2,
    'server: "json" is no framing; it is "line" or "raw". Try --help',
  );
  for (const port of ['0', '65536', '79 99', '1e3', '-5']) {
    assertRefusal(
      run('server', [`--port=${port}`]),
      2,
      `server: "${port}" is no port; a port is a number from 1 to 65535. Try --help`,
    );
  }
  assertRefusal(run('client', []), 2, 'client: which server? Say: node client.js HOST [PORT]. Try --help');
  assertRefusal(
    run('client', ['vm1', '7999', 'now']),
    2,
    'client: what is "now"? There is one word too many. Try --help',
  );
  assertRefusal(run('client', ['vm1', '--timeout', 'soon']), 2, /^client: --timeout is a number of seconds/);
});

test('a refused connection says to start the server first', async () => {
  const port = await unusedPort();
  const message = `client: connection to 127.0.0.1 port ${port} refused: nothing listens there. Start the server first, and check its port`;
  assertRefusal(run('client', ['127.0.0.1', String(port)]), 1, message);
  assertRefusal(run('client', ['--host', '[::1]', '--port', String(port)]), 1, message.replace('127.0.0.1', '::1'));
  assertRefusal(
    run('client', ['localhost', String(port)]),
    1,
    /^client: connection to localhost \((127\.0\.0\.1|::1)\) port \d+ refused/,
  );
});

test('an unknown name says how to check it', () => {
  const outcome = run('client', ['no-such-host.invalid']);
  assertRefusal(
    outcome,
    1,
    /^client: no host "no-such-host\.invalid" is known here.*getent hosts no-such-host\.invalid/,
  );
});

const ownNetwork = ['--map-root-user', '--net'];
const hasNamespaces = spawnSync('unshare', [...ownNetwork, 'true']).status === 0;

test(
  'an address that no network leads to says so',
  { skip: !hasNamespaces && 'this host lets this user make no network namespace' },
  () => {
    const message =
      'client: 192.0.2.1 port 7999 is unreachable: no such machine on a network of this one. Check that it is up and its address: ping 192.0.2.1';
    assertRefusal(
      spawnSync('unshare', [...ownNetwork, process.execPath, bundles.client, '192.0.2.1'], {
        encoding: 'utf8',
        input: '',
      }),
      1,
      message,
    );
  },
);

test('a machine that does not answer is a time-out', async () => {
  const port = await unusedPort();
  // A full queue: the kernel then ignores further connections, as a firewall does that drops.
  const program = `
import socket
listener = socket.socket()
listener.bind(("127.0.0.1", ${port}))
listener.listen(0)
first = socket.create_connection(("127.0.0.1", ${port}))
print("full", flush=True)
input()`;
  const server = new Running(['/usr/bin/python3', '-c', program]);
  try {
    await server.shows('full');
    assertRefusal(
      run('client', ['127.0.0.1', String(port), '--timeout', '0.3']),
      1,
      /^client: 127\.0\.0\.1 port \d+ did not answer within 0\.3 s\. Check/,
    );
  } finally {
    await server.stop();
  }
});

const listenScript = `
import socket, sys
listener = socket.socket()
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(1)
print("ready", flush=True)
input()`;

test('a port in use names its holder', async () => {
  const port = await unusedPort();
  const holder = new Running(['/usr/bin/python3', '-c', listenScript, String(port)]);
  try {
    await holder.shows('ready');
    const advice = `End it with: kill ${holder.pid}; or take another port with --port`;
    const outcome = run('server', ['--port', String(port)]);
    assertRefusal(outcome, 1, /^server: port \d+ is in use: process \d+ \(\/usr\/bin\/python3 -c import socket, sys/);
    assert.ok(
      outcome.stderr.includes(`process ${holder.pid} (`) && outcome.stderr.endsWith(`holds it. ${advice}\n`),
      outcome.stderr,
    );
  } finally {
    await holder.stop();
  }
});

test(
  'a port that another user holds says how to look',
  { skip: process.getuid?.() !== 0 && 'needs root to be two users' },
  async () => {
    const port = await unusedPort();
    const holder = new Running(['/usr/bin/python3', '-c', listenScript, String(port)]);
    try {
      await holder.shows('ready');
      const message = `server: port ${port} is in use: this user may not see who holds it. Look with: sudo lsof -i :${port}; or take another port with --port`;
      assertRefusal(run('server', ['--port', String(port)], { uid: nobody }), 1, message);
    } finally {
      await holder.stop();
    }
  },
);

const firstFreePort = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));

test(
  'a port below 1024 says that it needs root',
  { skip: firstFreePort <= 81 && 'this host lets everybody listen there' },
  () => {
    const message =
      'server: no right to listen on port 81: ports below 1024 belong to root. Take one from 1024 on: --port 7999';
    assertRefusal(run('server', ['--port', '81'], process.getuid?.() === 0 ? { uid: nobody } : {}), 1, message);
  },
);

test('an address that this machine does not have says so', () => {
  const message =
    'server: this machine has no address 192.0.2.1. See its addresses: ip address; or listen on all of them, without --host';
  assertRefusal(run('server', ['--host', '192.0.2.1']), 1, message);
});

test('a reader that goes away ends the program quietly', () => {
  const outcome = spawnSync(
    'sh',
    ['-c', `"$0" "$1" --help | true; "$0" "$1" --help | head -1`, process.execPath, bundles.server],
    { encoding: 'utf8' },
  );
  assert.equal(outcome.stderr, '');
  assert.equal(outcome.stdout, 'Usage: node server.js [options]\n');
});
