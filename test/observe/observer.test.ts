import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { ProgramLook } from '../../src/core/program-look.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { observe } from '../../src/observe/observe.ts';
import type { RemoteProcess, Shell } from '../../src/ssh/shell.ts';
import { startSshd } from '../helpers/ssh/sshd.ts';
import { without } from '../helpers/tools.ts';

const folder = join(import.meta.dirname, 'programs');

/** What each small program of `programs/` waits for, and how its terminal is set. */
const answers: Readonly<Record<string, readonly [waits: string, entry: string]>> = {
  'p01_input.py': ['keyboard', 'line'],
  'p02_readline.py': ['keyboard', 'keys'],
  'p03_getpass.py': ['keyboard', 'hidden'],
  'p04_stdin_iter.py': ['keyboard', 'line'],
  'p05_accept.py': ['accept', 'line'],
  'p06_recv.py': ['receive', 'line'],
  'p07_recv_to.py': ['receive', 'line'],
  'p08_sleep.py': ['sleep', 'line'],
  'p09_busy.py': ['busy', 'line'],
  'p10_select.py': ['accept+keyboard', 'line'],
  'p11_select_sock.py': ['accept', 'line'],
  'p12_asyncio_reader.py': ['accept+keyboard', 'line'],
  'p13_asyncio_thread.py': ['accept+keyboard', 'line'],
  'p14_thread_chat.py': ['keyboard+receive', 'line'],
  'p15_curses.py': ['keyboard', 'keys'],
  'p16_epoll_sock.py': ['accept', 'line'],
  'p17_udp.py': ['receive', 'line'],
  'p18_connect.py': ['connect', 'line'],
  'p19_sub.py': ['sleep', 'line'],
  'p20_system_read.sh': ['keyboard', 'line'],
  'p21_read_s.sh': ['keyboard', 'hidden'],
  'p22_child_reads.sh': ['keyboard', 'line'],
  'p23_cat_pipe.sh': ['keyboard', 'line'],
  'p24_scanf.c': ['keyboard', 'line'],
  'p25_fgets.c': ['keyboard', 'line'],
  'p26_select.c': ['accept+keyboard', 'line'],
  'p27_poll.c': ['keyboard', 'line'],
  'p28_epoll_stdin.c': ['keyboard', 'line'],
  'p29_noecho.c': ['keyboard', 'hidden'],
  'p30_getch.c': ['keyboard', 'keys'],
  'p31_fork_wait.c': ['accept', 'line'],
  'p32_sem.c': ['lock', 'line'],
  'p34_send.c': ['send', 'line'],
  'p35_tty_open.c': ['keyboard', 'line'],
  'p36_chat.cjs': ['keyboard', 'keys'],
  'p37_server.cjs': ['accept', 'line'],
  'p38_stdin.cjs': ['accept+keyboard', 'line'],
  'p39_readsync.cjs': ['keyboard', 'line'],
  'P40.java': ['keyboard', 'line'],
  'P41.java': ['accept', 'line'],
  'P42.java': ['receive', 'line'],
  'p43_accept.go': ['accept', 'line'],
  'p44_stdin.go': ['keyboard', 'line'],
  'p45_input.pl': ['keyboard', 'line'],
  'p46_accept.pl': ['accept', 'line'],
  'p47_4select.pl': ['keyboard', 'line'],
  'p48_bufread.py': ['receive', 'line'],
  'p49_second_accept.py': ['accept', 'line'],
  'p50_stopped.py': ['stopped', 'line'],
  'p51_bg_read.sh': ['sleep+stopped', 'line'],
  'p52_sigwait.py': ['signal', 'line'],
  'p53_listener_in_thread.py': ['accept', 'line'],
  'p54_join.py': ['sleep', 'line'],
  'p55_flood.py': ['busy', 'line'],
  'p56_prompt_toolkit_like.py': ['keyboard', 'keys'],
};

/** The command of a program; a compiled one is compiled first, into `built`. */
const commands: Readonly<Record<string, (file: string, built: string) => readonly string[]>> = {
  py: (file) => ['python3', file],
  sh: (file) => ['bash', file],
  cjs: (file) => [process.execPath, file],
  pl: (file) => ['perl', file],
  c(file, built) {
    const program = join(built, basename(file, '.c'));
    execFileSync('cc', ['-w', '-pthread', '-o', program, join(folder, file)]);
    return [program];
  },
  java: (file, built) => {
    execFileSync('javac', ['-d', built, join(folder, file)]);
    return ['java', '-cp', built, basename(file, '.java')];
  },
  go(file, built) {
    const program = join(built, basename(file, '.go'));
    execFileSync('go', ['build', '-o', program, join(folder, file)], { cwd: built });
    return [program];
  },
};
const compilers: Readonly<Record<string, string>> = { c: 'cc', java: 'javac', go: 'go' };

function kindOf(file: string): string {
  return file.slice(file.lastIndexOf('.') + 1);
}

async function started(shell: Shell, command: readonly string[]): Promise<RemoteProcess> {
  const running = await shell.start(command, { terminal: { columns: 80, rows: 24 }, cwd: folder });
  void read(running);
  return running;
}

async function read({ output }: RemoteProcess): Promise<void> {
  for await (const _ of output);
}

/** How many programs are looked at side by side. */
const AT_ONCE = 4;
const signal = AbortSignal.timeout(600_000);

function summary({ waits, entry }: ProgramLook): string {
  return `${waits.join('+')} ${entry}`;
}

describe('what a program waits for', () => {
  test('every program of the folder has its answer here', () => {
    assert.deepEqual(readdirSync(folder).toSorted(), Object.keys(answers).toSorted());
  });

  const files = Object.keys(answers);
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    const missing = some.map((file) => compilers[kindOf(file)]).filter((tool) => tool !== undefined);
    const skip = missing.map((tool) => without(tool)).find((reason) => reason !== false) ?? false;
    test(some.join(', '), { skip, timeout: 120_000 }, async () => {
      using built = mkdtempDisposableSync(join(tmpdir(), 'lab-observe-'));
      await using server = await startSshd();
      const shell = await server.connect();
      await using observer = observe(shell, { resident: true });
      await Promise.all(
        some.map(async (file) => {
          const running = await started(shell, commands[kindOf(file)]!(file, built.path));
          const wanted = answers[file]!.join(' ');
          const attempt = async (): Promise<{ value: true } | { seen: string }> => {
            const look = (await observer.look([running.pid], { stableMs: 20, signal })).get(running.pid);
            const seen = look === undefined ? 'nothing' : summary(look);
            return seen === wanted ? { value: true } : { seen };
          };
          await retryUntil(attempt, { what: `${file}: ${wanted}`, timeoutMs: 30_000, intervalMs: 50 });
          await running.kill('KILL');
        }),
      );
    });
  }
});

/** A program in Python on a terminal, until it has printed `ready`. */
async function python(shell: Shell, text: string): Promise<RemoteProcess> {
  const running = await shell.start(['python3', '-c', text], { terminal: { columns: 80, rows: 24 } });
  let heard = '';
  for await (const chunk of running.output) {
    heard += Buffer.from(chunk).toString();
    if (heard.includes('ready')) break;
  }
  return running;
}

/** All processes below one. */
function below(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.concat(children.flatMap(below));
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

describe('the answer of an observer', () => {
  for (const resident of [true, false])
    test(`holds sockets with what lies unread in them, and what was typed (resident: ${resident})`, async () => {
      await using server = await startSshd();
      const shell = await server.connect();
      await using observer = observe(shell, { resident });
      const running = await python(
        shell,
        [
          'import socket, time',
          's = socket.create_server(("127.0.0.1", 0)); port = s.getsockname()[1]',
          'c = socket.create_connection(("127.0.0.1", port)); a, _ = s.accept(); c.sendall(b"12345678")',
          'u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::1", port))',
          'w = socket.create_connection(("127.0.0.1", port))',
          'print("ready", flush=True); time.sleep(60)',
        ].join('\n'),
      );
      await running.write('two\rlines\r');
      const attempt = async (): Promise<{ value: ProgramLook } | { seen: string }> => {
        const look = (await observer.look([running.pid], { signal })).get(running.pid);
        return look?.typedUnread === 10 ? { value: look } : { seen: JSON.stringify(look) };
      };
      const look = await retryUntil(attempt, { what: 'ten bytes that are typed', timeoutMs: 10_000 });
      assert.deepEqual(look.waits, ['sleep']);
      const port = look.sockets.find(({ state }) => state === 'listen')!.local.port;
      const rows = look.sockets.map(
        ({ protocol, state, local, unread }) =>
          `${protocol} ${state} ${local.address}:${local.port === port ? 'PORT' : 'other'} ${unread}`,
      );
      assert.deepEqual(rows.toSorted(), [
        'tcp established 127.0.0.1:PORT 8',
        'tcp established 127.0.0.1:other 0',
        'tcp established 127.0.0.1:other 0',
        // One connection that the program has not accepted.
        'tcp listen 127.0.0.1:PORT 1',
        'udp unconnected ::1:PORT 0',
      ]);
      await running.kill('KILL');
    });

  test('tells one look from two: what computes may be about to wait, and is told only when it goes on', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    await using observer = observe(shell, { resident: true });
    const running = await python(shell, 'print("ready", flush=True)\nwhile True: pass');
    const [once, twice] = [
      await observer.look([running.pid], { signal }),
      await observer.look([running.pid], { stableMs: 30, signal }),
    ];
    assert.deepEqual(once.get(running.pid)?.waits, []);
    assert.deepEqual(twice.get(running.pid)?.waits, ['busy']);
    await running.kill('KILL');
  });

  test('has whether a wait ends by itself', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    await using observer = observe(shell, { resident: true });
    const begin = 'import socket\ns = socket.create_server(("127.0.0.1", 0))\n';
    const [patient, hasty] = [
      await python(shell, `${begin}print("ready", flush=True)\ns.accept()`),
      await python(shell, `${begin}s.settimeout(60)\nprint("ready", flush=True)\ns.accept()`),
    ];
    const pids = [patient.pid, hasty.pid];
    const attempt = async (): Promise<{ value: unknown } | { seen: string }> => {
      const looks = await observer.look(pids, { signal });
      const seen = pids
        .map((pid) => looks.get(pid)!)
        .map(({ waits, isTimed }) => `${waits.join()} ${isTimed === true}`);
      return seen.join() === 'accept false,accept true' ? { value: seen } : { seen: seen.join() };
    };
    await retryUntil(attempt, { what: 'both in accept', timeoutMs: 10_000 });
    for (const running of [patient, hasty]) await running.kill('KILL');
  });

  test('comes again after something on the machine has ended the process that answers', async () => {
    await using server = await startSshd();
    const shell = await server.connect();
    await using observer = observe(shell, { resident: true });
    const running = await python(shell, 'print("ready", flush=True)\ninput()');
    const ask = async (): Promise<ProgramLook | undefined> =>
      (await observer.look([running.pid], { signal })).get(running.pid);
    assert.ok(await ask());
    const answering = server.processes
      .flatMap(({ pid }) => below(pid!))
      .filter((pid) => commandOf(pid).startsWith('perl'));
    assert.equal(answering.length, 1);
    process.kill(answering[0]!, 'SIGKILL');
    // This question is lost, the next one is not.
    await ask();
    assert.ok(await ask());
    await running.kill('KILL');
  });

  test('is empty for what has ended, and where there is no Perl', async () => {
    await using server = await startSshd({ sshdConfig: ['SetEnv PATH=/nonexistent'] });
    const shell = await server.connect();
    await using observer = observe(shell, { resident: false });
    assert.equal((await observer.look([process.pid], { signal })).size, 0);
    await using other = await startSshd();
    await using second = observe(await other.connect(), { resident: true });
    assert.equal((await second.look([2 ** 22 + 1], { signal })).size, 0);
  });

  test('is empty where what answers says too much, or nothing that makes sense', async () => {
    const lies = {
      much: 'yes "fd 1 2 /x"',
      nonsense: 'while read -r _; do printf "task 1 1\\nset\\n\\nnet x\\nend\\n"; done',
    };
    for (const lie of Object.values(lies)) {
      await using server = await startSshd({ sshdConfig: ['SetEnv PATH=FOLDER/bin:/usr/bin:/bin'] });
      mkdirSync(join(server.folder, 'bin'));
      writeFileSync(join(server.folder, 'bin/perl'), `#!/bin/sh\necho end\n${lie}\n`, { mode: 0o755 });
      await using observer = observe(await server.connect(), { resident: true });
      assert.equal((await observer.look([process.pid], { signal })).size, 0);
    }
  });
});
