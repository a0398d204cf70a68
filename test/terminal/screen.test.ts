import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Screen } from '../../src/terminal/screen.ts';
import { VtParser } from '../../src/terminal/vt-parser.ts';

interface Shown {
  readonly lines: readonly string[];
  readonly cursor: readonly [row: number, column: number];
}

function show(data: string, columns: number, rows: number, cuts: readonly number[] = []): Shown & { screen: Screen } {
  const screen = new Screen({ columns, rows });
  const parser = new VtParser(screen);
  const offsets = [...new Set([0, ...cuts.filter((cut) => cut < data.length), data.length])].toSorted((a, b) => a - b);
  for (const [i, offset] of offsets.slice(1).entries()) parser.write(data.slice(offsets[i], offset));
  return { screen, lines: screen.lines(), cursor: [screen.cursor.row, screen.cursor.column] };
}

/** Each row: what the screen does, what the terminal gets, what xterm.js 6.0 shows on 10 columns and 4 rows, and its cursor. */
const SCREENS: readonly (readonly [string, string, readonly string[], readonly [number, number]])[] = [
  ['puts text where the cursor is put', '\x1b[2;3Hab\x1b[4;9HcD', ['', '  ab', '', '        cD'], [3, 9]],
  ['wraps only before the next character', '0123456789\x1b[1D!', ['01234567!9', '', '', ''], [0, 9]],
  ['wraps into the next row', '0123456789ab', ['0123456789', 'ab', '', ''], [1, 2]],
  ['does not wrap when told so', '\x1b[?7l0123456789ab', ['012345678b', '', '', ''], [0, 9]],
  ['scrolls at its last row', 'a\r\nb\r\nc\r\nd\r\ne', ['b', 'c', 'd', 'e'], [3, 1]],
  ['scrolls within margins', 'a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\nX', ['a', 'c', 'X', 'd'], [2, 1]],
  ['scrolls back at its first row', 'a\r\nb\x1b[H\x1bMx', ['x', 'a', 'b', ''], [0, 1]],
  ['inserts lines', 'a\r\nb\r\nc\x1b[2;1H\x1b[Lx', ['a', 'x', 'b', 'c'], [1, 1]],
  ['deletes lines', 'a\r\nb\r\nc\x1b[1;1H\x1b[2M', ['c', '', '', ''], [0, 0]],
  ['inserts and deletes within a row', 'abcdef\x1b[1;3H\x1b[2@\x1b[1;1H\x1b[P', ['b  cdef', '', '', ''], [0, 0]],
  ['pushes out what has no more room', '0123456789\x1b[H\x1b[4hab', ['ab01234567', '', '', ''], [0, 2]],
  ['erases below', 'aa\r\nbb\r\ncc\x1b[2;2H\x1b[J', ['aa', 'b', '', ''], [1, 1]],
  ['erases above', 'aa\r\nbb\r\ncc\x1b[2;1H\x1b[1J', ['', ' b', 'cc', ''], [1, 0]],
  ['erases all and leaves the cursor', 'aa\r\nbb\x1b[2J', ['', '', '', ''], [1, 2]],
  ['erases characters', 'abcdef\x1b[1;2H\x1b[3X', ['a   ef', '', '', ''], [0, 1]],
  ['repeats a character', '-\x1b[5b|', ['------|', '', '', ''], [0, 7]],
  ['draws lines', '\x1b(0lqk\x1b(B\r\n\x0ex\x1b)0x\x0fx', ['┌─┐', 'x│x', '', ''], [1, 3]],
  ['gives wide characters two columns', '日本\x1b[1;2Hx', [' x本', '', '', ''], [0, 2]],
  ['wraps a wide character whole', '012345678日', ['012345678', '日', '', ''], [1, 2]],
  ['stacks marks on their letter', 'e\u0301x\x1b[1;3Hy', ['e\u0301xy', '', '', ''], [0, 3]],
  ['goes to tab stops', '\tab', ['        ab', '', '', ''], [0, 9]],
  ['sets tab stops and goes back to them', '\x1b[3g\x1b[1;4H\x1bH\r\tx\x1b[2Zy', ['y  x', '', '', ''], [0, 1]],
  [
    'saves the cursor with its characters',
    '\x1b[2;2H\x1b(0\x1b7\x1b(B\x1b[4;4Hq\x1b8q',
    ['', ' ─', '', '   q'],
    [1, 2],
  ],
  ['counts places from the margin when told so', '\x1b[2;3r\x1b[?6h\x1b[2;1Ha\x1b[9;1Hb', ['', '', 'b', ''], [2, 1]],
  ['moves the cursor to margins only', '\x1b[2;3r\x1b[3;3H\x1b[9Ba\x1b[9Ab', ['', '   b', '  a', ''], [1, 4]],
  ['shows the other screen and comes back', 'main\x1b[?1049h\x1b[Halt\x1b[?1049lX', ['mainX', '', '', ''], [0, 5]],
  ['shows the other screen empty', 'main\x1b[?47halt', ['    alt', '', '', ''], [0, 7]],
  ['begins anew', 'abc\x1b[2;3r\x1b[?1049hx\x1bcok', ['ok', '', '', ''], [0, 2]],
  ['loses margins and modes in a soft reset', '\x1b[4h\x1b[2;3r\x1b[!p\x1b[Ha\x1b[Hb', ['b', '', '', ''], [0, 1]],
  ['fills itself for a test', 'abc\x1b#8', Array.from({ length: 4 }, () => 'E'.repeat(10)), [0, 0]],
];

for (const [title, data, lines, cursor] of SCREENS) {
  test(`a screen ${title}`, () => {
    const { lines: got, cursor: at } = show(data, 10, 4);
    assert.deepEqual({ lines: got, cursor: at }, { lines, cursor });
  });
}

/** Pieces of the output of programs that draw, likely and unlikely. */
const piece = fc.oneof(
  fc.constantFrom(
    'hello',
    'a',
    '0123456789',
    '日',
    'e\u0301',
    '👩\u200d💻',
    'lqk',
    '\u202e',
    '\ud83d',
    '\x9b',
    '\x1b]0;t\x07',
  ),
  fc.constantFrom('\r\n', '\n', '\r', '\b', '\t', '\x1b', '\x1bM', '\x1bH', '\x0e', '\x0f', '\x1b7', '\x1b8', '\x1bc'),
  fc.constantFrom(
    '\x1b(0',
    '\x1b(B',
    '\x1b[?6h',
    '\x1b[?7l',
    '\x1b[4h',
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[2;3r',
    '\x1b#8',
  ),
  fc
    .tuple(fc.nat(99_999), fc.nat(12), fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abdefrsu'.split('')))
    .map(([first, second, final]) => `\x1b[${first % 13 === 0 ? first : first % 13};${second}${final}`),
);
const drawing = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const size = fc.record({ columns: fc.constantFrom(1, 2, 7, 20), rows: fc.constantFrom(1, 2, 5) });

test('cutting the output anywhere gives the same screen', () => {
  fc.assert(
    fc.property(drawing, size, fc.array(fc.nat(200)), (data, { columns, rows }, cuts) => {
      const { lines, cursor } = show(data, columns, rows);
      const inPieces = show(data, columns, rows, cuts);
      assert.deepEqual([inPieces.lines, inPieces.cursor], [lines, cursor]);
    }),
  );
});

test('a screen keeps its size, and holds no control character and nothing invisible', () => {
  fc.assert(
    fc.property(drawing, size, size, drawing, (before, first, second, after) => {
      const screen = new Screen(first);
      const parser = new VtParser(screen);
      parser.write(before);
      screen.resize(second);
      parser.write(after);
      const { rows, cursor } = screen.picture;
      assert.equal(rows.length, second.rows);
      for (const { cells } of rows) assert.equal(cells.length, second.columns);
      assert.ok(cursor.row >= 0 && cursor.row < second.rows && cursor.column >= 0 && cursor.column < second.columns);
      assert.doesNotMatch(screen.lines().join(''), /[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u);
    }),
  );
});

test('a screen that loses rows keeps the line of the cursor, and one that grows has blank ones below', () => {
  const { screen } = show('a\r\nb\r\nc\r\nd', 10, 4);
  screen.resize({ columns: 3, rows: 2 });
  assert.deepEqual(screen.lines(), ['c', 'd']);
  assert.deepEqual(screen.cursor, { row: 1, column: 1 });
  screen.resize({ columns: 12, rows: 3 });
  assert.deepEqual(screen.lines(), ['c', 'd', '']);
});

function addressed(data: string): boolean {
  return show(data, 10, 4).screen.isAddressed;
}

test('a screen is addressed from the first place that is not its first, until it is cleared or has scrolled away', () => {
  assert.equal(addressed('\x1b[H\x1b[2J\x1b[1;1HMenu\r\n'), false);
  assert.equal(addressed('\x1b[2;1Ha'), true);
  assert.equal(addressed('\x1b[;5fa'), true);
  assert.equal(addressed('\x1b[3da'), true);
  assert.equal(addressed('\x1b[2;1Ha\x1b[H\x1b[J'), false);
  assert.equal(addressed('\x1b[2;1Ha\x1b[2J'), false);
  assert.equal(addressed('\x1b[4;1Ha\n\n\n'), true);
  assert.equal(addressed('\x1b[4;1Ha\n\n\n\n'), false);
});

test('numbers beyond all bounds cost nothing', () => {
  const started = process.threadCpuUsage();
  const { screen } = show(
    'a\x1b[99999999S\x1b[99999999T\x1b[99999999L\x1b[99999999@\x1b[99999999b\x1b[99999999I'.repeat(50),
    120,
    30,
  );
  assert.equal(screen.lines().length, 30);
  assert.ok(process.threadCpuUsage(started).user < 5_000_000);
});

test('a program that draws without end goes through; how fast is reported, not judged', (t) => {
  const screen = new Screen({ columns: 80, rows: 24 });
  const parser = new VtParser(screen);
  const chunk =
    '\x1b[5;3H\x1b[1mscore: 0123456789\x1b[m\x1b[K\x1b[24;1Hthe quick brown fox jumps over the lazy dog\r\n'.repeat(
      1000,
    );
  const started = performance.now();
  for (let i = 0; i < 50; i++) parser.write(chunk);
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`${Math.round((50 * chunk.length) / 1e6 / seconds)} MB/s of drawing`);
  assert.equal(screen.lines()[22], 'the quick brown fox jumps over the lazy dog');
});
