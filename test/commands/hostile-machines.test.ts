import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { capture } from '../../src/commands/machines/capture.ts';
import { checkPort } from '../../src/commands/machines/check-port.ts';
import type { CommandContext } from '../../src/session/context.ts';
import { cp } from '../../src/commands/machines/cp.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { down } from '../../src/commands/lab/down.ts';
import { up } from '../../src/commands/lab/up.ts';
import { LabError } from '../../src/core/errors.ts';
import { defaultPatience, type Patience } from '../../src/ssh/patience.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import { mainFile, startCli, temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import {
  dribble,
  startHostileServer,
  writeForEver,
  type HostileServer,
  type Misdeed,
} from '../helpers/ssh/hostile-server.ts';
import { finish } from '../helpers/lab-command.ts';

/** Short for what never comes, long for all that does come on a busy host. */
function patienceFor(codes: readonly string[]): Patience {
  return {
    answerMs: codes.includes('ssh-no-answer') ? 400 : 30_000,
    beginMs: codes.includes('shell-silent') ? 600 : 30_000,
    stallMs: 30_000,
  };
}

const escapes = '\u001b]52;c;eA==\u0007<script>__proto__\n';

/** What an account may do, and how a command may tell it. */
const misdeeds: Readonly<Record<string, Misdeed & { readonly codes: readonly string[] }>> = {
  'session-silent': { codes: ['ssh-no-answer'], session: () => undefined },
  'session-refused': { codes: ['timeout'], session: (_accept, reject) => void reject() },
  'session-hangs-up': { codes: ['connection-lost'], session: (_accept, _reject, client) => void client.end() },
  'ready-hangs-up': { codes: ['connection-lost'], ready: (client) => void client.end() },
  'exec-silent': { codes: ['ssh-no-answer'], exec: () => undefined },
  'exec-refused': { codes: ['ssh-command-refused'], exec: (_accept, reject) => void reject() },
  'exec-hangs-up': { codes: ['connection-lost'], exec: (_accept, _reject, client) => void client.end() },
  'never-begins': { codes: ['shell-silent'], command: () => undefined },
  dribbles: { codes: ['shell-silent'], command: (channel) => void dribble(channel, '. ', 50) },
  'endless-noise': { codes: ['shell-silent'], command: (channel) => writeForEver(channel, Buffer.alloc(32_768, 'A')) },
  'endless-lines': {
    codes: ['shell-silent'],
    command: (channel) => writeForEver(channel, Buffer.from(escapes.repeat(500))),
  },
  'endless-errors': {
    codes: ['shell-silent'],
    command: (channel) => writeForEver(channel.stderr, Buffer.alloc(32_768, 'B')),
  },
  'endless-first-line': {
    codes: ['shell-silent'],
    command: (channel, { token }) => {
      channel.write(token);
      writeForEver(channel, Buffer.alloc(32_768, 'C'));
    },
  },
  'only-ends-output': {
    codes: ['shell-silent', 'connection-lost'],
    command: (channel) => (channel as unknown as { eof(): void }).eof(),
  },
  'no-status': { codes: ['connection-lost'], command: (channel) => void channel.end() },
  'a-signal': {
    codes: ['no-remote-shell'],
    command: (channel) => {
      channel.exit('KILL', true, 'x'.repeat(1000));
      channel.end();
    },
  },
  'status-255': {
    codes: ['no-remote-shell'],
    command: (channel) => {
      channel.exit(255);
      channel.end();
    },
  },
  lies: {
    codes: ['no-remote-shell'],
    command: (channel) => {
      channel.write(escapes.repeat(50));
      channel.exit(0);
      channel.end();
    },
  },
};

/** Says that a command has begun, and no more; resolved anew by each. */
let begun = Promise.withResolvers<void>();
const fallsSilent: Misdeed = {
  command: (_channel, { begin }) => {
    begin();
    begun.resolve();
  },
};

const commands: Readonly<Record<string, (context: CommandContext, machine: string) => Promise<unknown>>> = {
  exec: (context, machine) => exec(context, { machines: [machine], command: ['uname'], collect: true }),
  'check-port': (context, machine) => checkPort(context, { port: 7999, on: [machine], kill: false, yes: false }),
  'cp to': (context, machine) => cp(context, 'lab.yaml', `${machine}:`),
  'cp from': (context, machine) => cp(context, `${machine}:/etc/hostname`, 'copy'),
  ssh: (context, machine) => ssh(context, { machine, command: ['uname'], tty: false, collect: true }),
  capture: (context, machine) => capture(context, { machine, interface: 'lo', file: `${machine}.pcap`, filter: [] }),
};

describe('a server that lets us in and then misbehaves', { concurrency: 4 }, () => {
  const [folder, left] = [temporaryFolder(), temporaryFolder()];
  let server: HostileServer;
  const contextWith = (patience: Patience, path = folder.path): CommandContext => ({
    ...testContext(path).context,
    acceptNewHostKeys: true,
    patience,
  });
  const labOf = (names: readonly string[]): string => {
    const machines = names
      .map(
        (name) =>
          `  ${name}: { user: ${name}, ssh: { host: 127.0.0.1, port: ${server.port}, key: ${join(folder.path, 'key')} } }\n`,
      )
      .join('');
    return `version: 1\nname: hostile\nprovider: ssh\nmachines:\n${machines}`;
  };

  before(async () => {
    server = await startHostileServer({
      ...misdeeds,
      'falls-silent': fallsSilent,
      'waits-alone': misdeeds['session-silent']!,
    });
    writeFileSync(join(folder.path, 'key'), generateKeyPair('user').privateKey, { mode: 0o600 });
    writeFileSync(
      join(folder.path, 'lab.yaml'),
      labOf([...Object.keys(misdeeds), 'falls-silent', 'waits-alone', 'good']),
    );
    writeFileSync(
      join(left.path, 'lab.yaml'),
      labOf(['session-silent', 'exec-refused', 'never-begins', 'no-status', 'lies', 'status-255']),
    );
    for (const { path } of [folder, left]) await up(contextWith(defaultPatience, path), { recreate: false });
    server.turn();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
    left[Symbol.dispose]();
  });

  for (const [name, { codes }] of Object.entries(misdeeds)) {
    test(`${name}: every command ends with a reason`, async () => {
      const failures = await Promise.all(
        Object.entries(commands).map(
          async ([command, run]) => [command, await failureOf(run(contextWith(patienceFor(codes)), name))] as const,
        ),
      );
      for (const [command, failure] of failures) {
        assert.ok(failure instanceof LabError, `${command}: ${String(failure)}`);
        assert.ok(failure.exitCode === 3 || failure.exitCode === 4, `${command}: ${failure.message}`);
        assert.ok(codes.includes(failure.code), `${command}: ${failure.code} ${failure.message}`);
        assert.match(failure.message, new RegExp(name), 'the machine is named');
      }
    });
  }

  test('an interruption ends a command that waits for such a server at once, though its patience is long', async () => {
    // An account that no other test of these, which run side by side, logs in to.
    const visited = server.visited('waits-alone');
    const running = startCli(['exec', 'waits-alone', '--', 'true'], { cwd: folder.path });
    const ended = finish(running);
    await visited;
    const signalledMs = performance.now();
    running.kill('SIGINT');
    const { exitCode, stderr } = await ended;
    assert.equal(exitCode, 130, stderr);
    assert.doesNotMatch(stderr, /takes too long/);
    assert.ok(performance.now() - signalledMs < 4000, 'and not after some time limit');
  });

  test('an interruption ends a command on a machine that fell silent in its midst, and nothing more is waited for', async () => {
    for (const args of [
      ['exec', 'falls-silent', '--', 'true'],
      ['capture', 'falls-silent', '-i', 'lo', '-w', 'silent.pcap'],
    ]) {
      begun = Promise.withResolvers();
      const running = startCli(args, { cwd: folder.path });
      const ended = finish(running);
      await begun.promise;
      running.kill('SIGINT');
      const { exitCode, stderr } = await ended;
      assert.equal(exitCode, 130, stderr);
      assert.doesNotMatch(stderr, /takes too long/);
    }
  });

  test('machines that do nothing more keep what is there, which "down" tells and "down --purge" forgets', async () => {
    const context = contextWith({ answerMs: 2000, beginMs: 2000, stallMs: 30_000 }, left.path);
    const failure = await failureOf(down(context, { purge: false }));
    assert.ok(failure instanceof LabError && failure.exitCode === 3, String(failure));
    assert.ok(existsSync(join(left.path, '.lab')));
    assert.equal((await down(context, { purge: true })).purged, true);
    assert.ok(!existsSync(join(left.path, '.lab')));
  });

  test(
    'what a machine prints, on a full disk, ends the command with one sentence and exit 3',
    { skip: process.platform !== 'linux' && 'this needs /dev/full' },
    async () => {
      const full = openSync('/dev/full', 'w');
      const running = spawn(process.execPath, [mainFile, '--no-color', 'ssh', 'good', 'while :; do echo line; done'], {
        cwd: folder.path,
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      const [told, [exitCode]] = await Promise.all([text(running.stderr!), once(running, 'close')]);
      assert.deepEqual(
        [exitCode, told],
        [3, 'error: cannot write the output: the disk is full\nhint: Write it to another place.\n'],
      );
    },
  );
});

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
}
