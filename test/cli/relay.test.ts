import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDisplay } from '../../src/cli/show/display.ts';
import { Relay } from '../../src/cli/show/relay.ts';
import { StatusLines } from '../../src/cli/show/status-lines.ts';
import type { EventBody } from '../../src/core/events.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { CollectedOutput } from '../helpers/collected-output.ts';
import { assertGolden } from '../helpers/golden.ts';
import { brokenBodies, stamped, tp1Bodies, tp1Roles } from '../helpers/tp1-events.ts';

// Whether these tests run on a terminal, or in a place with opinions about colour, must not matter.
delete process.env['NO_COLOR'];
delete process.env['FORCE_COLOR'];

const begin: EventBody = { kind: 'run-started', run: 'r', scenario: 's', lab: 'l', roles: tp1Roles };

function printed(data: string, role = 'server'): EventBody {
  return { kind: 'terminal-output', role, data };
}

interface Shown {
  readonly stdout: CollectedOutput;
  readonly stderr: CollectedOutput;
}

async function show(
  bodies: readonly EventBody[],
  options: Partial<Parameters<typeof openDisplay>[0]> = {},
): Promise<Shown> {
  const [stdout, stderr] = [new CollectedOutput(), new CollectedOutput()];
  const { events, close } = openDisplay({ stdout, stderr, color: true, loudness: 'normal', json: false, ...options });
  for (const body of bodies) await events.emit(body);
  close();
  return { stdout, stderr };
}

const golden = (name: string): string => join(import.meta.dirname, 'golden', name);

test('a scenario is relayed as whole lines, with its steps between them', async () => {
  assertGolden(golden('relay-tp1.txt'), (await show(tp1Bodies)).stdout.text);
});

test('a scenario that fails shows the unfinished line, the step and its reason', async () => {
  const { stdout, stderr } = await show(brokenBodies);
  assertGolden(golden('relay-broken.txt'), stdout.text);
  assert.equal(stderr.text, '! the disk is nearly full\n  Free some space.\n');
});

test('verbose also tells how programs are started', async () => {
  assert.match(
    (await show(tp1Bodies, { loudness: 'verbose' })).stdout.text,
    /^server · started on vm1: node server\.js --port 7999$/m,
  );
});

test('quiet and --json relay nothing', async () => {
  assert.equal((await show(tp1Bodies, { loudness: 'quiet' })).stdout.text, '');
  assert.equal((await show(tp1Bodies, { json: true })).stdout.text, '');
});

test('each role has a colour of its own where colours are wanted', async () => {
  const colored = Object.assign(new CollectedOutput(), { isTTY: true });
  await show([begin, printed('a\n'), printed('b\n', 'client')], { stdout: colored });
  assert.equal(
    colored.text.split('\n').slice(1).join('\n'),
    '\x1b[36mserver │\x1b[39m a\n\x1b[33mclient │\x1b[39m b\n',
  );
  const plain = Object.assign(new CollectedOutput(), { isTTY: true });
  await show([begin, printed('a\n')], { stdout: plain, color: false });
  assert.match(plain.text, /^server │ a$/m);
});

test('NO_COLOR makes a terminal plain', async () => {
  process.env['NO_COLOR'] = '1';
  try {
    const terminal = Object.assign(new CollectedOutput(), { isTTY: true });
    await show(tp1Bodies, { stdout: terminal });
    assert.doesNotMatch(terminal.text, /\x1b/);
  } finally {
    delete process.env['NO_COLOR'];
  }
});

/** What programs print to take over a terminal; each must leave the words around it and nothing else. */
const ATTACKS: Readonly<Record<string, string>> = {
  'a clipboard write (OSC 52)': '\x1b]52;c;ZXZpbA==\x07',
  'a clipboard write ended by ST': '\x1b]52;c;ZXZpbA==\x1b\\',
  'a title': '\x1b]0;pwned\x07',
  'a title in C1': '\x9d2;pwned\x9c',
  'a report of the title, which types it': '\x1b[21t',
  'DECRQSS, which types its answer': '\x1bP$q\nid\n\x1b\\',
  'a request for termcap': '\x1bP+q544e\x1b\\',
  'a cursor report': '\x1b[6n',
  'a device report': '\x1b[c\x1b[>c\x1b[=c\x1bZ\x05',
  'an eight-bit control sequence': '\x9b6n\x9b2J',
  'a changed key (DECUDK)': '\x1bP1;1|17/6964\x1b\\',
  'an alternate screen': '\x1b[?1049h\x1b[?47h',
  'mouse and paste modes': '\x1b[?1003h\x1b[?2004h',
  'a scroll region': '\x1b[1;2r\x1b[?6h',
  'a full reset': '\x1bc\x1b[!p',
  'another character set': '\x1b(0\x0e',
  'a link': '\x1b]8;;http://evil/\x07\x1b]8;;\x07',
  'a tmux passthrough': '\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\',
  'a kitty picture': '\x1b_Gf=100;AAAA\x1b\\',
  'an iTerm2 file': '\x1b]1337;File=name=eA==:AAAA\x07',
  'a bell and nulls': '\x07\0\x7f',
  'invisible text': '\x1b[8m\x1b[30;40m',
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(`${name} never reaches the user's terminal`, async () => {
    const { stdout } = await show([begin, printed(`before ${attack}`), printed(' after\r\n')]);
    assert.doesNotMatch(stdout.text, /[^\P{Cc}\n]/u);
    assert.match(stdout.text, /^server │ before /m);
    assert.match(stdout.text, / after$/m);
  });
}

test('a control string that never ends hides the rest of its line only', async () => {
  const { stdout } = await show([begin, printed('a\x1b]52;c;'), printed('hidden\r\nb\r\n\x1bPhidden\r\nc\r\n')]);
  assert.equal(stdout.text.split('\n').slice(1).join('\n'), 'server │ a\nserver │ b\nserver │\nserver │ c\n');
});

test('names, reasons and commands that hold control sequences are shown harmless', async () => {
  const nasty = '\x1b]0;x\x07\u202e\nnext';
  const { stdout, stderr } = await show([
    { ...begin, scenario: nasty },
    { kind: 'scenario-step-started', index: 0, line: 1, text: nasty },
    { kind: 'command-finished', machine: 'vm1', command: nasty, exitCode: undefined, output: nasty },
    { kind: 'scenario-step-failed', index: 0, line: 1, text: nasty, durationMs: 1, reason: nasty },
    { kind: 'notice', level: 'info', message: nasty, hint: nasty },
    { kind: 'step-failed', id: 'x', title: nasty, reason: nasty, durationMs: 1 },
  ]);
  for (const { text } of [stdout, stderr]) assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
});

test('a slow reader holds the source back', async () => {
  const stdout = new CollectedOutput({ slow: true, highWaterMark: 10 });
  const { events } = openDisplay({
    stdout,
    stderr: new CollectedOutput(),
    color: false,
    loudness: 'normal',
    json: false,
  });
  let isFree = false;
  const wait = Promise.resolve(events.emit(printed('a line that is longer than the stream can take\n'))).then(
    () => (isFree = true),
  );
  assert.equal(events.emit(printed('no line feed')), undefined);
  await new Promise(setImmediate);
  assert.equal(isFree, false);
  stdout.release();
  await wait;
});

test('a reader that went away does not stop the run', async () => {
  const stdout = new CollectedOutput();
  stdout.destroy();
  const { stderr } = await show(tp1Bodies, { stdout });
  assert.equal(stderr.text, '');
});

test('an unfinished line that does not change is shown, and not again when it is completed so', async () => {
  const stdout = new CollectedOutput();
  const screen = new StatusLines({ stdout, stderr: new CollectedOutput(), color: false });
  const relay = new Relay(screen, { loudness: 'normal', partialAfterMs: 5 });
  const [first, second, third] = stamped([printed('Name? '), printed('\r\n'), printed('next\r\n')]);
  await relay.listen(first!);
  await retryUntil(() => (stdout.text === '' ? { seen: 'nothing' } : { value: true }), {
    what: 'the prompt',
    timeoutMs: 2000,
  });
  assert.equal(stdout.text, 'server │ Name? \n');
  await relay.listen(second!);
  await relay.listen(third!);
  assert.equal(stdout.text, 'server │ Name? \nserver │ next\n');
  relay.close();
});

test('the terminal at which the user sits is not relayed', async () => {
  const { stdout } = await show([begin, printed('a\nunfinished'), printed('b\n', 'client')], {
    without: new Set(['server']),
  });
  assert.equal(stdout.text.split('\n').slice(1).join('\n'), 'client │ b\n');
});

test('forty megabytes of output pass through with bounded memory', async () => {
  const data = Array.from({ length: 1500 }, (_, day) => `all work and no play makes Jack dull, day ${day}\r\n`).join(
    '',
  );
  const sink = new CollectedOutput();
  let length = 0;
  sink._write = (chunk: string, _encoding, callback): void => {
    length += chunk.length;
    callback();
  };
  const { events } = openDisplay({
    stdout: sink,
    stderr: new CollectedOutput(),
    color: false,
    loudness: 'normal',
    json: false,
  });
  await events.emit(begin);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 600; i++) await events.emit(printed(data));
  const grownMiB = (process.memoryUsage().heapUsed - before) / 1_048_576;
  assert.ok(length > 600 * data.length, 'all of it came out');
  assert.ok(grownMiB < 100, `the heap grew by ${grownMiB} MiB`);
});

test('lines that come again and again are counted from the twentieth time on, until others come', async () => {
  const { stdout } = await show([
    begin,
    printed('lost\r\n\r\n'.repeat(30)),
    printed('lost\r\n\r\n'.repeat(1000)),
    printed('found\r\n'),
    printed('tick\r\n'.repeat(23), 'client'),
    { kind: 'program-exited', role: 'client', machine: 'vm2', exitCode: 0, signal: undefined },
  ]);
  const lines = stdout.text.split('\n').slice(1);
  assert.deepEqual(lines.slice(0, 44), [
    ...Array.from({ length: 20 }, () => ['server │ lost', 'server │']).flat(),
    'server │ … the same 2 lines 1010 times more',
    'server │ found',
    'client │ tick',
    'client │ tick',
  ]);
  assert.deepEqual(lines.slice(-4), ['client │ tick', 'client │ … the same line 3 times more', 'client · exit 0', '']);
});
