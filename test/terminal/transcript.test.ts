import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sanitize } from '../../src/core/text/sanitize.ts';
import { Transcript, type TranscriptOptions } from '../../src/terminal/transcript.ts';

function read(data: string, options?: TranscriptOptions): string {
  const transcript = new Transcript(options);
  transcript.write(data);
  return transcript.text;
}

/** Each row: what it shows, what the terminal gets, what a person reads. */
const READINGS: readonly (readonly [string, string, string, number?])[] = [
  ['keeps plain lines', 'TP1 Server\r\nListening ...\r\n', 'TP1 Server\nListening ...\n'],
  ['keeps the blank after a prompt', 'server@vm1:7999$ ', 'server@vm1:7999$ '],
  ['shows a progress bar as it was at last', ' 10 %\r 50 %\r100 %\r\n', '100 %\n'],
  ['keeps what a shorter text leaves over, as the terminal does', 'abcdef\rxy', 'xycdef'],
  ['erases to the end of the line', 'abcdef\rxy\x1b[K', 'xy'],
  ['erases to the start of the line', 'abcdef\b\b\x1b[1K', '     f'],
  ['erases the whole line', 'abcdef\x1b[2K\rxy', 'xy'],
  ['rubs out as a terminal driver does', 'exot\b \b\b \bit', 'exit'],
  ['rubs out wide characters', '日本\b\b  \b\b', '日  '],
  ['blanks a wide character that is half overwritten', '日本\r\x1b[Cx', ' x本'],
  ['deletes characters under the cursor', 'hxello\b\b\b\b\b\x1b[P', 'hello'],
  ['makes room under the cursor', 'hllo\b\b\b\x1b[@e', 'hello'],
  ['erases characters in place', 'abcd\r\x1b[2X', '  cd'],
  ['moves to a column', 'abc\x1b[6Gx\x1b[1GX', 'Xbc  x'],
  ['keeps tabs as tabs', 'a\tb', 'a\tb'],
  ['moves over text with a tab', '0123456789\r\tX', '01234567X9'],
  ['drops colours', '\x1b[1;31mred\x1b[0m \x1b[38:2::1:2:3mrgb\x1b[m', 'red rgb'],
  ['drops the marks of bracketed paste', '\x1b[?2004h$ ls\r\n\x1b[?2004l\r', '$ ls\n'],
  ['drops a title ended by BEL or ST', '\x1b]0;t\x07a\x1b]2;t\x1b\\b\x9d0;t\x9cc', 'abc'],
  ['drops a clipboard write', 'a\x1b]52;c;ZXZpbA==\x07b', 'ab'],
  ['drops requests that a terminal would answer', 'a\x1b[6n\x1b[c\x1b[>c\x1b[21t\x05\x1bZb', 'ab'],
  ['drops device control strings', 'a\x1bP$q"p\x1b\\b\x90+q544e\x9cc', 'abc'],
  ['drops APC, PM and SOS', 'a\x1b_x\x1b\\\x1b^y\x1b\\\x1bXz\x1b\\b', 'ab'],
  ['takes eight-bit control sequences', 'a\x9b31mb\x9b2Dcd', 'cd'],
  ['goes on after a cancelled sequence', 'a\x1b[31\x18b\x1b]0;t\x1ac', 'abc'],
  ['drops a sequence that is too long', `a\x1b[${'1;'.repeat(100)}mb`, 'ab'],
  ['drops character sets and keypad modes', '\x1b(B\x1b)0\x1b=a\x1b>\x1b#8\x1b(Eb', 'ab'],
  ['reads a line feed in the midst of a sequence', 'a\x1b[3\n1mb', 'a\nb'],
  ['hides at most a line behind a string that never ends', 'a\x1b]0;t\r\nb\x1bPq\nc', 'a\nb\nc'],
  ['keeps wrapped text in one line', '0123456789abcde', '0123456789abcde', 10],
  ["reads readline's wrap idiom", '0123456789 \rabc', '0123456789abc', 10],
  ['returns to the row and not to the line', '0123456789abc\rX', '0123456789Xbc', 10],
  ['returns from a full row to its own start', '0123456789\rX', 'X123456789', 10],
  ['moves up within a wrapped line', '0123456789abc\x1b[A\x1b[2GX', '0X23456789abc', 10],
  ['keeps rows apart when one is edited', '0123456789abc\x1b[A\r\x1b[2P\x1b[1@', ' 23456789 abc', 10],
  ['wraps a wide character whole', '012345678日x\rA', '012345678A x', 10],
  ['starts a new line when the cursor leaves upwards', 'one\r\ntwo\x1b[Athree', 'one\ntwo\nthree'],
  ['starts a new line when the screen is cleared', '$ par\x1b[H\x1b[2J$ partial', '$ par\n$ partial'],
  ['shows bidirectional controls by number', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  [
    'shows invisible characters by number',
    '\ufeffa\u200bb\u2028c\u{e0041}',
    '\\u{feff}a\\u{200b}b\\u{2028}c\\u{e0041}',
  ],
  ['keeps the joiner of an emoji only', '👩\u200d💻 a\u200db', '👩\u200d💻 a\\u{200d}b'],
  ['keeps combining marks with their letter', 'e\u0301x\b\bA', 'Ax'],
  ['replaces half characters', 'a\ud800b\udc00c', 'a\ufffdb\ufffdc'],
];

for (const [title, data, expected, columns] of READINGS) {
  test(`a transcript ${title}`, () => assert.equal(read(data, { columns }), expected));
}

/** Pieces of terminal output, likely and unlikely, so that sequences come whole, broken and nested. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '\r\n',
    '\n',
    '\r',
    '\b',
    '\t',
    ' \r',
    '\x1b',
    '\x1b[',
    '\x9b',
    '\x1b]0;',
    '\x07',
    '\x1b\\',
    '\x1bP',
    '\x18',
    '\x1b(',
    '\u202e',
    '日',
    '👩‍💻',
    '\ud83d',
    '\udc69',
  ),
  fc.tuple(fc.nat(30), fc.constantFrom(...'@ABCDEFGHJKPXadefgm`'.split(''))).map(([n, final]) => `\x1b[${n}${final}`),
);
const output = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const columns = fc.constantFrom(undefined, 1, 2, 7, 80);

test('cutting the output anywhere gives the same text', () => {
  fc.assert(
    fc.property(output, columns, fc.array(fc.nat(200)), (data, width, cuts) => {
      const transcript = new Transcript({ columns: width, maxLineLength: 40 });
      const offsets = [...new Set([0, ...cuts.filter((cut) => cut < data.length), data.length])].toSorted(
        (a, b) => a - b,
      );
      for (const [i, offset] of offsets.slice(1).entries()) transcript.write(data.slice(offsets[i], offset));
      assert.equal(transcript.text, read(data, { columns: width, maxLineLength: 40 }));
    }),
  );
});

test('text holds no control character but line feed and tab, and nothing invisible', () => {
  fc.assert(
    fc.property(output, columns, (data, width) => {
      const text = read(data, { columns: width });
      assert.doesNotMatch(text, /[^\P{Cc}\n\t]/u);
      assert.doesNotMatch(
        text,
        /[^\P{Cf}\u200d\u00ad\u0600-\u0605\u06dd\u070f\u08e2\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u0890\u0891]/u,
      );
      assert.equal(text, text.toWellFormed());
    }),
  );
});

test('completed lines never change, and each is reported once', () => {
  fc.assert(
    fc.property(output, output, columns, (first, second, width) => {
      const lines: string[] = [];
      const transcript = new Transcript({ columns: width, onLine: (line) => lines.push(line) });
      transcript.write(first);
      const final = transcript.text.slice(0, transcript.lineStart);
      assert.equal(transcript.text, lines.map((line) => `${line}\n`).join('') + transcript.currentLine);
      transcript.write(second);
      assert.equal(transcript.text.slice(0, final.length), final);
      assert.equal(transcript.text, lines.map((line) => `${line}\n`).join('') + transcript.currentLine);
    }),
  );
});

test('what is kept is bounded, at line starts, and found by its offset', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z ]{0,60}$/), { maxLength: 200 }),
      fc.integer({ min: 1, max: 2000 }),
      (lines, maxRetained) => {
        const whole = lines.map((line) => `${line}\n`).join('') + 'last';
        const transcript = new Transcript({ maxRetained });
        transcript.write(whole);
        assert.equal(transcript.text, whole.slice(transcript.start));
        assert.ok(transcript.lineStart - transcript.start <= maxRetained);
        assert.equal(transcript.end, whole.length);
        assert.equal(transcript.droppedLines, whole.slice(0, transcript.start).split('\n').length - 1);
        const from = Math.floor((transcript.start + transcript.end) / 2);
        assert.equal(transcript.slice(from), whole.slice(from));
        assert.equal(transcript.slice(0), transcript.text);
      },
    ),
  );
});

test('a line that never ends is completed by force, also when it is made of cursor moves', () => {
  const transcript = new Transcript({ maxRetained: 10_000, maxLineLength: 1000 });
  for (let i = 0; i < 1000; i++) transcript.write('x'.repeat(999));
  transcript.write('\r');
  for (let i = 0; i < 1000; i++) transcript.write('\x1b[999999999Cy\u0301\u202e\x1b[999999999@');
  assert.ok(transcript.text.length <= 10_000 + 1000 * 32, `${transcript.text.length} characters are kept`);
});

test('marks that are stacked on one character are bounded', () => {
  const transcript = new Transcript();
  transcript.write(`x${'\u202e'.repeat(10_000)}${'\u0301'.repeat(10_000)}`);
  assert.ok(transcript.text.length <= 32);
});

test('a megabyte of flood keeps less memory than it sent', () => {
  const transcript = new Transcript({ maxRetained: 4096 });
  for (let i = 0; i < 2000; i++) transcript.write(`line ${i}\r\n${'\x1b[0m'.repeat(100)}`);
  assert.ok(transcript.text.length <= 4096);
  assert.ok(transcript.text.endsWith('line 1999\n'));
  assert.equal(transcript.text.split('\n').length - 1 + transcript.droppedLines, 2000);
});

test('a flood of plain text goes through; how fast is reported, not judged', (t) => {
  const chunk = 'from client: the quick brown fox jumps over the lazy dog 0123456789\r\n'.repeat(1000);
  const transcript = new Transcript({ columns: 80 });
  const started = performance.now();
  for (let i = 0; i < 300; i++) transcript.write(chunk);
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`${Math.round((300 * chunk.length) / 1e6 / seconds)} MB/s of plain text`);
  assert.equal(transcript.end, 300 * (chunk.length - 1000));
});

test('finish completes what stands on the current line, once', () => {
  const lines: string[] = [];
  const transcript = new Transcript({ onLine: (line) => lines.push(line) });
  transcript.write('a\nno newline');
  transcript.finish();
  transcript.finish();
  assert.deepEqual(lines, ['a', 'no newline']);
});

test('a resized terminal wraps at its new width', () => {
  const transcript = new Transcript({ columns: 80 });
  transcript.resize(10);
  transcript.write('0123456789 \rabc');
  assert.equal(transcript.text, '0123456789abc');
});

test('a text from elsewhere is made harmless with line feeds and tabs kept', () => {
  assert.equal(sanitize('a\x1b[31m\tb\n\u202ec\x9b\r'), 'a\\u{1b}[31m\tb\n\\u{202e}c\\u{9b}\\u{0d}');
  assert.equal(sanitize('👩\u200d💻'), '👩\u200d💻');
});
