import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseCommandLine, type Asked, type CommandLine } from '../../src/cli/command/command-line.ts';
import type { BoundCommand, CliCommand } from '../../src/cli/command/define-command.ts';
import type { GlobalValues } from '../../src/cli/command/global-options.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { UsageError } from '../../src/core/errors.ts';
import { assertGolden } from '../helpers/golden.ts';

function read(line: string): CommandLine {
  return parseCommandLine(line.split(' ').filter(Boolean), { commands, version: '1.2.3' });
}

interface Understood extends BoundCommand {
  readonly command: CliCommand;
  readonly global: GlobalValues;
}

function parse(line: string): Understood {
  const { asked, global } = read(line);
  assert.ok('bound' in asked, `"${line}" names no command: ${wordsOf(asked)}`);
  return { ...asked.bound, command: asked.command, global };
}

function shown(line: string): string {
  const { asked } = read(line);
  assert.ok('show' in asked, `"${line}" shows no words: ${wordsOf(asked)}`);
  return asked.show;
}

function refused(line: string): UsageError {
  const { asked } = read(line);
  assert.ok('fault' in asked, `"${line}" was understood`);
  return asked.fault;
}

function wordsOf(asked: Asked): string {
  if ('fault' in asked) return asked.fault.message;
  return 'show' in asked ? asked.show : 'topic' in asked ? asked.topic : asked.command.name;
}

function golden(name: string): string {
  return join(import.meta.dirname, 'golden', name);
}

describe('global options', () => {
  test('may stand before and after the command', () => {
    for (const line of ['--json -f a.yaml -q up', 'up --json -f a.yaml -q', '-q up --file a.yaml --json']) {
      const { global, command } = parse(line);
      assert.deepEqual([command.name, global.json, global.quiet, global.file], ['up', true, true, 'a.yaml'], line);
    }
  });

  test('default to colours and to what the lab file says', () => {
    const { file, name, provider, json, verbose, color } = parse('up').global;
    assert.deepEqual(
      { file, name, provider, json, verbose, color },
      { file: undefined, name: undefined, provider: undefined, json: false, verbose: false, color: true },
    );
    assert.equal(parse('up --no-color').global.color, false);
  });
});

describe('options of a command', () => {
  test('are given by their long names', () => {
    assert.deepEqual(parse('up --dry-run --recreate').options, {
      dryRun: true,
      recreate: true,
      offline: false,
      acceptNewHostKeys: false,
      param: [],
    });
    assert.deepEqual(parse('check-port 7999 --on vm1 --on vm2 --kill -y').options, {
      on: ['vm1', 'vm2'],
      kill: true,
      yes: true,
    });
    assert.equal(parse('run --no-capture').options['capture'], false);
  });

  test('leave arguments in order', () => {
    assert.deepEqual(parse('cp a vm1:').arguments, { source: 'a', target: 'vm1:' });
    assert.deepEqual(parse('exec vm1 vm2 -- ls').arguments, { machine: ['vm1', 'vm2'], command: ['ls'] });
    assert.deepEqual(parse('run').arguments, { scenario: undefined });
  });
});

describe('what is not understood', () => {
  const cases: readonly [line: string, code: string, message: RegExp, hint: RegExp][] = [
    ['stauts', 'unknown-command', /unknown command "stauts"/, /did you mean "status"\?/],
    ['up --dry-runn', 'unknown-option', /unknown option "--dry-runn"/, /did you mean "--dry-run"\?/],
    ['sta', 'unknown-command', /unknown command "sta"/, /did you mean "status"\?/],
    ['check', 'unknown-command', /unknown command "check"/, /did you mean "check-port"\?/],
    ['run --capture', 'unknown-option', /unknown option "--capture"/, /did you mean "--no-capture"\?/],
    ['up --xyzzy', 'unknown-option', /unknown option "--xyzzy"/, /lab up --help/],
    ['check-port', 'missing-argument', /missing required argument "port"/, /lab check-port --help/],
    ['check-port 1 2', 'excess-arguments', /too many arguments/, /--on vm1/],
    ['run --repeat', 'option-missing-argument', /"--repeat <times>" argument missing/, /lab run --help/],
    ['--xyzzy', 'unknown-option', /unknown option "--xyzzy"/, /"lab --help"/],
    ['', 'no-command', /no command given/, /lab init/],
  ];
  for (const [line, code, message, hint] of cases) {
    test(`is refused with a hint: lab ${line}`, () => {
      const error = refused(line);
      assert.equal(error.exitCode, 2);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
    });
  }
});

describe('help', () => {
  test('of lab names every command that a user may type', () => {
    const text = shown('--help');
    assertGolden(golden('help.txt'), text);
    assert.equal(shown('help'), text);
  });

  test('of a command shows its options and examples', () => {
    assertGolden(golden('help-check-port.txt'), shown('check-port --help'));
    assert.equal(shown('help check-port'), shown('check-port --help'));
  });

  test('of a topic is asked for by its name; a command or topic that there is not is answered with the nearest', () => {
    assert.deepEqual(read('help steps').asked, { topic: 'steps' });
    assert.deepEqual(read('help exit-codes --json').asked, { topic: 'exit-codes' });
    assert.equal(refused('help step').hint, 'did you mean "lab help steps"?');
    assert.equal(refused('help stauts').hint, 'did you mean "lab help status"?');
    assert.equal(refused('help xyzzyx').hint, '"lab help" lists them all.');
    assert.equal(refused('help steps --xyzzy').code, 'unknown-option');
    assert.equal(refused('steps').code, 'unknown-command');
  });

  test('of every command has an example that lab understands', () => {
    for (const { name, examples, commands: nested } of [
      ...commands,
      ...commands.flatMap(({ commands: nested }) => nested),
    ]) {
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const { words } of examples) {
        const [line = ''] = words.split(/ (?:>|&&|\|) /);
        const understood = parse(line).command;
        assert.ok(understood.name === name || nested.includes(understood), line);
      }
    }
  });

  test('and version are words to show', () => {
    assert.equal(shown('--version'), '1.2.3\n');
    assert.equal(shown('up --version'), '1.2.3\n');
  });
});
