import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotationLine } from '../../../src/cli/job/annotation.ts';
import { CommandBreaker } from '../../../src/cli/job/command-breaker.ts';
import { isLong, pick, seeded, testSeed } from '../../helpers/seeded.ts';
import { workflowCommands } from '../../helpers/workflow-commands.ts';

/** What is written when the text comes in these pieces. */
function written(...pieces: readonly string[]): string {
  const breaker = new CommandBreaker();
  return pieces.map((piece) => Buffer.from(breaker.take(Buffer.from(piece))).toString()).join('');
}

describe('what a machine prints is no command for the runner of a job', () => {
  test('each form of a command becomes text', () => {
    const forged = [
      '::error file=lab.yaml,line=1::forged',
      '  \t::set-output name=a::b',
      'progress\r::warning::after a carriage return',
      'server │ ##[stop-commands]token',
      '\u200b::error::behind a character that .NET does not count',
      ':\u00ad:error::in the middle of it',
      '#\0#\u200d[error]likewise',
      '::add-mask::password',
    ];
    for (const line of forged) {
      assert.equal(workflowCommands(line).length, 1, JSON.stringify(line));
      assert.deepEqual(workflowCommands(written(line)), [], JSON.stringify(line));
    }
    assert.equal(written('##vso[task.setvariable]x ##teamcity[x]'), '## vso[task.setvariable]x ## teamcity[x]');
  });

  test('all else stays as it is', () => {
    const text = '::1 localhost\n:: \n## Heading\n# [x]\nstd::string\nvm1 | ::error::x\na :: b\n#include <x.h>\n';
    assert.equal(written(text), text);
    const bytes = Buffer.from([0xff, 0x3a, 0x00, 0x0a]);
    assert.equal(new CommandBreaker().take(bytes), bytes);
  });

  test('however it comes in pieces, and whoever ended the line before them', () => {
    const random = seeded(testSeed);
    const parts = [
      ':',
      '::',
      '#',
      '##',
      '[',
      ']',
      'error',
      'stop-commands',
      ' ',
      '\t',
      '\n',
      '\r',
      '\u200b',
      '\0',
      '1',
      'x',
    ];
    for (let round = 0; round < (isLong ? 200_000 : 20_000); round += 1) {
      const pieces = Array.from({ length: 8 }, () => Array.from({ length: 2 }, () => pick(parts, random)).join(''));
      const breaker = new CommandBreaker();
      const log = pieces
        .map((piece) => Buffer.from(breaker.take(Buffer.from(piece))).toString())
        .map((piece) => (random() < 0.2 ? `\n${piece}` : piece))
        .join('');
      assert.deepEqual(workflowCommands(log), [], JSON.stringify({ pieces, log }));
    }
  });
});

describe('an annotation', () => {
  test('arrives as it was meant, whatever stands in it', () => {
    const nasty = '100% a, b: c\n::error::%0A%25 ##[x] %3A';
    const line = annotationLine({
      title: nasty,
      message: nasty,
      place: { file: '/a,b/l:1.yaml', line: 3, column: 5, endColumn: 9 },
    });
    assert.deepEqual(workflowCommands(line), [
      {
        command: 'error',
        properties: { file: '/a,b/l:1.yaml', line: '3', col: '5', endColumn: '9', title: nasty },
        data: nasty,
      },
    ]);
  });

  test('shows a carriage return and other controls by their numbers', () => {
    assert.equal(
      annotationLine({ title: 't', message: 'a\rb\x1b[0m\r\nc' }),
      '::error title=t::a\\u{0d}b\\u{1b}[0m%0Ac',
    );
  });
});
