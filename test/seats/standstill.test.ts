import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { up } from '../../src/commands/lab/up.ts';
import { runAs } from '../../src/commands/runs/run-as.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { seatAt } from '../../src/seats/seat.ts';
import { ShownLine } from '../../src/seats/shown-line.ts';
import { mainFile } from '../helpers/cli.ts';
import { testContext, type TestContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const asker = (question: string): string =>
  `[sh, -c, 'printf "${question} "; read -r answer && echo "so <$answer>" || echo "no answer"; sleep 100']`;
const lab = `version: 1
name: standstill
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  one: { on: vm1, command: ${asker('name?')}, prompt: "name? " }
  two: { on: vm2, command: ${asker('age?')}, prompt: "age? " }
scenarios:
  stuck:
    - start: [one, two]
    - expect: { two: "so <37>" }
    - send: { two: "36" }
    - exit: { two: 0 }
`;
const STUCK = 'the scenario waits for "so <37>" on the terminal of two (step 2 of 4)';

const notices = ({ events }: TestContext): string[] =>
  events.flatMap((event) => (event.kind === 'notice' ? event.message : []));

describe('a user of lab run --as', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': lab });

  before(async () => {
    await up(testContext(folder.path).context, { recreate: false });
  });
  after(async () => {
    await down(testContext(folder.path).context, { purge: true });
    await folder[Symbol.asyncDispose]();
  });

  /** A user who sits there and types nothing. */
  function sitting(options: Parameters<typeof testContext>[1] = {}): TestContext {
    const user = testContext(folder.path, options);
    const stdin = Object.assign(new PassThrough(), { isTTY: options.isTTY === true });
    return { ...user, context: { ...user.context, terminal: { ...user.context.terminal, stdin } } };
  }

  test('is told who that is, what happens at the other terminals, and after a while what is waited for', async () => {
    const controller = new AbortController();
    const [first, second] = [sitting({ isTTY: true, signal: controller.signal }), sitting()];
    const spoken = [first, second].map(async ({ context }) => {
      const [chunk] = (await once(context.terminal.stderr, 'data')) as [Buffer];
      return chunk.toString();
    });
    const playing = runAs(first.context, { scenario: undefined, role: 'one', others: ['two'] });
    await retryUntil(() => (existsSync(join(folder.path, '.lab/run.sock')) ? { value: true } : { seen: 'no socket' }), {
      what: 'the run to wait',
      timeoutMs: 10_000,
    });
    const joined = runAs(second.context, { scenario: undefined, role: 'two', others: [] });
    // Both hold the keyboards: only the end of a program is left to wait for.
    assert.deepEqual(await Promise.all(spoken), Array(2).fill('the scenario waits for two to end (step 4 of 4)\n'));
    controller.abort(new Error('the user had enough'));
    assert.equal((await playing).result, 'interrupted');
    assert.deepEqual(await joined, { role: 'two', result: 'interrupted' });
    assert.match(
      notices(first).join('\n'),
      /^You are one, at the keyboard of "sh -c .*" on vm1\. two is played in another terminal\. Ctrl-\] ends the run\.$/m,
    );
    assert.match(
      notices(second).join('\n'),
      /^You are two, at the keyboard of "sh -c .*" on vm2\. one is played in another terminal\.$/m,
    );
  });

  test('reads it between what the program shows, once for each line that was typed', async () => {
    const command = quoteCommand([process.execPath, mainFile, 'run', '--as', 'one']);
    const child = spawn('script', ['-qefc', `stty cols 200; exec ${command}`, '/dev/null'], {
      cwd: folder.path,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const keys: [after: RegExp, press: string][] = [
      [/name\? $/, 'Gra'],
      [/step 2 of 4\).*name\? Gra$/s, 'ce\r'],
      [/so <Grace>.*step 2 of 4\)/s, '\x1d'],
    ];
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text.replaceAll(/\x1b\[\d*m/g, '');
      if (keys[0]?.[0].test(output)) child.stdin.write(keys.shift()![1]);
    });
    await once(child, 'close');
    const from = output.indexOf('You are one');
    const lines = output.slice(from).replaceAll('\r', '').split('\n');
    assert.match(
      lines[0]!,
      / The scenario stuck plays two: it waits for "so <37>", then types "36", and so on\. Ctrl-\] /,
    );
    assert.deepEqual(lines.slice(1, 6), ['name? Gra', STUCK, 'name? Grace', 'so <Grace>', STUCK]);
  });
});

describe('what lab says while a program has the terminal', () => {
  const standstill = { waitsFor: { kind: 'other' as const, text: '"Hi"' }, step: 0, steps: 2 };

  /** What the terminal gets after `shown`. */
  async function told(shown: readonly string[]): Promise<string> {
    const { context, written } = testContext('/');
    Object.assign(context.terminal.stdout, { isTTY: true });
    const seat = seatAt(context.terminal);
    seat.begin();
    for (const piece of shown) await seat.show(piece);
    seat.tell(standstill);
    return (await written()).stdout.slice(shown.join('').length).replaceAll(/\x1b\[2?2m/g, '');
  }

  const text = 'the scenario waits for "Hi" (step 1 of 2)\r\n';
  test('stands above the line that is being typed, which is shown again', async () => {
    assert.equal(await told(['Hello\r\n']), text);
    assert.equal(await told(['Hello\r\n> ', '\x1b[1mab\b']), `\r\n${text}> \x1b[1mab\b`);
  });

  test('is left out where it would destroy what a program has drawn', async () => {
    assert.equal(await told(['\x1b[?1049h\r\n']), '');
    assert.equal(await told(['\x1b[5;5Hmenu']), '');
    assert.equal(await told(['\x1b[5;5Hmenu', '\r\n> ']), `\r\n${text}> `);
  });

  test('is shown again only with a line of bounded length', () => {
    const line = new ShownLine();
    for (let piece = 0; piece < 10; piece++) line.take('x'.repeat(1000));
    assert.equal(line.below('words'), undefined);
    line.take('\n> ');
    assert.equal(line.below('words'), '\r\nwords\r\n> ');
  });
});
