import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { ServerChannel } from 'ssh2';
import { LabError } from '../../src/core/errors.ts';
import { passwordCredential } from '../helpers/ssh/credentials.ts';
import { connectShell, openTunnel } from '../../src/ssh/connect.ts';
import { privateKeyCredential } from '../../src/ssh/login/credential.ts';
import { onlyHostKeys } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import type { ShellTarget } from '../../src/ssh/target.ts';
import {
  ignoreWindow,
  startHostileServer,
  startRawServer,
  writeForEver,
  type HostileServer,
  type Misdeed,
} from '../helpers/ssh/hostile-server.ts';

/** Long, for all that comes in the end on a busy host. */
const patience = { answerMs: 30_000, beginMs: 30_000, stallMs: 30_000 };
/** Short, for what never comes. */
const shortMs = 300;
const userKey = generateKeyPair('user').privateKey;

function targetOf(
  { port, hostKey }: Pick<HostileServer, 'port' | 'hostKey'>,
  changes: Partial<ShellTarget> = {},
): ShellTarget {
  return {
    machine: 'vm1',
    user: 'bad',
    address: { host: '127.0.0.1', port },
    credentials: [privateKeyCredential(userKey)],
    hostKeys: onlyHostKeys([hostKey]),
    patience,
    ...changes,
  };
}

/** A Shell on a server that does this. */
async function withShell(
  deed: Misdeed,
  short: Partial<typeof patience>,
  work: (shell: Shell) => Promise<void>,
): Promise<void> {
  await using server = await startHostileServer({ bad: deed });
  server.turn();
  const shell = await connectShell(targetOf(server, { patience: { ...patience, ...short } }));
  try {
    await work(shell);
  } finally {
    // With the server gone there is nothing to wait for.
    await server[Symbol.asyncDispose]();
    await shell.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<LabError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof LabError, String(error));
  assert.ok(error.exitCode === 3 || error.exitCode === 4, error.message);
  return error;
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

function garbage(socket: Socket): void {
  socket.write('SSH-2.0-x\r\n');
  writeForEver(socket, randomBytes(65_536));
}

/**
 * A server whose lifeline says `words` and ends at the end of its input, and then does `after` with the channel of
 * the program.
 */
function endsLifeline(
  words: string,
  after: (program: ServerChannel) => void = () => undefined,
): { readonly deed: Misdeed; readonly isWatched: Promise<void> } {
  const channels: ServerChannel[] = [];
  const { promise: isWatched, resolve } = Promise.withResolvers<void>();
  const command: Misdeed['command'] = (channel, { begin }) => {
    begin();
    channels.push(channel);
    if (channels.length < 2) return;
    resolve();
    channel.resume().on('end', () => {
      channel.write(words);
      channel.exit(0);
      channel.end();
      after(channels[0]!);
    });
  };
  return { deed: { command }, isWatched };
}

describe('servers that do not do their part', { concurrency: true }, () => {
  const greetings: readonly (readonly [title: string, serve: (socket: Socket) => void, codes: readonly string[]])[] = [
    ['says nothing', () => undefined, ['ssh-silent']],
    ['hangs up', (socket) => socket.destroy(), ['ssh-hung-up']],
    [
      'greets with lines without end',
      (socket) => writeForEver(socket, Buffer.from(`${'x'.repeat(200)}\r\n`.repeat(300))),
      ['ssh-not-ssh'],
    ],
    ['greets with one line without end', (socket) => writeForEver(socket, Buffer.alloc(65_536, 'a')), ['ssh-not-ssh']],
    ['greets and says nothing more', (socket) => void socket.write('SSH-2.0-x\r\n'), ['ssh-timeout']],
    ['greets and sends noise without end', garbage, ['ssh-handshake-failed', 'ssh-closed']],
    [
      'announces a packet of 2 GiB',
      (socket) => void socket.write(Buffer.from('SSH-2.0-x\r\n\u007f\u00ff\u00ff\u00ff\u0004\u0014', 'latin1')),
      ['ssh-handshake-failed', 'ssh-closed'],
    ],
    ['speaks HTTP', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), ['ssh-not-ssh']],
    [
      'speaks SSH 1',
      (socket) => void socket.end('SSH-1.5-old\r\n'),
      ['ssh-handshake-failed', 'ssh-closed', 'ssh-not-ssh'],
    ],
  ];
  for (const [title, serve, codes] of greetings) {
    test(`one that ${title} is reported as such`, async () => {
      await using server = await startRawServer(serve);
      const { code } = await failureOf(
        connectShell(targetOf({ port: server.port, hostKey: generateKeyPair('none').publicKey }, { timeoutMs: 1500 })),
      );
      assert.ok(codes.includes(code), code);
    });
  }

  test('one that asks for passwords without end is not answered for ever', async () => {
    await using server = await startHostileServer({
      bad: {
        login: (attempt) => {
          if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
          const again = (): void => attempt.prompt([{ prompt: '\u001b]0;x\u0007Password: ', echo: false }], again);
          return again();
        },
      },
    });
    server.turn();
    assert.equal(
      (await failureOf(connectShell(targetOf(server, { credentials: [passwordCredential('secret')] })))).code,
      'ssh-asks-too-much',
    );
  });

  test('one that answers no request for a way through is given up', async () => {
    await using server = await startHostileServer({
      bad: { ready: (client) => void client.on('tcpip', () => undefined) },
    });
    server.turn();
    const tunnel = await openTunnel(targetOf(server, { patience: { ...patience, answerMs: shortMs } }));
    assert.equal((await failureOf(tunnel.open('192.0.2.1', 22))).code, 'ssh-no-answer');
    await tunnel.close();
  });

  test('one that gives no terminal and no answer fails a start, and what is reported later is the same', async () => {
    await withShell({ exec: () => undefined }, { answerMs: shortMs }, async (shell) => {
      assert.equal(
        (await failureOf(shell.start(['sh'], { terminal: { columns: 80, rows: 24 } }))).code,
        'ssh-no-answer',
      );
      assert.equal((await failureOf(shell.exec(['true']))).code, 'ssh-no-answer');
    });
  });

  test('one that begins a program and does not let it go on ends its output with the reason', async () => {
    await withShell({ command: (_channel, { begin }) => begin() }, { beginMs: 1000 }, async (shell) => {
      const process = await shell.start(['sh']);
      assert.equal((await failureOf(readAll(process.output))).code, 'shell-silent');
      assert.equal((await failureOf(process.exit)).code, 'shell-silent');
    });
  });

  test('one that falls silent in the midst of a command is subject to the time limit of the command', async () => {
    await withShell({ command: (_channel, { begin }) => begin() }, { answerMs: 1000 }, async (shell) => {
      assert.equal((await failureOf(shell.exec(['true'], { timeoutMs: 300 }))).code, 'command-timeout');
    });
  });

  test('an interrupted command waits for no answer', async () => {
    await withShell({ session: () => undefined }, {}, async (shell) => {
      const reason = new Error('interrupted');
      await assert.rejects(shell.exec(['true'], { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const start = shell.start(['sh'], { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(start, reason);
    });
  });

  test('one that takes no more of a file ends the transfer', async () => {
    await withShell(
      {
        command: (channel, { begin }) => {
          begin();
          channel.pause();
        },
      },
      { stallMs: shortMs },
      async (shell) => {
        assert.equal(
          (await failureOf(shell.put(Buffer.alloc(8 * 1024 * 1024), 'file', { mode: 0o600, sha256: '' }))).code,
          'transfer-stalled',
        );
      },
    );
  });

  test('one that gives no more of a file ends the transfer', async () => {
    await withShell(
      {
        command: (channel, { begin }) => {
          begin();
          channel.write('half');
        },
      },
      { stallMs: shortMs },
      async (shell) => {
        assert.equal((await failureOf(readAll(shell.get('file')))).code, 'transfer-stalled');
      },
    );
  });

  test('one that gives a file without end gives no more than was asked for', async () => {
    await withShell(
      {
        command: (channel, { begin }) => {
          begin();
          channel.exit(0);
          writeForEver(channel, Buffer.alloc(32_768));
        },
      },
      {},
      async (shell) => {
        assert.equal(await readAll(shell.get('file', { maxBytes: 100_000 })), 100_000);
      },
    );
  });

  test('one that sends past its window does not fill our memory', async () => {
    await withShell(
      {
        command: (channel, { begin, client }) => {
          begin();
          ignoreWindow(channel, client, 400);
        },
      },
      {},
      async (shell) => {
        // Its end frees the reader that does not read.
        const other = failureOf(shell.exec(['true']));
        assert.equal(
          (await failureOf(shell.exec(['true'], { onOutput: async () => void (await other) }))).code,
          'ssh-flood',
        );
      },
    );
  });

  test('one that is slow to say how a program ended that close has ended is waited for', async () => {
    const { deed, isWatched } = endsLifeline('', (program) => {
      setTimeout(() => {
        program.exit('KILL', false, '');
        program.end();
      }, 600);
    });
    await withShell(deed, {}, async (shell) => {
      const running = shell.exec(['sleep', '1000']);
      await isWatched;
      const [result] = await Promise.all([running, shell.close()]);
      assert.equal(result.signal, 'KILL');
    });
  });

  test('a program that its lifeline may not end does not hold close up', async () => {
    // As `begin` says it.
    const { deed, isWatched } = endsLifeline('left 1 -\n');
    await withShell(deed, {}, async (shell) => {
      const running = failureOf(shell.exec(['su', '-c', 'sleep 1000']));
      await isWatched;
      const startedMs = performance.now();
      await shell.close();
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 6000, `close took ${Math.round(tookMs)} ms`);
      assert.equal((await running).code, 'connection-closed');
    });
  });
});
