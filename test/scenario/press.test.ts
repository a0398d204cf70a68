import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { observe } from '../../src/observe/observe.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { renderFailure } from '../../src/scenario/render-failure.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import { labOf, TWO_MACHINES } from '../helpers/scenario-lab.ts';
import { startSshd, type TestSshd } from '../helpers/ssh/sshd.ts';
import { play, type Played } from '../helpers/stage.ts';
import { without } from '../helpers/tools.ts';

let sshd: TestSshd;
let shells: ReadonlyMap<string, Shell>;

before(async () => {
  sshd = await startSshd();
  shells = new Map([['vm1', await sshd.connect({ machine: 'vm1' })]]);
});
after(() => sshd[Symbol.asyncDispose]());

function passes({ result, source }: Played): void {
  assert.equal(result.result, 'passed', renderFailure(result, { file: 'lab.yaml', source }));
}

/** Program `one` with steps; it is started first. */
function labOfOne(command: string, steps: readonly string[], more = ''): string {
  const lines = ['start: one', ...steps].map((step) => `    - ${step}\n`);
  return `programs:\n  one: { on: vm1, command: [${command}]${more} }\nscenarios:\n  s:\n${lines.join('')}`;
}

const hex = (sent: string): string => Buffer.from(sent).toString('hex');

/** What is pressed, and what the terminal sends: terminfo(5) of xterm-256color; with modifiers, `kUP5` and its like. */
const PRESSED: readonly (readonly [string, string])[] = [
  ['q', 'q'],
  ['[a, "b c", é]', 'ab cé'],
  ['[Tab, Enter, Esc, Space]', '\t\r\x1b '],
  ['[Backspace, Delete, Insert]', '\x7f\x1b[3~\x1b[2~'],
  ['[PageUp, PageDown, page-up]', '\x1b[5~\x1b[6~\x1b[5~'],
  ['[F1, F2, F3, F4]', '\x1bOP\x1bOQ\x1bOR\x1bOS'],
  ['[F5, F6, F7, F8, F9, F10, F11, F12]', '\x1b[15~\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~'],
  ['[Ctrl-C, Ctrl-d, ctrl+X, "Ctrl-\\\\"]', '\x03\x04\x18\x1c'],
  ['[Alt-e, Alt-E, Alt-Enter, Shift-Tab]', '\x1be\x1bE\x1b\r\x1b[Z'],
  ['[Ctrl-Left, Shift-Up, Ctrl-Shift-End, Alt-F4, Shift-F5]', '\x1b[1;5D\x1b[1;2A\x1b[1;6F\x1b[1;3S\x1b[15;2~'],
];

test('press sends keys without Enter, as the terminal of terminfo sends them', async () => {
  const steps = PRESSED.flatMap(([keys, sent]) => [
    `press: { one: ${keys} }`,
    'press: { one: . }',
    `expect: { one: "got ${hex(sent)}\\n" }`,
  ]);
  passes(
    await play(
      shells,
      labOfOne('python3, keys.py', [
        'expect: { one: ready }',
        ...steps,
        'press: { one: [Up, down, Right, ArrowLeft, Home, End, .] }',
        `expect: { one: "got ${hex('\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F')}\\n" }`,
        'press: { one: x }',
        'exit: { one: 0 }',
      ]),
    ),
  );
});

test('the arrows are those of the application mode when the program asked for it', async () => {
  passes(
    await play(
      shells,
      labOfOne('python3, keys.py, application', [
        'expect: { one: ready }',
        'press: { one: [Up, Down, Right, Left, Home, End, Ctrl-Up, F1, .] }',
        `expect: { one: "got ${hex('\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF\x1b[1;5A\x1bOP')}\\n" }`,
        'press: { one: x }',
        'exit: { one: 0 }',
      ]),
    ),
  );
});

test('Esc is a key of its own, also when another follows: a program that reads both at once takes them for Alt', async () => {
  const reads =
    "import os, tty; tty.setraw(0); print('ready', end='', flush=True); print([os.read(0, 9) for _ in range(3)])";
  passes(
    await play(
      shells,
      labOfOne(`python3, -c, "${reads}"`, [
        'expect: { one: ready }',
        'press: { one: [Esc, q, Esc] }',
        'press: { one: Alt-q }',
        `expect: { one: "[b'\\\\x1b', b'q\\\\x1b', b'\\\\x1bq'" }`,
        'exit: { one: 0 }',
      ]),
    ),
  );
});

test('a curses program is played with keys, and expected on its screen', async () => {
  const played = await play(
    shells,
    labOfOne('python3, menu.py', [
      'expect: { one: " Market " }',
      'expect: { one: "> apples" }',
      'press: { one: [Down, Down] }',
      'expect: { one: "/^│ +> figs +│$/" }',
      'press: { one: [Up, Enter] }',
      'expect: { one: "Basket: pears" }',
      'press: { one: F1 }',
      'expect: { one: "Basket: 5 letters" }',
      'press: { one: q }',
      'expect: { one: "good bye" }',
      'exit: { one: 0 }',
    ]),
  );
  passes(played);
  assert.deepEqual(
    played.events.of('terminal-input').map(({ data, by }) => [data, by]),
    [
      ['\x1bOB\x1bOB', 'scenario'],
      ['\x1bOA\r', 'scenario'],
      ['\x1bOP', 'scenario'],
      ['q', 'scenario'],
    ],
  );
});

test('what a curses program does not show fails, with its screen as it is', async () => {
  const { result } = await play(
    shells,
    labOfOne('python3, menu.py', [
      'expect: { one: "> apples" }',
      'press: { one: Down }',
      'expect: { one: "> pears" }',
      '{ expect: { one: "> apples" }, timeout: 300ms }',
    ]),
  );
  assert.equal(result.failedStep?.index, 4);
  const lines = result.tails[0]!.lines;
  assert.equal(lines.length, 30);
  assert.match(lines[0]!, /^┌── Market ─+┐$/);
  assert.match(lines[3]!, /^│ {3}> pears +│$/);
  assert.match(lines[7]!, /^│ {3}Basket: nothing chosen +│$/);
});

test('less is played on its screen', { skip: without('less') }, async () => {
  passes(
    await play(
      shells,
      labOfOne('sh, -c, "seq -f \'line %g of many\' 200 | LESS= less"', [
        'expect: { one: "/^line 29 of many$/" }',
        'press: { one: [G] }',
        'expect: { one: "/^line 200 of many\\\\n.END.$/" }',
        'press: { one: [Home, g] }',
        'expect: { one: "/^line 1 of many$/" }',
        'press: { one: ["/", "line 150 ", Enter] }',
        'expect: { one: "/^line 150 of many$/" }',
        'press: { one: [Down, PageDown] }',
        'expect: { one: "/^line 180 of many$/" }',
        'press: { one: q }',
        'exit: { one: 0 }',
      ]),
    ),
  );
});

test('vi is played on its screen', { skip: without('busybox') }, async () => {
  passes(
    await play(
      shells,
      labOfOne('busybox, vi', [
        'expect: { one: "/^~$/" }',
        'press: { one: [i, "one two", Enter, three, Esc] }',
        'expect: { one: "one two\\nthree\\n~" }',
        'press: { one: [k, Home, d, w] }',
        'expect: { one: "/^two\\nthree$/" }',
        'press: { one: [":q!", Enter] }',
        'exit: { one: 0 }',
      ]),
    ),
  );
});

test('a key is not lost that comes before the program asks for single keys, nor when it polls for them', async () => {
  const program =
    'import os, select, sys, termios, time, tty; ' +
    'time.sleep(0.4); tty.setcbreak(0); ' +
    // As a game does: it looks at its keyboard now and then, and computes meanwhile.
    '[sum(range(2000)) for _ in iter(lambda: select.select([0], [], [], 0)[0], [0])]; ' +
    "print('got', os.read(0, 9))";
  await using observer = observe(shells.get('vm1')!, { resident: true });
  passes(
    await play(
      shells,
      labOfOne(`python3, -c, "${program}"`, [
        'press: { one: z }',
        `{ expect: { one: "got b'z'" }, timeout: 8s }`,
        'exit: { one: 0 }',
      ]),
      { observers: new Map([['vm1', observer]]) },
    ),
  );
});

test('Ctrl-C goes to a program that does not read its keyboard, at once', async () => {
  await using observer = observe(shells.get('vm1')!, { resident: true });
  const played = await play(shells, labOfOne('sleep, 60', ['press: { one: Ctrl-C }', 'exit: { one: INT }']), {
    observers: new Map([['vm1', observer]]),
  });
  passes(played);
  const press = played.events.of('scenario-step-passed').find(({ index }) => index === 1);
  assert.ok(press!.durationMs < 1000, `${press!.durationMs} ms`);
});

test('what is pressed where the terminal does not echo a line is stored masked', async () => {
  await using observer = observe(shells.get('vm1')!, { resident: true });
  const played = await play(
    shells,
    labOfOne('python3, -c, "import getpass; print(len(getpass.getpass()))"', [
      'press: { one: [s3cret, Enter] }',
      'expect: { one: "6" }',
      'exit: { one: 0 }',
    ]),
    { observers: new Map([['vm1', observer]]) },
  );
  passes(played);
  assert.doesNotMatch(JSON.stringify(played.events.of('terminal-input')), /s3cret/);
});

test('keys go to a program that has not yet asked for single ones, too: they wait in its terminal', async () => {
  passes(
    await play(
      shells,
      labOfOne('cat', [
        'press: { one: [h, i, Enter] }',
        'expect: { one: "/^hi$/" }',
        'press: { one: Ctrl-D }',
        'exit: { one: 0 }',
      ]),
    ),
  );
});

async function problemsOf(keys: string): Promise<string[]> {
  const lab = await labOf(TWO_MACHINES + labOfOne('cat', [`press: ${keys}`]));
  return parseScenarios(lab).problems.map(({ path, message, hint }) => `${path} ${message}; ${hint}`);
}

/** Each row: what stands behind the verb, and the problem that validate tells; undefined when there is none. */
const WRITTEN: readonly (readonly [string, RegExp | undefined])[] = [
  ['{ one: Up }', undefined],
  ['{ one: [bonjour, "Hello you", "1", ^, "12"] }', undefined],
  [
    '{ one: Donw }',
    /^scenarios\.s\[1\]\.press\.one there is no key "Donw"; did you mean "Down"\? as text: \["D", "onw"\]$/,
  ],
  ['{ one: [q, pageupp] }', /^scenarios\.s\[1\]\.press\.one\[1\] there is no key "pageupp"; did you mean "PageUp"\?/],
  ['{ one: F13 }', /there is no key "F13"; did you mean "F1/],
  ['{ one: "^C" }', /there is no key "\^C"; did you mean "Ctrl-C"\? as text: \["\^", "C"\]$/],
  ['{ one: C-x }', /did you mean "Ctrl-X"\?/],
  ['{ one: Meta-x }', /did you mean "Alt-x"\?/],
  ['{ one: Ctrl-Enter }', /there is no key "Ctrl-Enter"; keys: Up, Down,/],
  ['{ one: Bonjour }', /there is no key "Bonjour"; keys: Up, .*; as text: \["B", "onjour"\]$/],
  ['{ one: [] }', /needs at least one key; for example: press: \{ client: \[Down, Enter\] \}$/],
  ['{ one: "" }', /must not be empty/],
  ['{ one: 5 }', /must be text, not 5; put it in quotes: "5"$/],
  ['{ two: q }', /there is no program "two"/],
  ['q', /must be a map from programs, not "q"/],
];

for (const [keys, problem] of WRITTEN) {
  test(`press: ${keys} ${problem ? 'is refused' : 'is taken'}`, async () => {
    const problems = await problemsOf(keys);
    assert.equal(problems.length, problem ? 1 : 0, problems.join('\n'));
    if (problem) assert.match(problems[0]!, problem);
  });
}

test('a step that presses keys reads as it is written', async () => {
  const lab = await labOf(
    TWO_MACHINES + labOfOne('cat', ['press: { one: [up, q, "a b", Ctrl+c, " "] }', 'press: { one: q }']),
  );
  const { scenarios } = parseScenarios(lab);
  assert.deepEqual(
    scenarios.get('s')!.steps.map(({ text }) => text),
    ['start: one', 'press: { one: [Up, q, "a b", Ctrl-C, " "] }', 'press: { one: q }'],
  );
});
