import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TerminalGuard } from '../../src/terminal/terminal-guard.ts';

function passed(...pieces: string[]): string {
  const guard = new TerminalGuard();
  return pieces.map((piece) => guard.pass(piece)).join('');
}

function restored(data: string): string {
  const guard = new TerminalGuard();
  guard.pass(data);
  const sequences = guard.restore();
  assert.equal(guard.restore(), '', 'once');
  return sequences;
}

/** What may ever reach a terminal: text without controls and format characters, and the sequences that "lab help terminals" names. */
const HARMLESS = new RegExp(
  [
    String.raw`[^\p{Cc}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]`,
    String.raw`[\x07-\x0f]`,
    String.raw`\x1b[78=>DEM]`,
    String.raw`\x1b[()][0B]`,
    String.raw`\x1b\[[\d;]{0,64}[@ABCDEFGHIKLMPSXZ\x60abdefr]`,
    String.raw`\x1b\[[\d;:]{0,64}m`,
    String.raw`\x1b\[[12]?J`,
    String.raw`\x1b\[\d{0,4}T`,
    String.raw`\x1b\[[su]`,
    String.raw`\x1b\[4[hl]`,
    String.raw`\x1b\[!p`,
    String.raw`\x1b\[\?(?:1|5|7|12|25|47|1047|1048|1049|2004)[hl]`,
  ].join('|'),
  'gu',
);

function assertHarmless(shown: string): void {
  assert.equal(shown.replaceAll(HARMLESS, ''), '', JSON.stringify(shown.slice(0, 500)));
  for (const [, numbers = ''] of shown.matchAll(/\x1b\[([\d;]*)[@-ln-z]/g))
    assert.ok(
      numbers.split(';').every((number) => number.length <= 4),
      numbers,
    );
}

describe('what reaches the terminal of a person', () => {
  for (const [title, data] of [
    ['text in any script, tabs and line ends', 'a\tb\r\ncafé 漢字 👩\u200d💻 नी\u200c\r\n'],
    ['colours', '\x1b[1;31mred\x1b[38;5;208m\x1b[48;2;1;2;3m\x1b[58:2::1:2:3m\x1b[m'],
    [
      'cursor, erasing, inserting, deleting',
      '\x1b[2A\x1b[B\x1b[5C\x1b[D\x1b[E\x1b[F\x1b[7G\x1b[3;4H\x1b[2J\x1b[J\x1b[K\x1b[1K\x1b[3@\x1b[2L\x1b[M\x1b[4P\x1b[X\x1b[3d\x1b[I\x1b[Z\x1b7\x1b8\x1b[s\x1b[u\b\x1bM\x1bD',
    ],
    ['scrolling', '\x1b[2;10r\x1b[3S\x1b[2T\x1b[r'],
    [
      'the other screen, the cursor, keypad and line drawing of curses',
      '\x1b[?1049h\x1b[?25l\x1b[?1h\x1b=\x1b(0lqqk\x1b(B\x0e\x0f\x1b>\x1b[?1l\x1b[?25h\x1b[?1049l',
    ],
    ['pasted text in brackets, as readline wants it', '\x1b[?2004h> \x1b[?2004l'],
  ] as const) {
    test(`passes: ${title}`, () => assert.equal(passed(data), data));
  }

  for (const [title, data, shown = 'ab'] of [
    ['clipboard', 'a\x1b]52;c;cHduZWQ=\x07b'],
    ['title, in all its forms', 'a\x1b]0;x\x07\x1b]2;x\x1b\\\x1b]1;x\u009c\u009d2;x\u009cb'],
    [
      'links, notifications, pictures, marks of iTerm',
      'a\x1b]8;;javascript:alert(1)\x07\x1b]777;notify;a;b\x07\x1b]9;x\x07\x1b]1337;File=name=eA==;inline=1:AAAA\x07\x1b]133;A\x07b',
    ],
    [
      'colours of the terminal itself, and questions for them',
      'a\x1b]4;1;?\x07\x1b]10;?\x07\x1b]104\x07\x1b]50;?\x07b',
    ],
    [
      'questions that the terminal answers as if they were typed',
      'a\x1b[6n\x1b[?6n\x1b[5n\x1b[c\x1b[>c\x1b[=c\x1b[0x\x1b[>q\x1bZ\x05\x1b[?2004$p\x1b[21t\x1b[18t\x1b[?u\x1b[1$w\x1b[?26n\x1b[14;2tb',
    ],
    [
      'device control strings: DECRQSS, termcap, sixel, user-defined keys',
      'a\x1bP$q"p\x1b\\\x1bP+q544e\x1b\\\x1bPq#0;2;0;0;0~~\x1b\\\x1bP0;1|17/6c73\x1b\\b',
    ],
    ['APC, PM, SOS, kitty pictures', 'a\x1b_Gf=24;AAAA\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\\u009fx\u009cb'],
    ['window operations', 'a\x1b[8;1;1t\x1b[3;0;0t\x1b[2t\x1b[22;0tb'],
    ['printing', 'a\x1b[5i\x1b[?5i\x1b[ib'],
    ['the mouse and focus', 'a\x1b[?1000h\x1b[?1003h\x1b[?1006h\x1b[?1004h\x1b[?9h\x1b[1;2;3;4;5Tb'],
    [
      'keyboards: locked, other protocols, lamps',
      'a\x1b[2h\x1b[20h\x1b[>4;2m\x1b[>1u\x1b[=1u\x1b[?66h\x1b[?8l\x1b[1q\x1b[12lb',
    ],
    [
      'the width of 132 columns, margins at the sides, tab stops, 8-bit answers',
      'a\x1b[?3h\x1b[?40h\x1b[?69h\x1b[2;5s\x1b[3g\x1bH\x1b G\x1b#8\x1b%Gb',
    ],
    ['what has scrolled away is kept', 'a\x1b[3J\x1b[?3Jb'],
    [
      "the cursor's shape, synchronised output, rectangles",
      'a\x1b[5 q\x1b[?2026h\x1b[1;1;9;9$z\x1b[1;1;9;9;1;1;1;1$vb',
    ],
    ['other character sets, shifts', 'a\x1b(A\x1b*0\x1b+0\x1bn\x1bo\x1b|\x1bN\x1bO\u008e\u008fb'],
    ['invisible and turning characters', 'a\u202e\u2066\u200b\u200e\ufeff\u{e0041}b'],
    ['NUL, flow control, DEL, C1 padding', 'a\0\x11\x13\x7f\x18\x1a\u0080\u0099b'],
    ['a string that never ends hides its line only', '\x1b]0;AAAA', ''],
    ['a string that never ends hides its line only, whatever comes', 'a\x1b]0;AAAA\nb', 'a\nb'],
    ['a sequence without end', 'a\x1b[1;1;1', 'a'],
    ['a sequence of a hundred thousand numbers', `a\x1b[${'1;'.repeat(50_000)}mb`],
    ['8-bit forms as the 7-bit ones', '\u009b31ma\u0085b\u009b6n', '\x1b[31ma\x1bEb'],
    ['numbers that keep a terminal busy', 'x\x1b[999999999b\x1b[99999999999999999999X', 'x\x1b[9999b\x1b[9999X'],
    ['bells, all but the first', '\x07\x07\x07', '\x07'],
    ['a full reset empties the screen and no more', '\x1b[31ma\x1bcb', '\x1b[31ma\x1b[m\x1b[H\x1b[2Jb'],
    ['modes that are allowed, of several', '\x1b[?25;1000;1003l', '\x1b[?25l'],
  ] as const) {
    test(`drops: ${title}`, () => {
      assert.equal(passed(data), shown);
      assert.equal(passed(...Array.from(data)), data.includes('\x07\x07') ? data : shown, 'each character by itself');
    });
  }

  /** Sequences whole, broken and nested, and any bytes as a program's output is decoded. */
  const piece = fc.oneof(
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    fc.uint8Array({ maxLength: 12 }).map((bytes) => new TextDecoder().decode(bytes)),
    fc.constantFrom(
      '\x1b',
      '\x1b[',
      '\x1b[?',
      '\u009b',
      '\x1b]52;c;',
      '\x1bP',
      '\x1b_',
      '\x07',
      '\x1b\\',
      '\u009c',
      '\x18',
      '\x1b(',
      '\x1b[>',
      '\x1b[!',
      '\x1b[1$',
      '\ud83d',
      '\n',
      'text',
    ),
    fc
      .tuple(
        fc.constantFrom('', '?', '>', '=', '<'),
        fc.array(fc.nat(2200), { maxLength: 3 }),
        fc.constantFrom('', ' ', '!', '$', "'"),
        fc.integer({ min: 0x40, max: 0x7e }),
      )
      .map(
        ([prefix, numbers, intermediate, final]) =>
          `\x1b[${prefix}${numbers.join(';')}${intermediate}${String.fromCharCode(final)}`,
      ),
    fc
      .tuple(fc.constantFrom('', '(', ')', '*', '#', '%', ' '), fc.integer({ min: 0x30, max: 0x7e }))
      .map(([intermediate, final]) => `\x1b${intermediate}${String.fromCharCode(final)}`),
  );
  const output = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

  test('is harmless whatever a program prints, the same for every way to cut it, and is not changed by passing again', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(200)), (data, cuts) => {
        const whole = passed(data);
        assertHarmless(whole);
        const offsets = [...new Set([0, ...cuts.filter((cut) => cut < data.length), data.length])].toSorted(
          (a, b) => a - b,
        );
        const guard = new TerminalGuard();
        const pieces = offsets.slice(1).map((offset, i) => guard.pass(data.slice(offsets[i], offset)));
        for (const shown of pieces) assertHarmless(shown);
        assert.equal(pieces.join('').replaceAll('\x07', ''), whole.replaceAll('\x07', ''));
        assertHarmless(guard.restore());
        assert.equal(passed(whole), whole);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the terminal after a program', () => {
  test('is left alone when it changed nothing that stays', () => {
    assert.equal(
      restored(
        'a\x1b[1mb\x1b[0m\x1b[2J\x1b[?25l\x1b[?25h\x1b[?1049h\x1b[?1049l\x1b[?2004h\x1b[?2004l\x1b(0q\x1b(B\x1b[2;5r\x1b[r\x1b=\x1b>\x1b[4h\x1b[4l',
      ),
      '',
    );
  });

  test('has its screen, character sets, modes, margins and colours again, in this order', () => {
    assert.equal(
      restored('\x1b[31m\x1b[?25l\x1b[?7l\x1b[?1h\x1b[?5h\x1b[?2004h\x1b[2;5r\x1b=\x1b[4h\x1b)0\x1b(0\x0e\x1b[?1049h'),
      '\x1b[?1049l\x0f\x1b(B\x1b)B\x1b[4l\x1b>\x1b7\x1b[r\x1b8\x1b[?1l\x1b[?5l\x1b[?7h\x1b[?25h\x1b[?2004l\x1b[m',
    );
  });

  test('is in no sequence that the program began: what comes next is text', () => {
    const guard = new TerminalGuard();
    guard.pass('a\x1b]0;never ends');
    guard.restore();
    assert.equal(guard.pass('hello'), 'hello');
  });
});
