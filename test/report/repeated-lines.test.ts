import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { foldedLines, RepeatFold, type FoldedLine } from '../../src/report/terminals/repeated-lines.ts';

/** `a b (2x5)`: the two lines before came five times more. */
function folded(lines: string): string {
  return foldedLines(lines.split(' '), 3)
    .map((each) => ('line' in each ? each.line : `(${each.cycle}x${each.times})`))
    .join(' ');
}

describe('lines that come again and again', () => {
  for (const [lines, wanted] of [
    ['a b c d', 'a b c d'],
    ['a a a', 'a a a'],
    ['a a a a', 'a a a (1x1)'],
    ['x a a a a a b', 'x a a a (1x2) b'],
    ['a b a b a b a b a b', 'a b a b a b (2x2)'],
    ['a b a b a b a b a', 'a b a b a b (2x1) a'],
    ['a b c a b c a b c a b x', 'a b c a b c a b c a b x'],
    ['a a a a b b b b', 'a a a (1x1) b b b (1x1)'],
  ] as const)
    test(`${lines} reads ${wanted}`, () => assert.equal(folded(lines), wanted));

  test('none is lost, however they are cut, and a flood is short', () => {
    const letter = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(fc.array(letter), fc.array(fc.nat(5)), (lines, cuts) => {
        const fold = new RepeatFold(3);
        const shown: FoldedLine[] = [];
        let at = 0;
        for (const cut of cuts) {
          shown.push(...fold.take(lines.slice(at, at + cut)));
          at += cut;
        }
        shown.push(...fold.take(lines.slice(at)), ...fold.finish());
        const unfolded: string[] = [];
        for (const each of shown)
          if ('line' in each) unfolded.push(each.line);
          else for (let i = 0; i < each.times; i++) unfolded.push(...unfolded.slice(-each.cycle));
        assert.deepEqual(unfolded, lines);
      }),
    );
    const flood = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 'lost' : ''));
    assert.deepEqual(foldedLines(flood, 3).at(-1), { cycle: 2, times: 4997 });
  });
});
