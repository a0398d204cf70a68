import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openDisplay } from '../../src/cli/show/display.ts';
import { Progress, type Loudness } from '../../src/cli/show/progress.ts';
import { StatusLines } from '../../src/cli/show/status-lines.ts';
import { inStep, type Event, type EventBody } from '../../src/core/events.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { CollectedOutput } from '../helpers/collected-output.ts';
import { assertGolden } from '../helpers/golden.ts';
import { pictureOf } from '../helpers/picture.ts';

delete process.env['NO_COLOR'];
delete process.env['FORCE_COLOR'];

const bodies: readonly EventBody[] = [
  { kind: 'step-started', id: '1', title: 'start vm1' },
  { kind: 'step-started', id: '2', title: 'start vm2' },
  { kind: 'step-progress', id: '2', note: 'waits for sshd' },
  { kind: 'step-finished', id: '1', title: 'start vm1', note: '192.168.100.4', durationMs: 83.4 },
  { kind: 'notice', level: 'info', message: 'nothing changed' },
  { kind: 'notice', level: 'warning', message: 'vm2 is slow', hint: 'Give it more memory:\nmemory: 512M' },
  { kind: 'step-failed', id: '2', title: 'start vm2', reason: 'no answer\nwithin 15 s', durationMs: 15_012 },
];

async function show(loudness: Loudness, json = false): Promise<{ stdout: string; stderr: string; collected: object }> {
  const [stdout, stderr] = [new CollectedOutput(), new CollectedOutput()];
  const shown = openDisplay({ stdout, stderr, color: true, loudness, json });
  for (const body of bodies) await shown.events.emit(body);
  shown.close();
  return { stdout: stdout.text, stderr: stderr.text, collected: shown.collected() };
}

for (const loudness of ['quiet', 'normal', 'verbose'] as const) {
  test(`where there is no terminal, ${loudness} progress is plain lines on stderr`, async () => {
    const { stdout, stderr } = await show(loudness);
    assertGolden(join(import.meta.dirname, 'golden', `progress-${loudness}.txt`), stderr);
    assert.equal(stdout, '');
  });
}

test('--json collects steps and notices and leaves stdout alone', async () => {
  const { stdout, collected } = await show('normal', true);
  assert.equal(stdout, '');
  assert.deepEqual(collected, {
    steps: [
      { title: 'start vm1', ok: true, note: '192.168.100.4', durationMs: 83.4 },
      { title: 'start vm2', ok: false, note: 'no answer\nwithin 15 s', durationMs: 15_012 },
    ],
    notices: [
      { level: 'info', message: 'nothing changed', hint: null },
      { level: 'warning', message: 'vm2 is slow', hint: 'Give it more memory:\nmemory: 512M' },
    ],
  });
});

test('a step of the domain shows with its note and its time', async () => {
  const stderr = new CollectedOutput();
  const { events } = openDisplay({
    stdout: new CollectedOutput(),
    stderr,
    color: false,
    loudness: 'normal',
    json: false,
  });
  await inStep(
    events,
    'copy files',
    async () => 3,
    (count) => `${count} files`,
  );
  assert.match(stderr.text, /^✔ copy files {2}3 files {2}\d+ ms\n$/);
});

async function onTerminal(environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const command = quoteCommand([process.execPath, join(import.meta.dirname, 'fixtures', 'display-on-terminal.ts')]);
  const env = { ...process.env, TERM: 'xterm-256color', ...environment };
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], { env, timeout: 20_000 });
  return stdout;
}

test('on a terminal the present is drawn below the lines and leaves nothing behind', async () => {
  const seen = await onTerminal();
  assertGolden(join(import.meta.dirname, 'golden', 'terminal.txt'), `${pictureOf(seen)}\n`);
});

test('on a terminal the spinner moves, a long status is cut, and many steps are counted', async () => {
  const seen = await onTerminal();
  const beforeLines = seen.slice(0, seen.indexOf('✔'));
  assert.match(beforeLines, /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏].* start vm1/);
  assert.match(beforeLines, /waits for sshd, which needs its time \.+…/);
  assert.match(beforeLines, /… and 3 more/);
  const widest = Math.max(
    ...pictureOf(beforeLines)
      .split('\n')
      .map((line) => line.length),
  );
  assert.ok(widest <= 79, `a status line takes ${widest} columns of 80`);
  assert.match(seen, /client │.* client@vm2:7999\$ \r\n/, 'an unfinished line stands in the status');
});

test('a terminal that cannot move its cursor gets plain lines', async () => {
  const command = quoteCommand([
    process.execPath,
    '-e',
    `
    import(${JSON.stringify(join(import.meta.dirname, '../../src/cli/show/display.ts'))}).then(async ({ openDisplay }) => {
      const { events, close } = openDisplay({ stdout: process.stdout, stderr: process.stderr, color: true, loudness: 'normal', json: false });
      await events.emit({ kind: 'step-started', id: '1', title: 'one' });
      await events.emit({ kind: 'step-finished', id: '1', title: 'one', durationMs: 1 });
      close();
    });
  `,
  ]);
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'dumb' },
  });
  assert.equal(stdout, '✔ one  1 ms\r\n');
});

function at(seconds: number): Event['at'] {
  return { wallMs: 0, monotonicMs: seconds * 1000 };
}

test('where there is no terminal, a step that takes long says how it goes on every five seconds, not oftener', async () => {
  const stderr = new CollectedOutput();
  const progress = new Progress(new StatusLines({ stdout: new CollectedOutput(), stderr, color: false }), 'normal');
  await progress.listen({ kind: 'step-started', id: '1', title: 'get tools', at: at(10) });
  for (let seconds = 11; seconds <= 21; seconds++)
    await progress.listen({ kind: 'step-progress', id: '1', note: `${seconds - 10} of 20 MB`, at: at(seconds) });
  assert.equal(stderr.text, '… get tools: 5 of 20 MB\n… get tools: 10 of 20 MB\n');
});
