import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { readConsole } from '../../src/commands/machines/console.ts';
import { CleanupStack } from '../../src/core/cleanup.ts';
import { InterruptedError } from '../../src/core/errors.ts';
import { waitForSeats } from '../../src/seats/run-socket.ts';
import { seatAt } from '../../src/seats/seat.ts';
import { consoleFolder, consoleLog, consoleSocket, workFolder } from '../../src/providers/qemu/folders.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';

/** Output of a program, cut in the midst of its sequences: what the terminal may get of it is `\x1b[31mred\x1b[?25l`. */
const PIECES = ['\x1b]52;c;cHdu', 'ZWQ=\x07\x1b[3', '1mred\x1b[?2', '5l\x1b[6', 'n\u009bc\x1b]0;never ends'];

describe('the seat of an operator', () => {
  test('shows what a program draws with, and puts the terminal in order when it has ended', async () => {
    const { context, written } = testContext('/');
    const seat = seatAt(context.terminal);
    seat.begin();
    for (const piece of PIECES) await seat.show(piece);
    seat.end();
    seat.begin();
    await seat.show('again\n');
    seat.end();
    assert.equal((await written()).stdout, '\x1b[31mred\x1b[?25l\x1b[?25h\x1b[magain\n');
  });

  test('puts the terminal in order when the process is made to leave at once', async () => {
    const { context, written } = testContext('/');
    const before = process.listeners('exit');
    const seat = seatAt(context.terminal);
    seat.begin();
    await seat.show('\x1b[?1049h');
    const atExit = process.listeners('exit').filter((listener) => !before.includes(listener));
    for (const listener of atExit) listener.call(process, 143);
    seat.end();
    assert.deepEqual([atExit.length, process.listeners('exit').length], [1, before.length]);
    assert.equal((await written()).stdout, '\x1b[?1049h\x1b[?1049l');
  });
});

describe('seats for further terminals', () => {
  for (const [moment, abort] of [
    ['that came before', (controller: AbortController) => controller.abort(new InterruptedError('SIGTERM'))],
    [
      'that comes while the old socket is removed',
      (controller: AbortController) => queueMicrotask(() => controller.abort(new InterruptedError('SIGTERM'))),
    ],
  ] as const)
    test(`are not waited for after a signal ${moment}`, async () => {
      using folder = temporaryFolder();
      const [cleanup, controller] = [new CleanupStack(), new AbortController()];
      abort(controller);
      await assert.rejects(
        waitForSeats(folder.path, new Map([['client', 'You are client.']]), cleanup, controller.signal),
        InterruptedError,
      );
      assert.deepEqual(await cleanup.run(), []);
    });
});

describe('the console of a machine', () => {
  test('is left after a signal, with the terminal in order', async () => {
    using folder = temporaryFolder({ 'lab.yaml': 'version: 1\nmachines: { vm1: {} }\n' });
    const state = join(folder.path, '.lab');
    for (const path of [consoleFolder(state), workFolder(state)]) mkdirSync(path, { recursive: true });
    writeFileSync(consoleLog(state, 'vm1'), '');
    const controller = new AbortController();
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy()).write('\x1b[?25l');
      socket.once('close', () => server.close());
    });
    await new Promise<void>((resolve) => {
      server.listen(consoleSocket(state, 'vm1'), resolve);
    });
    const { context, written } = testContext(folder.path);
    const stdout = new PassThrough().on('data', (data: Buffer) => {
      if (data.includes('?25l')) controller.abort(new InterruptedError('SIGTERM'));
    });
    const terminal = { ...context.terminal, stdin: new PassThrough(), stdout };
    const joined = readConsole(
      { ...context, terminal, signal: controller.signal },
      { machine: 'vm1', lines: undefined, interactive: true },
    );
    await assert.rejects(joined, InterruptedError);
    assert.match((await written()).stderr, /Joined the console of vm1/);
  });

  test('shows what a program draws with, and leaves the terminal in order', async () => {
    using folder = temporaryFolder({ 'lab.yaml': 'version: 1\nmachines: { vm1: {} }\n' });
    const state = join(folder.path, '.lab');
    for (const path of [consoleFolder(state), workFolder(state)]) mkdirSync(path, { recursive: true });
    writeFileSync(consoleLog(state, 'vm1'), 'before\x1b]0;x\x07\r\n');
    const server = createServer((socket) => {
      for (const piece of PIECES) socket.write(piece);
      socket.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(consoleSocket(state, 'vm1'), resolve);
    });
    const { context, written } = testContext(folder.path);
    await readConsole(
      { ...context, terminal: { ...context.terminal, stdin: new PassThrough() } },
      { machine: 'vm1', lines: undefined, interactive: true },
    );
    server.close();
    assert.equal((await written()).stdout, 'before\\u{1b}]0;x\\u{07}\n\x1b[31mred\x1b[?25l\x1b[?25h\x1b[m');
  });
});
