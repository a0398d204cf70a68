import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommandLine, type Asked } from '../../src/cli/command/command-line.ts';
import { globalOptions, questions } from '../../src/cli/command/global-options.ts';
import { otherWays } from '../../src/cli/command/other-ways.ts';
import { readWords } from '../../src/cli/command/read-words.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { runCli, smallLab, temporaryFolder } from '../helpers/cli.ts';

const remoteCases: readonly [title: string, argv: string, operands: string, remote: string | undefined][] = [
  ['what follows "--" of exec is the command', 'exec vm1 vm2 -- ls -l --all', 'vm1 vm2', 'ls -l --all'],
  ['exec without "--" has no command', 'exec vm1 ls', 'vm1 ls', undefined],
  ['exec with nothing after "--" has no command', 'exec vm1 --', 'vm1', ''],
  ['only the first "--" is ours', 'exec vm1 -- sh -- x', 'vm1', 'sh -- x'],
  ['what follows the machine of ssh is the command, options too', 'ssh vm1 ls --json -q', 'vm1', 'ls --json -q'],
  ['ssh may be given "--", which is not part of the command', 'ssh vm1 -- ls', 'vm1', 'ls'],
  ['only the first "--" of ssh is ours', 'ssh vm1 -- sh -- x', 'vm1', 'sh -- x'],
  ['options before the machine of ssh are ours', '-f a.yaml --json ssh -t vm1 top -H', 'vm1', 'top -H'],
  ['ssh without a command logs in', 'ssh vm1', 'vm1', ''],
  ['help and version of a command of the machine are its own', 'ssh vm1 ls --help -V', 'vm1', 'ls --help -V'],
  ['the value of a global option is no command', '--name ssh status x', 'x', undefined],
  ['after "--" of other commands all words are operands', 'cp -- -a vm1:', '-a vm1:', undefined],
];

describe('the command for a machine', () => {
  for (const [title, argv, operands, remote] of remoteCases) {
    test(title, () => {
      const reading = readWords(argv.split(' '), commands);
      assert.equal(reading.operands.join(' '), operands);
      assert.equal(reading.untouched?.join(' '), remote);
    });
  }
});

/** All that a command line says, whether or not it can be. */
function meaning(line: string): object {
  const { asked, global } = parseCommandLine(line.split(' '), { commands, version: '1.2.3' });
  return { global, asked: saidBy(asked) };
}

function saidBy(asked: Asked): object {
  if ('fault' in asked) return { code: asked.fault.code, message: asked.fault.message };
  if ('show' in asked || 'topic' in asked) return asked;
  const { command, bound } = asked;
  return { command: command.name, arguments: bound.arguments, options: bound.options, takesScreen: bound.takesScreen };
}

describe('every spelling of one command line says the same', () => {
  const spellings: readonly (readonly string[])[] = [
    [
      '-q -f lab.yaml exec vm1 -- ls -q',
      '-qf lab.yaml exec vm1 -- ls -q',
      '-qflab.yaml exec vm1 -- ls -q',
      '--quiet --file=lab.yaml exec vm1 -- ls -q',
      'exec -qf lab.yaml vm1 -- ls -q',
      'exec vm1 -f lab.yaml -q -- ls -q',
      '-q exec vm1 --file lab.yaml -- ls -q',
    ],
    [
      '-q -f lab.yaml ssh vm1 ls -d /tmp',
      '-qf lab.yaml ssh vm1 ls -d /tmp',
      '-qflab.yaml ssh vm1 ls -d /tmp',
      '--file=lab.yaml -q ssh vm1 -- ls -d /tmp',
      'ssh -qf lab.yaml vm1 ls -d /tmp',
      'ssh --quiet -f lab.yaml vm1 ls -d /tmp',
    ],
    ['-q -v -f lab.yaml status', '-qvf lab.yaml status', '-vqflab.yaml status', 'status -vq --file=lab.yaml'],
    ['-f lab.yaml status', '-f=lab.yaml status', '-flab.yaml status'],
    ['-q -f lab.yaml status', '-qf=lab.yaml status', 'status -qflab.yaml'],
    ['-f =lab.yaml status', 'status --file =lab.yaml', 'status -f =lab.yaml'],
    ['ssh -q -t vm1 top', 'ssh -tq vm1 top', 'ssh -qt vm1 top', '-q ssh --tty vm1 top'],
    ['-q check-port -y 7999 --kill', 'check-port -yq 7999 --kill', 'check-port --kill 7999 -qy'],
    ['--json run tp1 --as client', 'run --as client tp1 --json', 'run tp1 --as=client --json'],
    ['--no-color record x', 'record x --no-color', 'record --no-color x'],
    ['images pull a b --offline -q', '-q images pull --offline a b', 'images -q pull a --offline b'],
    ['up --help', '--help up', 'help up', '-h up', 'up -h', 'up -qh', 'up --recreate --help', 'up --nonsense --help'],
    ['images pull --help', 'help images pull', 'images --help pull'],
    ['-V', '--version', 'up --version', 'up -qV', 'ssh --version vm1'],
  ];
  for (const [first = '', ...others] of spellings) {
    test(first, () => {
      for (const line of others) {
        const { asked, global } = meaning(line) as { asked: object; global: object };
        const expected = meaning(first) as { asked: object; global: object };
        assert.deepEqual(asked, expected.asked, line);
        if (!('show' in asked)) assert.deepEqual(global, expected.global, line);
      }
    });
  }
});

test('how to say things is known on a line that is wrong, too', () => {
  for (const line of [
    'up --nonsense --json -vq',
    'stauts -qv --json',
    '--json -qv',
    'check-port -q --json x -v',
    '-vqx up --json',
  ]) {
    const { global, asked } = parseCommandLine(line.split(' '), { commands, version: '1.2.3' });
    assert.ok('fault' in asked, line);
    assert.deepEqual([global.json, global.quiet, global.verbose], [true, true, true], line);
  }
});

test('the words of a machine change nothing of how we say things', () => {
  for (const line of [
    'ssh vm1 ls --json -qv --no-color',
    'exec vm1 -- ls --json -qv --no-color',
    'ssh vm1 -- x --as y',
  ]) {
    const { global, asked } = parseCommandLine(line.split(' '), { commands, version: '1.2.3' });
    assert.ok('bound' in asked && !asked.bound.takesScreen, line);
    assert.deepEqual([global.json, global.quiet, global.verbose, global.color], [false, false, false, true], line);
  }
});

describe('what cannot be is refused', () => {
  const cases: readonly [line: string, code: string, message: RegExp][] = [
    ['--json=yes status', 'unknown-option', /option "--json" takes no value/],
    ['status -q=1', 'unknown-option', /option "-q" takes no value/],
    ['status -json', 'unknown-option', /unknown option "-json"/],
    ['-file lab.yaml status', 'unknown-option', /unknown option "-file"/],
    ['run -as client', 'unknown-option', /unknown option "-as"/],
    ['-qx status', 'unknown-option', /unknown option "-x"/],
    ['status -f', 'option-missing-argument', /"-f, --file <path>" argument missing/],
    ['status -qf', 'option-missing-argument', /"-f, --file <path>" argument missing/],
    ['--recreate up', 'unknown-option', /unknown option "--recreate"/],
    ['help nonsense', 'unknown-command', /no command or topic "nonsense"/],
    ['help images nonsense', 'unknown-action', /no "lab images nonsense"/],
    ['help images pull nonsense', 'unknown-action', /no "lab images pull nonsense"/],
    ['help up down', 'unknown-action', /no "lab up down"/],
    ['help --nonsense', 'unknown-option', /unknown option "--nonsense"/],
    ['nonsense --help', 'unknown-command', /unknown command "nonsense"/],
    ['images nonsense --help', 'unknown-action', /no "lab images nonsense"/],
    ['images', 'missing-argument', /pull, list, import, rm/],
    ['images pul x', 'unknown-action', /no "lab images pul"/],
    ['images pull', 'no-name', /missing required argument "image"/],
    ['images import', 'no-name', /missing required argument "file"/],
    ['snapshot save', 'no-name', /missing required argument "snapshot"/],
    ['check-port 70000', 'wrong-port', /not a TCP or UDP port/],
    ['run --repeat 0', 'wrong-repeat', /--repeat wants a number from 1 on, not "0"/],
    ['run --max-output 1K', 'wrong-size', /--max-output wants a size from 64 KiB on, not "1K"/],
    ['replay --speed fast', 'wrong-speed', /--speed wants a number above 0, not "fast"/],
    ['console vm1 --lines 0', 'wrong-lines', /--lines wants a number from 1 on, not "0"/],
  ];
  for (const [line, code, message] of cases) {
    test(`lab ${line}`, () => {
      const { asked } = parseCommandLine(line.split(' '), { commands, version: '1.2.3' });
      assert.ok('fault' in asked);
      assert.equal(asked.fault.code, code);
      assert.match(asked.fault.message, message);
    });
  }
});

test('what other tools have a word for is answered with what to type here', () => {
  const ways: readonly [line: string, hint: RegExp][] = [
    ['ls', /^did you mean "status"\?$/],
    ['LS', /^did you mean "status"\?$/],
    ['destroy', /^did you mean "down"\?$/],
    ['shell vm1', /^did you mean "ssh"\?$/],
    ['copy a vm1:', /^did you mean "cp"\?$/],
    ['help ps', /^did you mean "lab help status"\?$/],
    ['pingall', /^did you mean "ping"\?$/],
    ['reboot', /"lab up --recreate"/],
    ['version', /"lab --version"/],
    ['cp -r www vm1:', /folder is copied/],
    ['up -d', /returns as soon as/],
    ['up vm1', /together/],
    ['check-port -p 7999', /lab check-port 7999/],
    ['check-port vm1 7999', /--on vm1/],
    ['init tp1', /--template tp1 --in tp1/],
    ['status -json', /did you mean "--json"/],
    ['-file lab.yaml status', /did you mean "--file"/],
  ];
  for (const [line, hint] of ways) {
    const { asked } = parseCommandLine(line.split(' '), { commands, version: '1.2.3' });
    assert.ok('fault' in asked, line);
    assert.match(asked.fault.hint ?? '', hint, line);
  }
});

test('no word of another tool is a command here, and none stands for two', () => {
  const words = [...commands.flatMap(({ alsoCalled = [] }) => alsoCalled), ...otherWays().keys()];
  assert.equal(new Set([...words, ...commands.map(({ name }) => name)]).size, words.length + commands.length);
});

test('lab itself reads joined options as it reads them apart', async () => {
  using folder = temporaryFolder({ 'lab.yaml': smallLab });
  const lines = ['-qf lab.yaml exec vm1 -- ls', '-qf lab.yaml ssh vm1 ls -d /tmp', 'exec -qflab.yaml vm1 -- ls'];
  for (const { stderr } of await Promise.all(lines.map((line) => runCli(line.split(' '), { cwd: folder.path }))))
    assert.equal(stderr, 'error: this lab is not up\nhint: Run "lab up" first.\n');
});

test('no option of a command has the name or the letter of one that every command has', () => {
  const common = Object.entries({ ...globalOptions, ...questions });
  const letters = new Set(common.map(([, { short }]) => short));
  for (const { name, options } of [...commands, ...commands.flatMap(({ commands: nested }) => nested)]) {
    for (const [option, { short }] of Object.entries(options)) {
      assert.ok(!common.some(([known]) => known === option), `${name}: ${option}`);
      // As with all tools that follow a log: there the letter is the command's.
      const isFollow = name === 'logs' && short === 'f';
      assert.ok(short === undefined || isFollow || !letters.has(short), `${name}: -${short}`);
    }
  }
});
