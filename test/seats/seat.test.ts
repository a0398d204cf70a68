import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { readConsole } from '../../src/commands/machines/console.ts';
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

describe('the console of a machine', () => {
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
