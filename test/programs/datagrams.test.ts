import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { hostname } from 'node:os';
import { afterEach, test } from 'node:test';
import { bundlePrograms, Running, unusedPort } from '../helpers/programs.ts';

const bundles = bundlePrograms();
const running: Running[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});

function run(node: string, ...words: readonly string[]): Running {
  const program = new Running([node, ...words]);
  running.push(program);
  return program;
}

const servers = (port: number, ...words: string[]): readonly string[] => [
  bundles.server,
  '--udp',
  '--port',
  String(port),
  ...words,
];
const clients = (port: number, ...words: string[]): readonly string[] => [
  bundles.client,
  '127.0.0.1',
  String(port),
  '--udp',
  ...words,
];

const nodes = [process.execPath, ...['/usr/bin/node', '/usr/local/bin/node'].filter(existsSync)];

for (const node of nodes)
  test(`server and client talk in datagrams (${node})`, async () => {
    const port = await unusedPort();
    const server = run(node, ...servers(port));
    await server.shows('Waiting for datagrams ...\n');
    const client = run(node, ...clients(port));
    client.type('Hello\n');
    await server.shows(`from client 'Hello'\nserver@${hostname()}:${port}$ `);
    server.type('Good day\n');
    await client.shows('from server Good day\n');
    client.type('exit\n');
    assert.deepEqual([await client.exit, await server.exit], [0, 0]);
    assert.match(server.output, /^UDP Server\nWaiting for datagrams \.\.\.\nDatagram from : \('127\.0\.0\.1', \d+\)\n/);
    assert.match(client.output, /from server Hello\n$/);
    assert.deepEqual([client.errors, server.errors], ['', '']);
  });

test('a client is told that no answer comes, goes on, and shows one that comes late', async () => {
  const port = await unusedPort();
  const server = run(process.execPath, ...servers(port, '--keep'));
  await server.shows('Waiting for datagrams ...\n');
  const client = run(process.execPath, ...clients(port, '--timeout', '0.3'));
  client.type('one\n');
  await client.shows('no answer within 0.3 s');
  server.type('late answer\n');
  const other = run(process.execPath, ...clients(port));
  other.type('two\n');
  await server.shows("from client 'two'");
  server.type('second\n');
  await other.shows('from server second\n');
  other.type('exit\n');
  assert.equal(await other.exit, 0);
  client.type('exit\n');
  assert.equal(await client.exit, 0);
  assert.match(client.output, /from server late answer \(late\)\nfrom server one\n$/);
});

test('what cannot be is said in words: no server, a busy port, a text that is too long, framing', async () => {
  const port = await unusedPort();
  const lonely = run(process.execPath, ...clients(port));
  lonely.type('hello\n');
  assert.equal(await lonely.exit, 1);
  assert.match(
    lonely.errors,
    /^client: connection refused: nothing listens on UDP port \d+ of 127\.0\.0\.1\. Start the/,
  );
  const holder = createSocket('udp4');
  await new Promise<void>((resolve) => holder.bind(port, '127.0.0.1', resolve));
  try {
    const late = run(process.execPath, ...servers(port, '--host', '127.0.0.1'));
    assert.equal(await late.exit, 1);
    assert.match(late.errors, new RegExp(`^server: UDP port ${port} is in use: process ${process.pid} `));
    const long = run(process.execPath, ...clients(port));
    long.type(`${'x'.repeat(65_508)}\n`);
    assert.equal(await long.exit, 1);
    assert.match(long.errors, /^client: 65508 bytes are too long: a datagram carries at most 65507/);
  } finally {
    holder.close();
  }
  const wrong = run(process.execPath, ...servers(port, '--framing', 'raw'));
  assert.equal(await wrong.exit, 2);
  assert.match(wrong.errors, /--framing is for TCP/);
});
