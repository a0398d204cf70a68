import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { up } from '../../../src/commands/lab/up.ts';
import { down } from '../../../src/commands/lab/down.ts';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { openSession } from '../../../src/session/open-session.ts';
import type { RemoteProcess, Shell } from '../../../src/ssh/shell.ts';
import { testContext } from '../../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../../helpers/machines/machines.ts';

const lab =
  'version: 1\nnetworks: { net: { subnet: 192.168.91.0/24, nat: false } }\nmachines: { vm1: { user: ada } }\n';

async function bytesOf(output: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  return (await bytesOf(output)).toString();
}

/** Reads until this has come. */
async function until(process: RemoteProcess, text: string): Promise<AsyncIterator<Uint8Array>> {
  const output = process.output[Symbol.asyncIterator]();
  let heard = '';
  while (!heard.includes(text)) {
    const { value, done } = await output.next();
    assert.ok(done !== true, heard);
    heard += Buffer.from(value).toString();
  }
  return output;
}

describe('the Shell into a machine of netns', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  const { context } = testContext(folder.path);
  let connect: () => Promise<Shell>;
  let shell: Shell;

  before(async () => {
    await up(context, { recreate: false });
    const { machines } = await openSession(context).machines();
    connect = () => machines[0]!.connect();
    shell = await connect();
  });

  after(async () => {
    await shell.close();
    await down(context, { purge: false });
    await folder[Symbol.asyncDispose]();
  });

  const lives = async (pid: number): Promise<boolean> =>
    (await shell.exec({ script: `[ -e /proc/${pid} ] && ! grep -q "^State:.Z" /proc/${pid}/status` })).exitCode === 0;
  const gone = (pid: number): Promise<true> =>
    retryUntil(async () => ((await lives(pid)) ? { seen: 'it lives' } : { value: true as const }), {
      what: `the end of ${pid}`,
      timeoutMs: 10_000,
    });

  test('a command has its arguments, input and variables, and tells its output, errors and status', async () => {
    const words = ['a b', "it's", '', '$HOME', '\t%09\n', 'é'];
    const result = await shell.exec({ script: 'printf "[%s]" "$@"; cat >&2; exit 3', args: words }, { input: 'in' });
    assert.deepEqual(result, {
      exitCode: 3,
      signal: undefined,
      stdout: words.map((word) => `[${word}]`).join(''),
      stderr: 'in',
      truncated: false,
    });
    assert.deepEqual((await shell.exec({ script: 'kill -USR1 $$' })).signal, 'USR1');
    assert.equal((await shell.exec(['pwd'])).stdout, '/home/ada\n');
    await assert.rejects(shell.exec(['echo', 'a\0b']), { code: 'bad-command' });
  });

  test('a command that is not there says so as a shell does', async () => {
    const { exitCode, stderr } = await shell.exec(['no-such-command']);
    assert.deepEqual([exitCode, stderr], [127, 'lab: no-such-command: not found\n']);
    assert.equal((await shell.exec(['/etc/passwd'])).exitCode, 126);
  });

  test('much input and output come whole, also when they are taken slowly', async () => {
    const bytes = randomBytes(20 * 1024 * 1024);
    const hash = createHash('sha256');
    let length = 0;
    const { exitCode } = await shell.exec(['cat'], {
      input: bytes,
      onOutput: async (_stream, chunk) => {
        length += chunk.length;
        hash.update(chunk);
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    assert.deepEqual([exitCode, length], [0, bytes.length]);
    assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    assert.equal((await shell.exec(['true'], { input: bytes })).exitCode, 0, 'input that nobody reads');
    const cut = await shell.exec({ script: 'yes | head -c 100000' }, { maxOutputBytes: 1000 });
    assert.deepEqual([cut.stdout.length, cut.truncated], [1000, true]);
  });

  test('a command that takes too long, or is not wanted any more, ends with its children', async () => {
    const script = 'trap "" TERM; echo $$; sleep 60 & echo $!; wait';
    for (const stop of [{ timeoutMs: 1500 }, { signal: AbortSignal.timeout(1500) }]) {
      let heard = '';
      const ended = shell.exec(
        { script },
        { ...stop, onOutput: (_, chunk) => void (heard += Buffer.from(chunk).toString()) },
      );
      await assert.rejects(ended, 'timeoutMs' in stop ? { code: 'command-timeout' } : { name: 'TimeoutError' });
      for (const pid of heard.trim().split('\n')) assert.equal(await lives(Number(pid)), false, heard);
    }
  });

  test('what a command leaves in the background stays, and does not keep it from ending', async () => {
    const { stdout } = await shell.exec({ script: 'sleep 60 & echo $!' });
    assert.equal(await lives(Number(stdout)), true);
    await shell.exec(['kill', stdout.trim()]);
  });

  test('a program has a terminal of the machine, its number, signals, sizes and an end of input', async () => {
    // Perl goes on with a read that a handled signal interrupted; dash ends its `read` as at the end of input.
    const reader =
      '$| = 1; $SIG{WINCH} = sub { print `stty size` }; while (<STDIN>) { print "got $_" } print "end"; exit 7';
    const program = await shell.start(
      { script: `echo "$GREETING $PWD $(tty) $$"; stty size; exec perl -e '${reader}'` },
      { terminal: { columns: 100, rows: 30 }, cwd: '/tmp', env: new Map([['GREETING', 'hello=1']]) },
    );
    const output = await until(program, '30 100');
    await program.write('one\n');
    let heard = '';
    let resized = false;
    for (let next = await output.next(); next.done !== true; next = await output.next()) {
      heard += Buffer.from(next.value).toString();
      if (resized || !heard.includes('got one')) continue;
      resized = true;
      program.resize({ columns: 90, rows: 20 });
      await program.write('two\n');
      program.end();
    }
    for (const words of ['20 90', 'got two', 'end']) assert.ok(heard.includes(words), heard);
    assert.deepEqual(await program.exit, { exitCode: 7, signal: undefined });

    // A terminal that does not know its size is one.
    const named = await shell.start(
      { script: '[ -t 0 ] && echo "terminal $$"; exec sleep 60' },
      { terminal: { columns: 0, rows: 0 } },
    );
    await until(named, `terminal ${named.pid}`);
    await named.kill('INT');
    assert.deepEqual(await named.exit, { exitCode: undefined, signal: 'INT' });
  });

  test('without a terminal, output and errors come apart', async () => {
    const program = await shell.start({ script: 'cat; echo end >&2' });
    await program.write('through\n');
    program.end();
    assert.deepEqual(await Promise.all([textOf(program.output), textOf(program.errors)]), ['through\n', 'end\n']);
  });

  test('programs end with the Shell, those that ignore TERM and those left in their group as well', async () => {
    const own = await connect();
    const stubborn = await own.start({ script: 'trap "" TERM HUP; echo up; while :; do sleep 1; done' }, {});
    await until(stubborn, 'up');
    const leaving = await own.start({ script: 'trap "" HUP; sleep 60 & echo child $!' }, {});
    const child = Number(/child (\d+)/.exec(await textOf(leaving.output))?.[1]);
    assert.equal(await lives(child), true);
    await own.close();
    await Promise.all([stubborn.pid, child].map(gone));
    await assert.rejects(own.exec(['true']), { code: 'connection-closed' });
  });

  test('a flood that nobody reads is ended at once, and thirty commands run side by side', async () => {
    const flood = await shell.start(['yes'], { terminal: { columns: 80, rows: 24 } });
    await until(flood, 'y');
    await flood.kill('KILL');
    assert.equal((await flood.exit).signal, 'KILL');
    const numbers = Array.from({ length: 30 }, (_, index) => String(index));
    const all = await Promise.all(numbers.map(async (number) => (await shell.exec(['echo', number])).stdout));
    assert.deepEqual(
      all,
      numbers.map((number) => `${number}\n`),
    );
  });

  test('files go there and come back', async () => {
    const content = randomBytes(300_000);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await shell.put(content, 'folder/a file', { mode: 0o640, sha256 });
    assert.ok((await bytesOf(shell.get('folder/a file'))).equals(content));
    assert.equal((await bytesOf(shell.get('/dev/zero', { maxBytes: 10 }))).length, 10);
    await assert.rejects(bytesOf(shell.get('nothing')), { code: 'remote-file-missing' });
  });

  // The last one: there is no machine any more.
  test('commands are lost with the lab, and say so', async () => {
    const program = await shell.start({ script: 'echo begun; exec sleep 100' });
    await until(program, 'begun');
    const ends = assert.rejects(program.exit, { code: 'connection-lost' });
    await down(context, { purge: false });
    await ends;
  });
});
