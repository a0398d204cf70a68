import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { logs } from '../../src/commands/runs/logs.ts';
import { runAs } from '../../src/commands/runs/run-as.ts';
import { up } from '../../src/commands/lab/up.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { mainFile } from '../helpers/cli.ts';
import { testContext, type TestContextOptions } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

/** Sets the title of its terminal first, which no operator may notice. */
const asker = (question: string): string =>
  `[sh, -c, 'printf "\\033]0;title\\007${question} "; read -r answer && echo "so <$answer>" || echo "no answer"']`;
const lab = `version: 1
name: operators
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  one: { on: vm1, command: ${asker('name?')}, prompt: "name? " }
  two: { on: vm2, command: ${asker('age?')}, prompt: "age? " }
scenarios:
  both:
    - start: [one, two]
    - send: { one: Ada }
    - send: { two: "36" }
    - expect: { two: "so <" }
    - exit: { one: 0, two: 0 }
`;

describe('lab run --as', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  const user = (options?: TestContextOptions): ReturnType<typeof testContext> => testContext(folder.path, options);
  const socket = join(folder.path, '.lab/run.sock');
  const waiting = (): Promise<unknown> =>
    retryUntil(() => (existsSync(socket) ? { value: true } : { seen: 'no socket' }), {
      what: 'the run to wait',
      timeoutMs: 10_000,
    });

  before(async () => {
    await up(user().context, { recreate: false });
  });
  after(async () => {
    await down(user().context, { purge: true });
    await folder[Symbol.asyncDispose]();
  });

  test('gives one keyboard and screen to the user, and plays the other', async () => {
    const { context, written } = user({ input: 'Grace\n' });
    const result = await runAs(context, { scenario: undefined, role: 'one', others: [] });
    assert.equal(result.result, 'passed');
    const { stdout } = await written();
    // What is typed ahead is echoed at once, by the terminal on the machine.
    assert.match(stdout, /^(Grace\r\nname\? |name\? Grace\r\n)so <Grace>\r\n$/);
  });

  test('lets a second terminal join, each with its own screen', async () => {
    const [first, second] = [user({ input: 'Grace\n' }), user({ input: '85\n' })];
    const playing = runAs(first.context, { scenario: 'both', role: 'one', others: ['two'] });
    await waiting();
    const joined = await runAs(second.context, { scenario: undefined, role: 'two', others: [] });
    assert.deepEqual(joined, { role: 'two', result: 'passed' });
    assert.equal((await playing).result, 'passed');
    const [one, two] = [(await first.written()).stdout, (await second.written()).stdout];
    assert.match(one, /so <Grace>/);
    assert.doesNotMatch(one, /age|85/);
    assert.match(two, /so <85>/);
    assert.doesNotMatch(two, /name|Grace/);
    assert.ok(!existsSync(socket));
  });

  test('refuses a seat that nobody waits for, and the run waits on', async () => {
    const controller = new AbortController();
    const playing = runAs(user({ signal: controller.signal }).context, {
      scenario: 'both',
      role: 'one',
      others: ['two'],
    });
    await waiting();
    await assert.rejects(runAs(user().context, { scenario: 'both', role: 'one', others: [] }), {
      code: 'seat-refused',
      message: 'the run waits for two, not for one',
    });
    controller.abort(new Error('the user had enough'));
    await assert.rejects(playing, /had enough/);
    assert.ok(!existsSync(socket), 'the socket is gone');
  });

  test('a second terminal that goes away is an end of input', async () => {
    const controller = new AbortController();
    const [first, second] = [user({ input: 'Grace\n' }), user({ signal: controller.signal })];
    // Its input stays open: only going away ends it.
    const open = { ...second.context, terminal: { ...second.context.terminal, stdin: new PassThrough() } };
    const playing = runAs(first.context, { scenario: 'both', role: 'one', others: ['two'] });
    await waiting();
    const joined = assert.rejects(runAs(open, { scenario: 'both', role: 'two', others: [] }), /had enough/);
    await retryUntil(
      () =>
        first.events.some((event) => event.kind === 'terminal-opened' && event.role === 'two')
          ? { value: true }
          : { seen: 'not started' },
      { what: 'two to start', timeoutMs: 10_000 },
    );
    controller.abort(new Error('the user had enough'));
    await joined;
    await playing;
    assert.match(
      (await logs(user().context, { run: undefined, role: 'two', collect: true })).log ?? '',
      /no answer\n$/,
    );
  });

  test('knows which programs the scenario starts', async () => {
    await assert.rejects(runAs(user().context, { scenario: 'both', role: 'client', others: [] }), {
      code: 'unknown-role',
      hint: 'known: one, two',
    });
  });

  for (const [title, keys, exitCode, seen] of [
    ['passes keys on as they are pressed', 'Ada\r', 0, /name\? Ada\r\r?\nso <Ada>/],
    ['ends the run with Ctrl-]', '\x1d', 130, /name\? /],
  ] as const) {
    test(`on a real terminal ${title}`, async () => {
      const command = quoteCommand([process.execPath, mainFile, 'run', '--as', 'one']);
      const child = spawn('script', ['-qefc', command, '/dev/null'], {
        cwd: folder.path,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      let output = '';
      let isPressed = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (!isPressed && /^name\? $/m.test(output)) {
          isPressed = true;
          child.stdin.write(keys);
        }
      });
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, exitCode, output);
      assert.match(output, seen);
      assert.ok(!output.includes('\x1b]'), "the title of the terminal is the user's");
    });
  }
});
