import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { bundlePrograms, Running, unusedPort } from '../helpers/programs.ts';

const bundles = bundlePrograms();
const fixtures = join(import.meta.dirname, '../fixtures/programs');
const running: Running[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});

function run(command: readonly string[], options: { terminal?: boolean } = {}): Running {
  const program = new Running(command, options);
  running.push(program);
  return program;
}

async function startServer(
  port: number,
  words: readonly string[] = [],
  options: { terminal?: boolean } = {},
): Promise<Running> {
  const server = run([process.execPath, bundles.server, '--port', String(port), ...words], options);
  await server.shows('Listening ...');
  return server;
}

function startClient(port: number, words: readonly string[] = [], options: { terminal?: boolean } = {}): Running {
  return run([process.execPath, bundles.client, '127.0.0.1', String(port), ...words], options);
}

/** Rows of the machine's socket table with this local port. */
function rowsOf(port: number): string {
  return execFileSync('ss', ['-Htan', `sport = :${port}`], { encoding: 'utf8' });
}

function withoutPort(text: string): string {
  return text.replace(/\('127\.0\.0\.1', \d+\)/, "('127.0.0.1', PORT)");
}

/** Ours, and the host's own, which is often older: the programs run on any Node from 18 on. */
const nodes = [process.execPath, ...['/usr/bin/node', '/usr/local/bin/node'].filter(existsSync)];

for (const node of nodes) {
  test(`on two terminals the reference session reads as in TP1, with ${node}`, async () => {
    const port = await unusedPort();
    const server = run([node, bundles.server, '--port', String(port)], { terminal: true });
    await server.shows('Listening ...');
    const client = run([node, bundles.client, '127.0.0.1', String(port)], { terminal: true });
    await client.shows('$ ');
    client.type('Hello vm1\n');
    await server.shows('$ ');
    server.type("Hello ! ,What's up VM2\n");
    await client.shows('$ ', 2);
    client.type('exit\n');
    assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
    assert.equal(
      withoutPort(server.output),
      `TP1 Server\nListening ...\nConnected by : ('127.0.0.1', PORT)\nfrom client 'Hello vm1'\nserver@${hostname()}:${port}$ Hello ! ,What's up VM2\n`,
    );
    const prompt = `client@${hostname()}:${port}$ `;
    assert.equal(
      client.output,
      `TP1 CLI\n${prompt}Hello vm1\nfrom server Hello ! ,What's up VM2\n${prompt}exit\nfrom server Hello vm1\n`,
    );
    assert.equal(rowsOf(port), '', 'TIME_WAIT must stay on the side of the client, which closes first');
  });
}

test('exit before any message is answered with an empty message', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const client = startClient(port);
  client.type('exit\n');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
  assert.match(client.output, /\$ from server \n$/);
  assert.doesNotMatch(server.output, /from client|\$/);
});

test('the end of input at the client says exit', async () => {
  const port = await unusedPort();
  const server = await startServer(port, [], { terminal: true });
  const client = startClient(port, [], { terminal: true });
  await client.shows('$ ');
  client.type('one\n');
  await server.shows('$ ');
  server.type('two\n');
  await client.shows('$ ', 2);
  client.type('\u0004');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
  assert.match(client.output, /\$ \nfrom server one\n$/);
});

test('the end of input at the server closes the session, and the client is told', async () => {
  const port = await unusedPort();
  const server = await startServer(port, [], { terminal: true });
  const client = startClient(port);
  client.type('one\n');
  await server.shows('$ ');
  server.type('\u0004');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [1, 0]);
  assert.equal(
    client.errors,
    'client: the server closed the connection before it answered. Look at its terminal; start it again, then this client\n',
  );
});

test('Ctrl-C ends either program with status 130', async () => {
  const port = await unusedPort();
  const server = await startServer(port, [], { terminal: true });
  const client = startClient(port, [], { terminal: true });
  await client.shows('$ ');
  client.type('\u0003');
  assert.equal(await client.exit, 130);
  assert.equal(await server.exit, 1);
  assert.match(server.output, /\nserver: the client closed the connection; it had not said "exit"\. .*--keep/);
  const waiting = await startServer(port, [], { terminal: true });
  waiting.type('\u0003');
  assert.equal(await waiting.exit, 130);
});

test('a client that is killed while the server types is reported at once; with --keep the server listens again', async () => {
  const port = await unusedPort();
  const server = await startServer(port, ['--keep'], { terminal: true });
  const first = startClient(port);
  first.type('one\n');
  await server.shows('$ ');
  first.kill();
  await server.shows('Listening ...', 2);
  assert.match(server.output, /\$ \nserver: the client closed the connection; it had not said "exit"/);
  const second = startClient(port);
  second.type('two\n');
  await server.shows("from client 'two'");
  server.type('three\n');
  await second.shows('from server three');
  second.type('exit\n');
  assert.equal(await second.exit, 0);
  await server.shows('Listening ...', 3);
});

test('a server that is killed while the client types is reported at once', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const client = startClient(port);
  await client.shows('$ ');
  server.kill();
  assert.equal(await client.exit, 1);
  assert.match(client.errors, /^client: the server closed the connection\. .*start it again.*\n$/);
});

test('a connection that is reset is reported as lost', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const socket = connect(port, '127.0.0.1');
  socket.write('one\n');
  await server.shows('$ ');
  socket.resetAndDestroy();
  assert.equal(await server.exit, 1);
  assert.match(
    server.errors,
    /^server: connection to the client lost: it ended without a goodbye \(reset\); it had not said "exit"\./,
  );
});

test('a second client waits until the first is done', async () => {
  const port = await unusedPort();
  const server = await startServer(port, ['--keep']);
  const first = startClient(port);
  await server.shows('Connected by');
  const second = startClient(port);
  second.type('from the second\n');
  await second.shows('$ ');
  first.type('from the first\n');
  await server.shows("from client 'from the first'");
  assert.doesNotMatch(server.output, /second/);
  server.type('answer\n');
  await first.shows('from server answer');
  first.type('exit\n');
  await server.shows("from client 'from the second'");
});

test('a second client is reset when the server ends, as the queue of listen(1) is, and the port is free', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const first = startClient(port);
  await server.shows('Connected by');
  const second = startClient(port);
  await second.shows('$ ');
  first.type('exit\n');
  assert.deepEqual(await Promise.all([server.exit, second.exit]), [0, 1]);
  assert.equal(rowsOf(port), '');
});

test('a character that the network cuts in two is read as one, with both framings', async () => {
  for (const framing of ['line', 'raw']) {
    const port = await unusedPort();
    const server = await startServer(port, ['--framing', framing]);
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const bytes = Buffer.from(framing === 'line' ? 'é✓\n' : 'é✓');
    socket.write(bytes.subarray(0, 3));
    await server.shows('Connected by');
    socket.write(bytes.subarray(3));
    await server.shows("from client 'é✓'\n");
    socket.destroy();
    await server.exit;
  }
});

test('a raw message that is not UTF-8 does not wait for ever', async () => {
  const port = await unusedPort();
  const server = await startServer(port, ['--framing', 'raw']);
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.from('caf\u00e9', 'latin1'));
  await server.shows("from client 'caf\ufffd'");
  socket.destroy();
});

test('a line without end is refused at 1 MiB', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(Buffer.alloc(3 * 1024 * 1024, 'x'));
  assert.equal(await server.exit, 1);
  assert.match(server.errors, /line longer than 1 MiB/);
  socket.destroy();
});

test('a long line below the bound passes whole', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  const client = startClient(port);
  const line = 'é'.repeat(500_000);
  client.type(`${line}\n`);
  await server.shows(`from client '${line}'`);
});

test("with raw framing our client talks to a student's python server", async () => {
  const port = await unusedPort();
  const server = run(['/usr/bin/python3', join(fixtures, 'student-server.py'), String(port)], { terminal: true });
  await server.shows('Listening ...');
  const client = startClient(port, ['--framing', 'raw'], { terminal: true });
  await client.shows('$ ');
  client.type("it's\n");
  await server.shows('from client "it\'s"');
  await server.shows('server> ');
  server.type('é\n');
  await client.shows('from server é');
  await client.shows('$ ', 2);
  client.type('exit\n');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
  assert.match(client.output, /from server it's\n$/);
});

test("with raw framing our server talks to a student's python client", async () => {
  const port = await unusedPort();
  const server = await startServer(port, ['--framing', 'raw'], { terminal: true });
  const client = run(['/usr/bin/python3', join(fixtures, 'student-client.py'), '127.0.0.1', String(port)], {
    terminal: true,
  });
  await client.shows('client> ');
  client.type('Hello vm1\n');
  await server.shows('$ ');
  server.type('Hello\n');
  await client.shows('client> ', 2);
  client.type('exit\n');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
  assert.match(client.output, /from server Hello vm1\n$/);
});

test('with raw framing, exit before any message ends well with students on either side', async () => {
  const first = await unusedPort();
  const theirServer = run(['/usr/bin/python3', join(fixtures, 'student-server.py'), String(first)]);
  await theirServer.shows('Listening ...');
  const ourClient = startClient(first, ['--framing', 'raw']);
  ourClient.type('exit\n');
  assert.deepEqual(await Promise.all([ourClient.exit, theirServer.exit]), [0, 0]);
  const second = await unusedPort();
  const ourServer = await startServer(second, ['--framing', 'raw']);
  const theirClient = run(['/usr/bin/python3', join(fixtures, 'student-client.py'), '127.0.0.1', String(second)]);
  theirClient.type('exit\n');
  assert.deepEqual(await Promise.all([theirClient.exit, ourServer.exit]), [0, 0]);
});

test('an empty line is a message with a frame, and is asked for again without one', async () => {
  const port = await unusedPort();
  const server = await startServer(port);
  startClient(port).type('\n');
  await server.shows("from client ''\n");
  const rawPort = await unusedPort();
  await startServer(rawPort, ['--framing', 'raw']);
  const client = startClient(rawPort, ['--framing', 'raw']);
  client.type('\n');
  await client.shows('$ ', 2);
});

test('an IPv6 peer is shown as Python shows it', async () => {
  const port = await unusedPort();
  const server = await startServer(port, ['--host', '::1']);
  const client = run([process.execPath, bundles.client, '::1', String(port)]);
  client.type('exit\n');
  assert.deepEqual(await Promise.all([client.exit, server.exit]), [0, 0]);
  assert.match(server.output, /Connected by : \('::1', \d+, 0, 0\)\n/);
});

test('the client tells the server apart that is there but does not answer', async () => {
  const port = await unusedPort();
  const server = createServer((socket) => socket.once('data', () => socket.end()));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const client = startClient(port);
  client.type('one\n');
  assert.equal(await client.exit, 1);
  server.close();
  assert.match(client.errors, /before it answered/);
});
