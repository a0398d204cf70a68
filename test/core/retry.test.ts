import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { TimeoutError } from '../../src/core/errors.ts';
import { formatDuration } from '../../src/core/text/amounts.ts';
import { letPass, retryUntil } from '../../src/core/time/retry.ts';

test('the first value is given at once', async () => {
  let attempts = 0;
  assert.equal(await retryUntil(() => ({ value: ++attempts }), { what: 'it', timeoutMs: 1000 }), 1);
});

test('it looks again until there is a value, even one that is undefined', async () => {
  let attempts = 0;
  const value = await retryUntil(async () => (++attempts < 4 ? { seen: 'nothing' } : { value: undefined }), {
    what: 'it',
    timeoutMs: 5000,
    intervalMs: 1,
  });
  assert.deepEqual([value, attempts], [undefined, 4]);
});

test('at the deadline it tells what was waited for, for how long, and what the last look saw', async () => {
  let attempts = 0;
  const waiting = retryUntil(() => ({ seen: `look ${++attempts}` }), {
    what: 'sshd on vm1',
    timeoutMs: 30,
    intervalMs: 5,
    hint: 'Look at its log.',
  });
  await assert.rejects(waiting, (error: unknown) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.message, `waited 30 ms for sshd on vm1; the last look saw: look ${attempts}`);
    assert.deepEqual([error.exitCode, error.code, error.hint], [4, 'timeout', 'Look at its log.']);
    return true;
  });
});

test('the last look is made at the deadline, so a slow look that comes late still counts', async () => {
  const started = performance.now();
  const value = await retryUntil(() => (performance.now() - started >= 40 ? { value: 'late' } : { seen: 'not yet' }), {
    what: 'it',
    timeoutMs: 40,
    intervalMs: 1000,
  });
  assert.equal(value, 'late');
});

test('with no time at all it still looks once', async () => {
  let attempts = 0;
  await assert.rejects(
    retryUntil(() => ({ seen: String(++attempts) }), { what: 'it', timeoutMs: 0 }),
    TimeoutError,
  );
  assert.equal(attempts, 1);
});

/** Longer than anybody needs to be stopped after it said that it waits. */
const LIMIT_MS = 1500;

/** A process that waits for its input is stopped until its time is long over; gives how its waits ended. */
async function stopped(input: string): Promise<string> {
  const waiter = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/waiter.ts'), String(LIMIT_MS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(waiter, 'close');
  let said = '';
  waiter.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(waiter.stdout, 'data');
  waiter.kill('SIGSTOP');
  if (input !== '') waiter.stdin.write(input);
  await letPass(LIMIT_MS + 200, new AbortController().signal);
  waiter.kill('SIGCONT');
  await ended;
  return said;
}

test('what arrived within the limit counts, though the process was stopped beyond it; what did not come is still told', async () => {
  const results = await Promise.all([stopped('x'), stopped('')]);
  assert.deepEqual(results, ['waits\nfulfilled fulfilled fulfilled\n', 'waits\nrejected rejected rejected\n']);
});

test('an abort ends the wait at once, with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const waiting = retryUntil(() => ({ seen: 'nothing' }), {
    what: 'it',
    timeoutMs: 60_000,
    intervalMs: 60_000,
    signal: controller.signal,
  });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(waiting, reason);
});

test('after an abort no further look is made', async () => {
  let attempts = 0;
  const signal = AbortSignal.abort(new Error('stop'));
  await assert.rejects(
    retryUntil(() => ({ seen: String(++attempts) }), { what: 'it', timeoutMs: 1000, signal }),
    /stop/,
  );
  assert.equal(attempts, 0);
});

test('an error of a look is passed on at once', async () => {
  const failure = new Error('broken');
  await assert.rejects(
    retryUntil(
      () => {
        throw failure;
      },
      { what: 'it', timeoutMs: 60_000 },
    ),
    failure,
  );
});

test('a wake-up makes the next look before the interval is over', async () => {
  let attempts = 0;
  const value = await retryUntil(() => (++attempts < 3 ? { seen: 'nothing' } : { value: attempts }), {
    what: 'it',
    timeoutMs: 60_000,
    intervalMs: 60_000,
    wake: () =>
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
  });
  assert.equal(value, 3);
});

test('durations are written as a person reads them', () => {
  const durations = [0, 0.4, 999.4, 999.6, 1000, 2500, 59_940, 59_960, 60_000, 61_000, 119_800, 185_000, 3_600_000];
  assert.deepEqual(durations.map(formatDuration), [
    '0 ms',
    '0 ms',
    '999 ms',
    '1 s',
    '1 s',
    '2.5 s',
    '59.9 s',
    '1 min',
    '1 min',
    '1 min 1 s',
    '2 min',
    '3 min 5 s',
    '60 min',
  ]);
});
