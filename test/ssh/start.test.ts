import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionError } from '../../src/core/errors.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import type { RemoteProcess } from '../../src/ssh/shell.ts';
import { gone } from '../helpers/machines/processes.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';

const terminal = { columns: 91, rows: 22 };

/** Gathers the output of a process while the test goes on. */
class Reader {
  text = '';
  readonly done: Promise<void>;

  constructor(process: RemoteProcess) {
    this.done = this.#read(process);
  }

  async #read(process: RemoteProcess): Promise<void> {
    for await (const chunk of process.output) this.text += Buffer.from(chunk).toString();
  }

  /** Waits until the output holds the text. */
  async saw(text: string): Promise<void> {
    await retryUntil(() => (this.text.includes(text) ? { value: undefined } : { seen: JSON.stringify(this.text) }), {
      what: text,
      timeoutMs: 3000,
    });
  }
}

describe('start', { concurrency: 4, timeout: 30_000 }, () => {
  test('a program on a terminal has the size asked for, sees a new size, and its output is all that comes', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(
      ['sh', '-c', 'trap "stty size" WINCH; stty size; while ! read -r line; do :; done; echo "got $line"; exit 3'],
      { terminal },
    );
    const reader = new Reader(process);
    await reader.saw('22 91\r\n');
    process.resize({ columns: 120, rows: 40 });
    await reader.saw('40 120\r\n');
    await process.write('hello\n');

    assert.deepEqual(await process.exit, { exitCode: 3, signal: undefined });
    await reader.done;
    assert.equal(reader.text, '22 91\r\n40 120\r\nhello\r\ngot hello\r\n');
  });

  test('what is typed at once is echoed like all that is typed later', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['cat'], { terminal });
    const reader = new Reader(process);
    await process.write('early\n');
    process.end();

    await reader.done;
    assert.equal(reader.text.replaceAll('^D\b\b', ''), 'early\r\nearly\r\n');
  });

  test('output that is read late, or after the end, is complete', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['echo', 'late'], { terminal });
    await process.exit;

    const reader = new Reader(process);
    await reader.done;
    assert.equal(reader.text, 'late\r\n');
  });

  test('a program starts in its folder, below the home folder unless it is absolute, with its variables', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'pwd; echo "$WORDS"'], {
      cwd: server.folder,
      env: new Map([['WORDS', "it's ü"]]),
    });
    const reader = new Reader(process);
    await reader.done;

    assert.equal(reader.text, `${server.folder}\nit's ü\n`);
  });

  test('a folder that is not there is an exit status and a message on the terminal', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['true'], { terminal, cwd: 'no/such/folder' });
    const reader = new Reader(process);

    assert.equal((await process.exit).exitCode, 126);
    await reader.saw('no/such/folder');
  });

  test('without a terminal errors come apart from output, and end closes the input', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'cat; echo problem >&2']);
    const reader = new Reader(process);
    await process.write('piped');
    process.end();

    let errors = '';
    for await (const chunk of process.errors) errors += Buffer.from(chunk).toString();
    await reader.done;
    assert.deepEqual(
      [reader.text, errors, await process.exit],
      ['piped', 'problem\n', { exitCode: 0, signal: undefined }],
    );
  });

  test('end is ^D on a terminal', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'while read -r line; do :; done; echo end of input'], { terminal });
    const reader = new Reader(process);
    await process.write('one\n');
    process.end();

    assert.equal((await process.exit).exitCode, 0);
    await reader.saw('end of input');
  });

  test('a signal reaches the whole process group, and is known as the end', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'sleep 100 & echo $! $$; wait; wait'], { terminal });
    const reader = new Reader(process);
    await reader.saw('\n');
    const pids = reader.text.trim().split(' ').map(Number);
    await process.kill('TERM');

    assert.deepEqual(await process.exit, { exitCode: undefined, signal: 'TERM' });
    await Promise.all(pids.map((pid) => gone(pid)));
    await process.kill('TERM');
  });

  test('INT from kill is what ^C at the keyboard is', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    for (const interrupt of [
      (process: RemoteProcess) => process.kill('INT'),
      (process: RemoteProcess) => process.write('\u0003'),
    ]) {
      const process = await shell.start(
        ['sh', '-c', 'trap "echo interrupted; exit 130" INT; echo ready; while :; do sleep 0.05; done'],
        { terminal },
      );
      const reader = new Reader(process);
      await reader.saw('ready');
      await interrupt(process);

      assert.equal((await process.exit).exitCode, 130);
      await reader.saw('interrupted');
    }
  });

  test('a signal to a program that has just ended harms no process', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['true'], { terminal });
    await Promise.all([process.kill('KILL'), process.exit]);
    await process.kill('KILL');
    await process.write('into the void');

    assert.equal((await shell.exec(['echo', 'fine'])).stdout, 'fine\n');
  });

  test('output ends although a child in the background holds it open', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'sleep 100 & echo $!']);
    const reader = new Reader(process);
    await reader.done;
    await shell.close();

    await gone(Number(reader.text));
  });

  test('when the server dies, exit rejects with a ConnectionError and output ends', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    const process = await shell.start(['sh', '-c', 'echo $$; exec sleep 100'], { terminal });
    const reader = new Reader(process);
    await reader.saw('\n');
    server.kill();

    await assert.rejects(process.exit, (error) => error instanceof ConnectionError && error.code === 'connection-lost');
    await reader.done;
    await assert.rejects(process.write('x'), ConnectionError);
    await gone(Number.parseInt(reader.text, 10));
  });
});
