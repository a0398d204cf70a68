import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CheckError } from '../../src/core/errors.ts';
import { describeFailure } from '../../src/cli/show/show-failure.ts';
import { renderDocument } from '../../src/cli/outcome.ts';
import { harmlessResult, plain } from '../../src/cli/show/style.ts';
import { runCli } from '../helpers/cli.ts';
import { onTerminal } from '../helpers/on-terminal.ts';
import { storedRun } from '../helpers/stored-run.ts';

/** Clipboard, title, a question, C1, and a turn of the direction of text. */
const EVIL = '\x1b]52;c;cHduZWQ=\x07\x1b]0;title\x07\x1b[6n\u009b2J\u202e';
/** Colours and the other screen are ours. */
const OURS = /\x1b\[[\d;]*m|\x1b\[\?(?:1049|25)[hl]|\x1b\[[HJK]/g;

function assertHarmless(shown: string): void {
  assert.doesNotMatch(shown.replaceAll(OURS, ''), /[^\P{Cc}\r\n\t]|\u202e/u);
}

describe('what lab prints on a terminal drives it in no way', () => {
  test('a stored run of somebody else: the list of runs, its log, its terminals again', async () => {
    using run = storedRun();
    const document = JSON.parse(readFileSync(join(run.run, 'run.json'), 'utf8')) as {
      scenario: string;
      roles: { role: string }[];
    };
    const roles = document.roles.map((role, index) => (index === 0 ? { ...role, machine: `vm1${EVIL}` } : role));
    const log = `server │ hello${EVIL}\nclient │ bye\n`;
    using evil = storedRun({
      files: { 'run.json': JSON.stringify({ ...document, scenario: `tp1${EVIL}`, roles }), 'session.log': log },
    });
    const [list, shown, again] = await Promise.all([
      onTerminal(evil.path, ['logs', '--list']),
      onTerminal(evil.path, ['logs']),
      onTerminal(evil.path, ['replay', '--speed', '1000']),
    ]);
    for (const { shown: text, exitCode } of [list, shown, again]) {
      assert.equal(exitCode, 0, text);
      assertHarmless(text);
    }
    assert.match(list.shown, /tp1\\u\{1b\}\]52/);
    assert.match(shown.shown, /server │ hello\\u\{1b\}\]52/);
    assert.equal((await runCli(['logs'], { cwd: evil.path })).stdout, log, 'in a pipe it is data, byte for byte');
  });

  test('results keep their colours only', () => {
    assert.equal(
      harmlessResult(`\x1b[32mup\x1b[39m\t${EVIL}\n`),
      '\x1b[32mup\x1b[39m\t\\u{1b}]52;c;cHduZWQ=\\u{07}\\u{1b}]0;title\\u{07}\\u{1b}[6n\\u{9b}2J\\u{202e}\n',
    );
  });

  test('documents of --json hold the same values without a character that a terminal obeys', () => {
    const text = renderDocument({ output: EVIL });
    assertHarmless(text);
    assert.equal((JSON.parse(text) as { output: string }).output, EVIL);
  });

  test('the stack of an error, which quotes its message', () => {
    assertHarmless(
      describeFailure(new CheckError(`it said ${EVIL}`, { code: 'c' }), { style: plain, verbose: true }).text,
    );
  });
});
