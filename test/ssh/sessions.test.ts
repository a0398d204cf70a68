import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TimeoutError } from '../../src/core/errors.ts';
import { Slots } from '../../src/core/slots.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';

/** Input that ends after the test has made its point. */
async function* waiting(): AsyncGenerator<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, 400));
  yield Buffer.from('x');
}

describe('sessions', { concurrency: 4, timeout: 30_000 }, () => {
  test('forty commands at once share one connection, never more at a time than the server allows', async () => {
    await using server = await startSshd();
    const shell = await server.connect();

    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => shell.exec(['echo', String(i)])));
    assert.deepEqual(
      results.map(({ stdout }) => stdout.trim()),
      Array.from({ length: 40 }, (_, i) => String(i)),
    );
    assert.equal(server.processes.length, 1);
  });

  test('on a server that allows one session, commands wait for one another', async () => {
    await using server = await startSshd({ sshdConfig: ['MaxSessions 1'] });
    const shell = await server.connect();

    const results = await Promise.all(Array.from({ length: 5 }, (_, i) => shell.exec(['echo', String(i)])));
    assert.deepEqual(
      results.map(({ stdout }) => stdout.trim()),
      ['0', '1', '2', '3', '4'],
    );
  });

  test('on a server that allows one session, a program still starts and can be interrupted', async () => {
    await using server = await startSshd({ sshdConfig: ['MaxSessions 1'] });
    const shell = await server.connect();
    const process = await shell.start(['cat'], { terminal: { columns: 80, rows: 24 } });
    await process.write('echoed\n');
    for await (const chunk of process.output) if (Buffer.from(chunk).includes('echoed')) break;
    await process.write('\u0003');

    assert.equal((await process.exit).signal, 'INT');
  });

  test('a server that allows no session at all is told so', { timeout: 20_000 }, async () => {
    await using server = await startSshd({ sshdConfig: ['MaxSessions 0'] });
    const shell = await server.connect();

    await assert.rejects(
      shell.exec(['true']),
      (error) => error instanceof TimeoutError && error.hint?.includes('MaxSessions') === true,
    );
  });

  test('a command that waits for a session can be aborted', async () => {
    await using server = await startSshd({ sshdConfig: ['MaxSessions 1'] });
    const shell = await server.connect();
    const first = shell.exec(['cat', '/proc/self/stat', '-'], { input: waiting() });
    const reason = new Error('enough');

    await assert.rejects(shell.exec(['true'], { signal: AbortSignal.timeout(50) }));
    await assert.rejects(shell.exec(['true'], { signal: AbortSignal.abort(reason) }), reason);
    assert.equal((await first).exitCode, 0);
  });

  test('slots are given in the order in which they were asked for, and an abort leaves the queue in order', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    const controller = new AbortController();
    await slots.take();
    const waits = ['a', 'b', 'c'].map((name) =>
      slots.take(name === 'b' ? controller.signal : undefined).then(
        () => order.push(name),
        () => order.push(`no ${name}`),
      ),
    );
    controller.abort();
    await waits[1];
    slots.release();
    await waits[0];
    assert.deepEqual(order, ['no b', 'a']);
    slots.release();
    await waits[2];
    assert.deepEqual([order.at(-1), slots.used], ['c', 1]);
  });
});
