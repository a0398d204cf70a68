import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SlowPatternError } from '../../src/core/text/bounded-search.ts';
import { CheckError, EnvironmentError } from '../../src/core/errors.ts';
import type { EventBody, EventSink } from '../../src/core/events.ts';
import { type Attempt, retryUntil } from '../../src/core/time/retry.ts';
import { renderFailure } from '../../src/scenario/render-failure.ts';
import type { Shell, TerminalSize } from '../../src/ssh/shell.ts';
import { startSshd, type TestSshd } from '../helpers/ssh/sshd.ts';
import { freeLocalPort, play, PROGRAMS_FOLDER, Recorder, type Played } from '../helpers/stage.ts';
import { without } from '../helpers/tools.ts';

let sshd: TestSshd;
let shells: ReadonlyMap<string, Shell>;

before(async () => {
  sshd = await startSshd();
  const [vm1, vm2] = await Promise.all([sshd.connect({ machine: 'vm1' }), sshd.connect({ machine: 'vm2' })]);
  shells = new Map([
    ['vm1', vm1],
    ['vm2', vm2],
  ]);
});
after(() => sshd[Symbol.asyncDispose]());

function passes({ result, source }: Played): void {
  assert.equal(result.result, 'passed', renderFailure(result, { file: 'lab.yaml', source }));
}

function failsWith({ result }: Played, index: number, reason: RegExp): void {
  assert.equal(result.result, 'failed');
  assert.equal(result.failedStep?.index, index);
  assert.match(result.failedStep.reason, reason);
}

/** Programs `one` (and `two`) with steps. */
function labWith(programs: string, steps: readonly string[]): string {
  return `programs:\n${programs}\nscenarios:\n  s:\n${steps.map((step) => `    - ${step}\n`).join('')}`;
}

const one = (command: string, more = ''): string =>
  `  one: { on: vm1, command: [${command}]${more === '' ? '' : `, ${more}`} }`;

function tp1(port: number, server: string, client: string): string {
  return labWith(
    `  server: { on: vm1, command: [${server}], listens: ${port}, prompt: "server@vm1:7999$ " }\n  client: { on: vm2, command: [${client}], prompt: "client@vm2:7999$ " }`,
    [
      'start: server',
      'start: client',
      'send: { client: "Hello vm1" }',
      `expect: { server: "from client 'Hello vm1'" }`,
      `send: { server: "Hello ! ,What's up VM2" }`,
      `expect: { client: "from server Hello ! ,What's up VM2" }`,
      'send: { client: exit }',
      'expect: { client: "from server Hello vm1" }',
      'exit: { client: 0, server: 0 }',
    ],
  );
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

test('the reference exchange passes with the programs of a first-year student', async () => {
  const port = await freeLocalPort();
  const played = await play(shells, tp1(port, `python3, server.py, ${port}`, `python3, client.py, ${port}`));
  passes(played);
  const { events, result } = played;
  assert.match(
    events.outputOf('server'),
    /^TP1 Server\r\nListening \.\.\.\r\nConnected by : \('127\.0\.0\.1', \d+\)\r\nfrom client 'Hello vm1'\r\nserver@vm1:7999\$ Hello ! ,What's up VM2\r\n$/,
  );
  assert.equal(
    events.outputOf('client'),
    "TP1 CLI\r\nclient@vm2:7999$ Hello vm1\r\nfrom server Hello ! ,What's up VM2\r\nclient@vm2:7999$ exit\r\nfrom server Hello vm1\r\n",
  );
  assert.deepEqual(
    events.of('port-checked').map(({ machine, state }) => [machine, state]),
    [['vm1', 'free']],
  );
  assert.deepEqual(
    events.of('scenario-step-passed').map(({ index }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(
    events.of('terminal-opened').map(({ role, machine, columns, rows }) => [role, machine, columns, rows]),
    [
      ['server', 'vm1', 120, 30],
      ['client', 'vm2', 120, 30],
    ],
  );
  assert.deepEqual(
    events.of('terminal-input').map(({ role, data, by }) => [role, data, by]),
    [
      ['client', 'Hello vm1\r', 'scenario'],
      ['server', "Hello ! ,What's up VM2\r", 'scenario'],
      ['client', 'exit\r', 'scenario'],
    ],
  );
  assert.deepEqual(
    result.ends.map(({ role, status, by }) => [role, status?.exitCode, by]),
    [
      ['server', 0, 'checked'],
      ['client', 0, 'checked'],
    ],
  );
});

test('programs without prompt or words of their own talk: netcat to netcat', async () => {
  const port = await freeLocalPort();
  passes(
    await play(
      shells,
      labWith(
        `  server: { on: vm1, command: [python3, nc.py, -l, ${port}], listens: ${port} }\n  client: { on: vm2, command: [python3, nc.py, ${port}] }`,
        [
          'start: [server, client]',
          'send: { client: Hello, server: "Hi there" }',
          'expect: { server: Hello, client: "Hi there" }',
          'close: client',
          'exit: { client: 0, server: 0 }',
        ],
      ),
    ),
  );
});

test('a C program that prints without newline plays', { skip: without('cc') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-scenario-c-'));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync('cc', ['-o', join(folder, 'answer'), join(PROGRAMS_FOLDER, 'answer.c')]);
  passes(
    await play(
      shells,
      labWith(one(join(folder, 'answer'), 'prompt: "name? "'), [
        'start: one',
        'send: { one: Ada }',
        'expect: { one: Hello Ada! }',
        'send: { one: Zoë }',
        'expect: { one: Hello Zoë! }',
        'wait: { prompt: one }',
        'close: one',
        'exit: { one: 3 }',
      ]),
    ),
  );
});

test('a shell script is asked and answers; lines without prompt in the lab file are typed at once', async () => {
  passes(
    await play(
      shells,
      labWith(one('sh, ask.sh'), [
        'start: one',
        'send: { one: "a\\nb" }',
        'expect: { one: "got <a>second? got <b>" }',
        'exit: { one: 4 }',
      ]),
    ),
  );
});

test('the echo of a line editor is no answer, though another thread prints in between', async () => {
  const played = await play(
    shells,
    labWith(one('python3, editor.py', 'prompt: "editor> "'), [
      'start: one',
      'expect: { one: news from elsewhere }',
      'send: { one: Hello }',
      '{ expect: { one: Hello }, timeout: 400ms }',
    ]),
  );
  failsWith(played, 3, /did not come within 400 ms/);
  assert.match(played.result.failedStep!.hint!, /echo/);
  assert.deepEqual(played.result.tails[0]!.lines.slice(-3), ['Hello', 'you said 5 characters', 'editor> ']);
});

test('a kernel echo is no answer', async () => {
  failsWith(
    await play(
      shells,
      labWith(one('sleep, 5'), ['start: one', 'send: { one: Hello }', '{ expect: { one: Hello }, timeout: 300ms }']),
    ),
    2,
    /did not come within 300 ms/,
  );
});

test('a typed line is reported before its effect on another terminal, though the effect arrives first', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-fifo-'));
  const fifo = join(folder.path, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const programs = `  cause: { on: vm1, command: [python3, late-echo.py, ${fifo}], prompt: "> " }\n  effect: { on: vm2, command: [cat, ${fifo}] }`;
  const played = await play(
    shells,
    labWith(programs, [
      'start: effect',
      'start: cause',
      'send: { cause: hello }',
      'expect: { effect: hello }',
      'exit: { cause: 0, effect: 0 }',
    ]),
  );
  passes(played);
  const shown = played.events.of('terminal-output').filter(({ data }) => data.includes('hello'));
  assert.deepEqual(
    shown.map(({ role }) => role),
    ['cause', 'effect'],
  );
});

test('what is typed the moment a program is started has its echo too, so its answer is recognized', async () => {
  for (let i = 0; i < 10; i++)
    passes(
      await play(
        shells,
        labWith(one('cat'), ['start: one', 'send: { one: Hello }', '{ expect: { one: Hello }, timeout: 1s }']),
      ),
    );
});

test('a failed step names its line, what was expected, and the last lines of every terminal', async () => {
  const port = await freeLocalPort();
  const yaml = tp1(port, `python3, server.py, ${port}`, `python3, client.py, ${port}`).replace(
    'expect: { server: "from client \'Hello vm1\'" }',
    '{ expect: { server: "from client Hello" }, timeout: 200ms }',
  );
  const { result, source } = await play(shells, yaml);
  const text = renderFailure(result, { file: 'lab.yaml', source }).replace(/\d{4,5}\)/, 'PORT)');
  assert.equal(
    text,
    `lab.yaml:17: step 4 failed
    17 | - { expect: { server: "from client Hello" }, timeout: 200ms }
  expected: "from client Hello" on the terminal of server
  but:      it did not come within 200 ms
  nearest:  from client 'Hello vm1'

server on vm1, last lines:
  | TP1 Server
  | Listening ...
  | Connected by : ('127.0.0.1', PORT)
  | from client 'Hello vm1'
  | server@vm1:7999$ 

client on vm2, last lines:
  | TP1 CLI
  | client@vm2:7999$ Hello vm1
`,
  );
});

test('a program that crashes at once fails its start at once, with its status and last words', async () => {
  const started = performance.now();
  const played = await play(
    shells,
    labWith(one('"sh", "-c", "echo no such luck >&2; exit 7"', 'listens: 7999'), ['start: one']),
    { beforeStart: async () => undefined },
  );
  failsWith(played, 0, /one ended with status 7 first/);
  assert.match(played.result.failedStep!.expected, /one to listen on port 7999 of vm1/);
  assert.deepEqual(played.result.tails[0]!.lines, ['no such luck']);
  assert.ok(performance.now() - started < 5000);
});

test('a command that does not exist fails its start', async () => {
  const played = await play(shells, labWith(one('no-such-command', 'prompt: "> "'), ['start: one']));
  failsWith(played, 0, /one ended with status 127 first/);
});

test('a program that never prompts fails the step at its time limit', async () => {
  failsWith(
    await play(shells, labWith(one('sleep, 30', 'prompt: "> "'), ['{ start: one, timeout: 200ms }'])),
    0,
    /it did not show within 200 ms/,
  );
});

test('the end of a program ends the wait for its words', async () => {
  failsWith(
    await play(shells, labWith(one('echo, bye'), ['start: one', 'expect: { one: Hello }'])),
    1,
    /one ended with status 0 first/,
  );
});

test('last words without a newline are found though the program has ended', async () => {
  passes(
    await play(
      shells,
      labWith(one('printf, last words'), ['start: one', 'expect: { one: last words }', 'exit: { one: 0 }']),
    ),
  );
});

test('a wrong exit status fails the step', async () => {
  const played = await play(shells, labWith(one('"sh", "-c", "exit 5"'), ['start: one', 'exit: { one: 0 }']));
  failsWith(played, 1, /it ended with status 5/);
});

test('a signal ends a program, and the exit step may ask for it', async () => {
  passes(
    await play(shells, labWith(one('sleep, 30'), ['start: one', 'signal: { one: SIGTERM }', 'exit: { one: SIGTERM }'])),
  );
});

test('a program that ignores TERM is gone at the end, with its children', async () => {
  const played = await play(shells, labWith(one('sh, stubborn.sh'), ['start: one', 'expect: { one: /PID \\d+/ }']));
  passes(played);
  const [pid] = /\d+/.exec(played.events.outputOf('one'))!;
  assert.equal(existsSync(`/proc/${pid}`), false);
  assert.deepEqual(played.result.ends, [
    { role: 'one', machine: 'vm1', status: { exitCode: undefined, signal: 'KILL' }, by: 'lab' },
  ]);
});

test('a program that ends badly is noted though no step checks its end', async () => {
  const played = await play(shells, labWith(one('"sh", "-c", "exit 9"'), ['start: one', 'wait: 300ms']));
  passes(played);
  assert.deepEqual(
    played.result.ends.map(({ status, by }) => [status?.exitCode, by]),
    [[9, 'unasked']],
  );
  assert.match(played.events.of('notice')[0]!.message, /one ended with status 9/);
});

test('bytes that are no text do no harm, and text after them is found', async () => {
  const played = await play(
    shells,
    labWith(one('python3, binary.py'), ['start: one', 'expect: { one: après }', 'exit: { one: 0 }']),
  );
  passes(played);
  assert.doesNotMatch(played.result.tails[0]!.lines.join('\n'), /[\0-\x08\x0b-\x1f\x7f]/);
});

test('a one-shot command is checked for its status and its output', async () => {
  const steps = [
    'run: { on: vm1, command: [sh, -c, "echo out; echo err >&2; exit 3"], status: 3, output: err }',
    'run: { vm2: [echo, "two words"] }',
    'run: { vm2: [ls, /no-such-folder] }',
  ];
  const played = await play(shells, labWith(one('cat'), steps));
  failsWith(played, 2, /it ended with status 2; it printed: .*no-such-folder/);
  assert.deepEqual(
    played.events
      .of('command-finished')
      .map(({ machine, command, exitCode }) => [machine, command, exitCode])
      .slice(0, 2),
    [
      ['vm1', "sh -c 'echo out; echo err >&2; exit 3'", 3],
      ['vm2', "echo 'two words'", 0],
    ],
  );
  failsWith(
    await play(shells, labWith(one('cat'), ['run: { on: vm1, command: [echo, a], output: /b/ }'])),
    0,
    /it printed: a/,
  );
  failsWith(
    await play(shells, labWith(one('cat'), ['{ run: { vm1: [sleep, 30] }, timeout: 200ms }'])),
    0,
    /did not end within 200 ms/,
  );
});

test('a command of a run step can work in the folder of a program, with its environment', async () => {
  const programs = one('"cat"', 'env: { COLOUR: "light blue" }');
  passes(
    await play(
      shells,
      labWith(programs, [
        'run: { program: one, command: [ls, server.py], output: /^server.py$/m }',
        'run: { program: one, command: [sh, -c, "echo \\"$COLOUR\\"; exit 4"], status: 4, output: light blue }',
      ]),
    ),
  );
  const failed = await play(shells, labWith(programs, ['run: { program: one, command: [ls, none.jpg] }']));
  failsWith(failed, 0, /No such file/);
  assert.equal(failed.result.failedStep!.hint, undefined);
});

/** The hint of a `run` step with this command, which fails. */
async function looksFor(command: string): Promise<string | undefined> {
  const { result } = await play(shells, labWith(one('"cat"'), [`run: { on: vm1, command: ${command} }`]));
  return result.failedStep!.hint;
}

test('a file that a command does not find in the home folder, but a program has, comes with the step that finds it', async () => {
  assert.equal(
    await looksFor('[ls, -l, server.py]'),
    'server.py lies in the folder of one, but commands run in the home folder. ' +
      'Write: run: { program: one, command: [ls, -l, server.py] }',
  );
  assert.match((await looksFor('[cat, nowhere, ./answer.c]'))!, /^\.\/answer\.c lies in the folder of one/);
  assert.equal(await looksFor('[ls, neither-here-nor-there]'), undefined);
  assert.equal(await looksFor('[ls, /server.py]'), undefined);
  assert.equal(await looksFor('[sh, -c, "exit 1", server.py]'), undefined, 'it looked for no file');
});

const endless = '/^(?:\\p{L}+)+$/u';
for (const [title, programs, steps] of [
  [
    'a prompt',
    one(
      '"sh", "-c", "echo $(printf %060d 0 | tr 0 a)!; sleep 30"',
      `prompt: "${endless.replaceAll('\\', String.raw`\\`)}"`,
    ),
    ['start: one'],
  ],
  [
    'an expect',
    one('"sh", "-c", "echo $(printf %060d 0 | tr 0 a)!; sleep 30"'),
    [`{ start: one }`, `{ expect: { one: '${endless}' }, timeout: 20s }`],
  ],
  [
    'the output of a run',
    one('cat'),
    [`run: { on: vm1, command: [sh, -c, "echo $(printf %060d 0 | tr 0 a)!"], output: '${endless}' }`],
  ],
] as const) {
  test(`a regular expression that would be searched for for ever breaks the play off, and is named: ${title}`, async () => {
    const { result } = await play(shells, labWith(programs, steps));
    assert.equal(result.result, 'broken');
    assert.ok(result.error instanceof SlowPatternError);
    assert.ok(result.failedStep!.reason.includes(`the pattern ${endless}`), result.failedStep!.reason);
    assert.match(result.failedStep!.hint!, /write it simpler/);
    if (title === 'a prompt') assert.match(result.failedStep!.reason, /of line 10 of the lab file/);
  });
}

test('a client that is started before its server does what it does', async () => {
  const port = await freeLocalPort();
  const programs = `  server: { on: vm1, command: [python3, nc.py, -l, ${port}], listens: ${port} }\n  client: { on: vm2, command: [python3, nc.py, ${port}] }`;
  passes(
    await play(
      shells,
      labWith(programs, [
        'start: client',
        'expect: { client: ConnectionRefusedError }',
        'exit: { client: 1 }',
        'start: server',
        'start: client',
        'send: { client: late }',
        'expect: { server: late }',
      ]),
    ),
  );
});

test('a busy port fails the start and names its holder', async () => {
  const port = await freeLocalPort();
  const programs = `  one: { on: vm1, command: [python3, nc.py, -l, ${port}], listens: ${port} }\n  two: { on: vm2, command: [python3, nc.py, -l, ${port}], listens: ${port} }`;
  const played = await play(shells, labWith(programs, ['start: one', 'start: two']));
  // Where sshd runs in a user namespace of its own, nobody but root sees which process it is.
  failsWith(played, 1, new RegExp(String.raw`port ${port} of vm2 is held by (a process|process \d+ .*nc\.py)`));
  assert.deepEqual(
    played.events.of('port-checked').map(({ machine, state }) => [machine, state]),
    [
      ['vm1', 'free'],
      ['vm2', 'busy'],
    ],
  );
});

test('a failing check before the start is the step that failed', async () => {
  const played = await play(shells, labWith(one('cat'), ['start: one']), {
    beforeStart: async ({ name }) => {
      throw new CheckError(`${name} may not start`, { code: 'port-busy', hint: 'wait' });
    },
  });
  failsWith(played, 0, /one may not start/);
  assert.equal(played.result.failedStep?.hint, 'wait');
  assert.deepEqual(played.events.of('terminal-opened'), []);
});

test('a lost connection is no failed step, and is noticed at once', async () => {
  await using other = await startSshd();
  const lost = new Map([
    ['vm1', await other.connect({ machine: 'vm1' })],
    ['vm2', shells.get('vm2')!],
  ]);
  const programs = '  one: { on: vm1, command: [cat] }\n  two: { on: vm2, command: [cat] }';
  const playing = play(lost, labWith(programs, ['start: [one, two]', 'wait: 200ms', 'expect: { two: never }']));
  const breaking = setTimeout(() => other.kill(), 400);
  const { result } = await playing;
  clearTimeout(breaking);
  assert.equal(result.result, 'broken');
  assert.equal(result.error?.name, 'ConnectionError');
  assert.ok(result.durationMs < 5000);
});

test('an abort stops the play and leaves no program behind', async () => {
  const abort = new AbortController();
  const { events, result } = await (async () => {
    setTimeout(() => abort.abort(new Error('enough')), 400);
    return play(shells, labWith(one('"sh", "-c", "echo PID $$; sleep 60"'), ['start: one', 'expect: { one: never }']), {
      signal: abort.signal,
    });
  })();
  assert.equal(result.result, 'interrupted');
  assert.equal(result.error?.message, 'enough');
  const [pid] = /\d+/.exec(events.outputOf('one'))!;
  assert.equal(existsSync(`/proc/${pid}`), false);
  assert.ok(result.durationMs < 5000);
});

test('a flood passes in bounded memory, and its last word is found', async () => {
  const collectGarbage = garbageCollector();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  let length = 0;
  const held: number[] = [];
  const emit = (event: EventBody): void => {
    if (event.kind !== 'terminal-output') return;
    if (Math.floor(length / 10_000_000) !== Math.floor((length += event.data.length) / 10_000_000)) {
      collectGarbage();
      held.push(process.memoryUsage().heapUsed - before);
    }
  };
  const { result } = await play(
    shells,
    labWith(one('python3, flood.py, 40000000'), [
      'start: one',
      '{ expect: { one: flood is over }, timeout: 60s }',
      'exit: { one: 0 }',
    ]),
    { events: { emit } },
  );
  assert.equal(result.result, 'passed');
  assert.ok(length > 40_000_000 && held.length >= 4, `${held.length} looks at ${length} characters`);
  assert.ok(Math.max(...held) < 30_000_000, `${held.join(', ')} bytes are held`);
});

test('a listener that is slow holds the program back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-scenario-slow-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const mark = join(folder, 'done');
  const released = Promise.withResolvers<void>();
  let wasDone: boolean | undefined;
  setTimeout(() => {
    wasDone = existsSync(mark);
    released.resolve();
  }, 500);
  const events: EventSink = { emit: async ({ kind }) => (kind === 'terminal-output' ? released.promise : undefined) };
  const { result } = await play(
    shells,
    labWith(one(`"sh", "-c", "python3 flood.py 30000000; touch ${mark}"`), [
      'start: one',
      '{ exit: { one: 0 }, timeout: 60s }',
    ]),
    { events },
  );
  assert.equal(result.result, 'passed');
  assert.deepEqual([wasDone, existsSync(mark)], [false, true]);
});

test('a listener that fails breaks the play, and no program is left', async () => {
  let output = '';
  const emit = ({ ...event }: EventBody): void => {
    if (event.kind !== 'terminal-output') return;
    output += event.data;
    if (output.includes('\n')) throw new EnvironmentError('the disk is full', { code: 'disk-full' });
  };
  const { result } = await play(shells, labWith(one('sh, stubborn.sh'), ['start: one', 'expect: { one: never }']), {
    events: { emit },
  });
  assert.deepEqual([result.result, result.error?.message], ['broken', 'the disk is full']);
  const [pid] = /\d+/.exec(output)!;
  await retryUntil(() => (existsSync(`/proc/${pid}`) ? { seen: 'it is there' } : { value: true }), {
    what: `process ${pid} to go`,
    timeoutMs: 2000,
  });
});

test('a program that ends as soon as it has read the line has got it, although the machine says so only later', async () => {
  const vm1 = shells.get('vm1')!;
  const answersLate: Shell = {
    ...vm1,
    start: async (command, options) => {
      const running = await vm1.start(command, options);
      const write = async (bytes: Uint8Array): Promise<void> => {
        await running.write(bytes);
        await running.exit;
        await delay(200);
      };
      return new Proxy(running, { get: (target, key) => (key === 'write' ? write : Reflect.get(target, key, target)) });
    },
  };
  passes(
    await play(
      new Map([...shells, ['vm1', answersLate]]),
      labWith(one('"sh", "-c", "read line"'), ['start: one', 'send: { one: exit }', 'exit: { one: 0 }']),
    ),
  );
});

test('nothing is sent to a program that has ended', async () => {
  failsWith(
    await play(shells, labWith(one('"true"'), ['start: one', 'wait: 200ms', 'send: { one: Hello }'])),
    2,
    /^one ended with status 0 first$/,
  );
});

test('keys are pressed without Enter and without waiting for a prompt', async () => {
  const played = await play(
    shells,
    labWith(one('sh, ask.sh', 'prompt: "first? "'), ['start: one', 'send: { one: "\\x03" }', 'exit: { one: INT }']),
  );
  passes(played);
  assert.deepEqual(
    played.events.of('terminal-input').map(({ data }) => data),
    ['\u0003'],
  );
});

test('the user has a keyboard: what the scenario would type there is left to the user, and the rest is played', async () => {
  const port = await freeLocalPort();
  const events = new Recorder();
  const answered = (): Attempt<true> =>
    events.outputOf('client').includes('from server Hello !') ? { value: true } : { seen: events.outputOf('client') };
  async function* keys(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('Hello vm1\r');
    await retryUntil(answered, { what: 'the answer of the server', timeoutMs: 20_000 });
    yield Buffer.from('exit\r');
  }
  const operators = new Map([['client', { input: keys(), size: { columns: 90, rows: 20 } }]]);
  const played = await play(
    shells,
    tp1(port, `python3, server.py, ${port}`, `python3, client.py, ${port}`),
    { operators },
    events,
  );
  passes(played);
  assert.deepEqual(
    played.events.of('scenario-step-skipped').map(({ index }) => index),
    [2, 5, 6, 7],
  );
  assert.deepEqual(
    played.events.of('terminal-input').map(({ role, by }) => [role, by]),
    [
      ['client', 'user'],
      ['server', 'scenario'],
      ['client', 'user'],
    ],
  );
  assert.deepEqual(
    played.events.of('terminal-opened').map(({ columns }) => columns),
    [120, 90],
  );
});

test("the program's terminal follows the size of the user's, and the end of the user's input ends the program's", async () => {
  const resized = Promise.withResolvers<void>();
  async function* keys(): AsyncGenerator<Uint8Array> {
    await resized.promise;
    yield Buffer.from('x\r');
  }
  async function* sizes(): AsyncGenerator<TerminalSize> {
    yield { columns: 77, rows: 11 };
    resized.resolve();
  }
  const operators = new Map([['one', { input: keys(), resizes: sizes() }]]);
  const played = await play(shells, labWith(one('"sh", "-c", "read x; stty size; cat; echo over"'), ['start: one']), {
    operators,
  });
  passes(played);
  assert.match(played.events.outputOf('one'), /x\r\n11 77\r\nover/);
  assert.deepEqual(
    played.events.of('terminal-resized').map(({ columns, rows }) => [columns, rows]),
    [[77, 11]],
  );
  assert.deepEqual(
    played.result.ends.map(({ status }) => status?.exitCode),
    [0],
  );
});

test('a default limit goes by how slow the machines are; one that is written stays', async () => {
  const silent = one('sleep, 30', 'prompt: "> "');
  failsWith(
    await play(shells, labWith(silent, ['start: one']), { slowness: 0.02 }),
    0,
    /it did not show within 300 ms/,
  );
  failsWith(
    await play(shells, labWith(silent, ['{ start: one, timeout: 200ms }']), { slowness: 100 }),
    0,
    /it did not show within 200 ms/,
  );
});

test('a crash is no reason to ask for it in the scenario: only a status that may be meant is', async () => {
  const hints: [script: string, hint: RegExp][] = [
    ['kill -SEGV $$', /^Nobody asked it to end: what it showed last/],
    ['kill -KILL $$', /^Nobody asked it to end: what it showed last/],
    ['exit 3', /^If that is right, add a step: exit: \{ one: 3 \}; if not, what it showed last says why\.$/],
  ];
  for (const [script, hint] of hints) {
    const command = one(`sh, -c, ${JSON.stringify(`echo ready; read x; ${script}`)}`);
    const { events } = await play(
      shells,
      labWith(command, [
        'start: one',
        'expect: { one: ready }',
        'send: { one: a }',
        '{ expect: { one: never }, timeout: 5s }',
      ]),
    );
    const notices = events.of('notice').filter(({ message }) => message.includes('no step asks for its end'));
    assert.equal(notices.length, 1, script);
    assert.match(notices[0]!.hint ?? '', hint);
  }
});

test('a program that ended by the signal of a step was asked to end', async () => {
  const steps = ['start: one', 'signal: { one: KILL }', '{ expect: { one: never }, timeout: 5s }'];
  const { result, events } = await play(shells, labWith(one('sleep, 30'), steps));
  assert.match(result.failedStep?.reason ?? '', /ended with signal KILL/);
  assert.deepEqual(events.of('notice'), []);
});

const three = '  p: { on: [vm1, vm2], command: [sh, -c, "echo ready {n}; while read l; do echo got $l; done"] }\n';

test('all programs of a pattern are played at once, and those that fail are named', async () => {
  const started = performance.now();
  const lab = labWith(
    `${three}  q: { on: vm1, count: 3, command: [sh, -c, "sleep 0.3; echo late {n}; read x; exit {n}"] }`,
    ['start: [p-*, q-*]', 'expect: { q-*: "late {n}" }', 'send: { q-*: "" }', '{ exit: { q-*: 2 }, timeout: 3s }'],
  );
  const played = await play(shells, lab);
  failsWith(played, 3, /ended with .*1/);
  const { problem } = played.result.failedStep!;
  assert.equal(problem?.role, 'q-1');
  assert.deepEqual(problem?.also, ['q-3']);
  assert.ok(performance.now() - started < 30_000);
});

test('all finds texts in any order, any uses up only what it found, not fails when it shows', async () => {
  const echo = one('sh, -c, "echo b; echo a; echo end; while read l; do echo got $l; done"');
  passes(
    await play(
      shells,
      labWith(echo, [
        'start: one',
        'all: [ { expect: { one: a } }, { expect: { one: b } } ]',
        'any: [ { expect: { one: never } }, { expect: { one: "/e(?<rest>n)d/" } } ]',
        'not: { expect: { one: b }, for: 50ms }',
        'send: { one: "1 {rest}" }',
        'any: [ { expect: { one: "got 2" } }, { expect: { one: got } } ]',
        'expect: { one: "1 n" }',
      ]),
    ),
  );
  const twice = await play(
    shells,
    labWith(echo, ['start: one', '{ all: [ { expect: { one: a } }, { expect: { one: a } } ], timeout: 200ms }']),
  );
  failsWith(twice, 1, /did not come/);
  const shown = await play(
    shells,
    labWith(echo, ['start: one', 'send: { one: x }', 'not: { expect: { one: got x }, for: 5s }']),
  );
  failsWith(shown, 2, /it did: got x/);
  assert.ok(shown.result.durationMs < 5000);
  const neither = await play(
    shells,
    labWith(echo, ['start: one', '{ any: [ { expect: { one: A } }, { expect: { one: B } } ], timeout: 200ms }']),
  );
  failsWith(neither, 1, /none of them came within 200 ms/);
});
