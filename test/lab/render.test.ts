import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Problem } from '../../src/lab/problem.ts';
import { renderProblems } from '../../src/lab/render-problems.ts';

function problem(line: number, column: number, length: number, rest: Partial<Problem> = {}): Problem {
  return { position: { line, column }, length, path: 'a.b', message: 'is wrong', ...rest };
}

describe('showing the problems of a lab file', () => {
  it('shows place, path, message, both lines, a caret, and the hint', () => {
    assert.equal(
      renderProblems('lab.yaml', 'a:\n  b: 1\n', [problem(2, 6, 1, { hint: 'write 2' })]),
      'lab.yaml:2:6: a.b: is wrong\n  1 | a:\n  2 |   b: 1\n    |      ^\n    → write 2\n',
    );
  });

  it('is empty when there is none', () => {
    assert.equal(renderProblems('lab.yaml', 'a: 1\n', []), '');
  });

  it('uses colour only when told to', () => {
    const plain = renderProblems('lab.yaml', 'a: 1\n', [problem(1, 1, 1)]);
    const coloured = renderProblems('lab.yaml', 'a: 1\n', [problem(1, 1, 1)], { color: true });
    assert.doesNotMatch(plain, /\x1b/);
    assert.match(coloured, /\x1b\[31m\^\x1b\[39m/);
    assert.equal(coloured.replaceAll(/\x1b\[\d+m/g, ''), plain);
  });

  it('shows control characters of the file by their numbers, so that they cannot drive the terminal', () => {
    const shown = renderProblems('\x1b]0;x.yaml', 'a: "\x1b[2J\u202e"\n', [
      problem(1, 4, 1, { message: 'is \x1b[31m wrong', hint: 'no \x07', path: '\x9b' }),
    ]);
    assert.doesNotMatch(shown, /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    assert.match(shown, /\\u\{1b\}\[2J/);
  });

  it('puts the caret under the problem behind tabs, wide characters and shown controls', () => {
    const shown = renderProblems('lab.yaml', '\t日\x1b: x\n', [problem(1, 6, 1)]).split('\n');
    assert.equal(shown[1], '  1 |  日\\u{1b}: x');
    assert.equal(shown[2], `    | ${' '.repeat(1 + 2 + 6 + 2)}^`);
  });

  it('cuts a long line around the problem', () => {
    const text = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
    const [, line, caret] = renderProblems('lab.yaml', text, [problem(1, 5001, 4)]).split('\n');
    assert.ok(line!.length < 130);
    assert.equal(line!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1), 'HERE');
  });

  it('shows a hundred and counts the rest', () => {
    const shown = renderProblems(
      'lab.yaml',
      'a: 1\n',
      Array.from({ length: 130 }, () => problem(1, 1, 1)),
    );
    assert.equal(shown.match(/is wrong/g)?.length, 100);
    assert.match(shown, /… and 30 more\n$/);
  });
});
