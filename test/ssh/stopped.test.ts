import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { letPass } from '../../src/core/time/retry.ts';
import { startHostileServer, type Misdeed } from '../helpers/ssh/hostile-server.ts';

/** Longer than a login takes on a busy host. */
const limitMs = 2000;

/** What a client says that is stopped as soon as `deedOf` is asked for something, and goes on when the answer has been there for longer than its time limit. */
async function saidAfterStop(deedOf: (isAsked: (answer: () => void) => void) => Misdeed): Promise<string> {
  const asked = Promise.withResolvers<() => void>();
  await using server = await startHostileServer({ bad: deedOf(asked.resolve) });
  server.turn();
  const client = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fixtures/client.ts'), String(server.port), server.hostKey, String(limitMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [said, ended] = [text(client.stdout), once(client, 'close')];
  const answer = await asked.promise;
  client.kill('SIGSTOP');
  answer();
  await letPass(limitMs + 200, new AbortController().signal);
  client.kill('SIGCONT');
  await ended;
  return said;
}

describe('an answer that comes while lab is stopped is in time', { concurrency: true }, () => {
  test('for a login', async () => {
    const said = await saidAfterStop((isAsked) => ({
      login: (attempt) => {
        if (attempt.method !== 'publickey') attempt.reject(['publickey']);
        // Without a signature it only asks whether the key would do (RFC 4252, section 7).
        else if (attempt.signature === undefined) attempt.accept();
        else isAsked(() => attempt.accept());
      },
    }));
    assert.equal(said, 'ended with 0\n');
  });

  test('for a command', async () => {
    const said = await saidAfterStop((isAsked) => ({
      command: (channel, { begin }) => {
        begin();
        isAsked(() => {
          channel.exit(0);
          channel.end();
        });
      },
    }));
    assert.equal(said, 'ended with 0\n');
  });
});
