import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Pattern } from '../../src/lab/types.ts';
import { seesPrompt, takePrompt } from '../helpers/prompts.ts';
import { TerminalReader } from '../../src/scenario/playing/terminal-reader.ts';

const PROMPT: Pattern = { text: 'client@vm2:7999$ ' };
const text = (value: string): Pattern => ({ text: value });

function readerOf(...output: string[]): TerminalReader {
  const reader = new TerminalReader({ columns: 120 });
  for (const data of output) reader.write(data);
  return reader;
}

/** One thing that happens on a terminal. */
type Happening = { readonly out: string } | { readonly typed: string };

test('an expectation uses up what it found, and no more', () => {
  const reader = readerOf('one two\r\none three\r\n');
  assert.equal(reader.takeMatch(text('one'), true), 'found');
  assert.equal(reader.takeMatch(text('one t'), true), 'found');
  assert.equal(reader.takeMatch(text('one'), true), undefined);
  assert.equal(reader.takeMatch(text('hree\n'), true), 'found');
});

test('white space counts as it is', () => {
  const reader = readerOf('a  b\tc \r\n');
  assert.equal(reader.takeMatch(text('a b'), true), undefined);
  assert.equal(reader.takeMatch(text('a  b\tc \n'), true), 'found');
});

test('^ and $ in a regular expression are the borders of lines, also in the middle of what was used up', () => {
  const reader = readerOf('from from\r\nfrom me\r\n');
  assert.equal(reader.takeMatch({ regex: /^from/ }, true), 'found');
  assert.equal(reader.takeMatch({ regex: /^from \w+$/ }, true), 'found');
  assert.equal(reader.takeMatch({ regex: /./ }, true), undefined);
});

test('a regular expression that could match more waits until the line is done or nothing more comes', () => {
  const reader = readerOf('port 79');
  assert.equal(reader.takeMatch({ regex: /port \d+/ }, false), 'unsettled');
  reader.write('99');
  assert.equal(reader.takeMatch({ regex: /port \d+/ }, false), 'unsettled');
  reader.write('\r\n');
  assert.equal(reader.takeMatch({ regex: /port \d+/ }, false), 'found');
  assert.equal(reader.takeMatch({ regex: /\d/ }, true), undefined);
});

test('the echo of a typed line is not the answer of the program', () => {
  const reader = readerOf('client@vm2:7999$ ');
  assert.equal(takePrompt(reader, PROMPT), true);
  reader.typed(['Hello']);
  reader.write('Hello\r\n');
  assert.equal(reader.takeMatch(text('Hello'), true), undefined);
  reader.write('Hello\r\n');
  assert.equal(reader.takeMatch(text('Hello'), true), 'found');
});

test('half an echo is not the answer either', () => {
  const reader = readerOf();
  reader.typed(['Hello vm1']);
  reader.write('Hello');
  assert.equal(reader.takeMatch(text('Hello'), true), undefined);
  reader.write(' vm1');
  assert.equal(reader.takeMatch(text('Hello'), true), undefined);
  reader.write('\r\nHello vm1 too\r\n');
  assert.equal(reader.takeMatch(text('Hello'), true), 'found');
  assert.equal(reader.takeMatch(text('Hello'), true), undefined);
});

test('the echo is known when the program printed between typing and echo', () => {
  const reader = readerOf();
  reader.typed(['Hello']);
  reader.write('news\r\nmore news\r\n> Hello\r\nfrom server Hello\r\n');
  assert.equal(reader.takeMatch(text('news'), true), 'found');
  assert.equal(reader.takeMatch(text('> \nfrom server Hello'), true), 'found');
});

test('the echo of a line editor is known: it redraws the prompt and moves the cursor', () => {
  const reader = readerOf('\x1b[1G\x1b[0J> \x1b[3G');
  assert.equal(takePrompt(reader, text('> ')), true);
  reader.typed(['Hello']);
  reader.write('H\x1b[1G\x1b[0J> He\x1b[5Gllo\r\n');
  assert.equal(reader.takeMatch(text('Hello'), true), undefined);
  reader.write('Hello back\r\n');
  assert.equal(reader.takeMatch(text('Hello'), true), 'found');
});

test('the echo of a line that wraps on the terminal is known', () => {
  const long = 'x'.repeat(300);
  const reader = readerOf('> ');
  reader.typed([long]);
  // As readline draws it on 120 columns: at the margin a blank and a carriage return make the terminal wrap.
  reader.write(`${'x'.repeat(118)} \r${'x'.repeat(120)} \r${'x'.repeat(62)}\r\n`);
  assert.equal(reader.takeMatch(text('xx'), true), undefined);
});

test('a program without echo is matched when its line says more than what was typed', () => {
  const reader = readerOf('Password: ');
  reader.typed(['secret']);
  reader.write('\r\nWelcome\r\n');
  assert.equal(reader.takeMatch(text('Welcome'), true), 'found');
});

test('several typed lines have an echo each', () => {
  const reader = readerOf();
  reader.typed(['a1', 'b2']);
  reader.write('a1\r\nb2\r\n> a1\r\n> b2\r\n');
  assert.equal(reader.takeMatch(text('a1'), true), 'found');
  assert.equal(reader.takeMatch(text('b2'), true), 'found');
  assert.equal(reader.takeMatch({ regex: /[ab]/ }, true), undefined);
});

test('one prompt is good for one line', () => {
  const reader = readerOf('client@vm2:7999$ ');
  assert.equal(takePrompt(reader, PROMPT), true);
  assert.equal(takePrompt(reader, PROMPT), false);
  reader.typed(['x']);
  reader.write('x\r\nanswer\r\nclient@vm2:7999$ ');
  assert.equal(takePrompt(reader, PROMPT), true);
  assert.equal(takePrompt(reader, PROMPT), false);
});

test('a prompt in what was typed is no prompt', () => {
  const reader = readerOf('> ');
  assert.equal(takePrompt(reader, text('> ')), true);
  reader.typed(['a > b']);
  reader.write('a > b\r\n');
  assert.equal(seesPrompt(reader, text('> ')), false);
});

test('a prompt is not taken from a later expectation, nor the other way round', () => {
  const reader = readerOf('hi\r\nclient@vm2:7999$ ');
  assert.equal(takePrompt(reader, PROMPT), true);
  assert.equal(reader.takeMatch(text('hi\nclient@vm2'), true), 'found');
  const other = readerOf('hi\r\nclient@vm2:7999$ ');
  assert.equal(other.takeMatch(text('hi\nclient@vm2:7999$ '), true), 'found');
  assert.equal(takePrompt(other, PROMPT), true);
});

test('what a program writes over a line that was read may be expected', () => {
  const reader = readerOf('done  10%');
  assert.equal(reader.takeMatch(text('10%'), true), 'found');
  assert.equal(reader.takeMatch(text('%'), true), undefined);
  reader.write('\rdone 100%');
  assert.equal(reader.takeMatch(text('100%'), true), 'found');
});

test('old output is dropped, so that a flood takes bounded memory, and what follows is still found', () => {
  const reader = readerOf('first\r\n');
  const chunk = `${'y'.repeat(98)}\r\n`.repeat(300);
  for (let i = 0; i < 100; i++) reader.write(chunk);
  reader.write('last\r\n');
  assert.equal(reader.takeMatch(text('first'), true), undefined);
  assert.equal(reader.takeMatch(text('last'), true), 'found');
  assert.ok(reader.droppedLines > 20_000);
});

test('a pattern over several lines is found though its beginning was looked at in vain before, with an echo in it', () => {
  const reader = readerOf('> ');
  reader.typed(['Hello']);
  for (const data of ['Hello\r\n', '> \r\n', 'one\r\n']) {
    reader.write(data);
    assert.equal(reader.takeMatch(text('> \n> \none\ntwo'), true), undefined);
    assert.equal(seesPrompt(reader, { regex: /> \n> \none\ntwo/ }), false);
  }
  reader.write('two\r\n');
  assert.equal(seesPrompt(reader, { regex: /> \n> \none\ntwo/ }), true);
  assert.equal(reader.takeMatch(text('> \n> \none\ntwo'), true), 'found');
});

test('a terminal of many lines is not read again for each letter that a program prints', () => {
  const reader = readerOf(`${'y'.repeat(98)}\r\n`.repeat(2600));
  const started = process.threadCpuUsage();
  for (let i = 0; i < 3000; i++) {
    reader.write(i % 50 === 49 ? '\r\n' : 'z');
    assert.equal(reader.takeMatch(text('never'), true), undefined);
    assert.equal(reader.takeMatch(text('never'), true), undefined);
  }
  const { user } = process.threadCpuUsage(started);
  // Reading it all again takes seconds.
  assert.ok(user < 1_000_000, `${user / 1000} ms of work`);
  reader.write('never');
  assert.equal(reader.takeMatch(text('never'), true), 'found');
});

test('any way of cutting the output gives the same matches', () => {
  const story: readonly Happening[] = [
    { out: 'TP1 CLI — é漢😀\r\nclient@vm2:7999$ ' },
    { typed: 'Hello vm1' },
    { out: 'news Hello\r\nHello vm1\r\n\x1b[1mfrom server\x1b[0m Hello vm1é\r\nclient@vm2:7999$ ' },
    { typed: 'exit' },
    { out: 'exit\r\nfrom server Hello vm1\r\nport 7999\r\n' },
  ];
  const whole = playStory(story, () => []);
  assert.deepEqual(whole, [
    'prompt',
    'news Hello',
    'from server Hello vm1',
    'prompt',
    'from server Hello',
    /port \d+/,
    undefined,
  ]);
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(120), { maxLength: 12 }), { minLength: 5, maxLength: 5 }), (cuts) => {
      assert.deepEqual(
        playStory(story, (index) => cuts[index]!),
        whole,
      );
    }),
    { numRuns: 300 },
  );
});

/** Tries what is wanted next after each piece of output; returns what was found in order, and at last whether anything typed could be found. */
function playStory(
  story: readonly Happening[],
  cutsOf: (index: number) => readonly number[],
): (string | RegExp | undefined)[] {
  const wanted: (string | RegExp)[] = [
    'prompt',
    'news Hello',
    'from server Hello vm1',
    'prompt',
    'from server Hello',
    /port \d+/,
  ];
  const found: (string | RegExp | undefined)[] = [];
  const reader = new TerminalReader({ columns: 120 });
  const look = (): void => {
    for (let next = wanted[0]; next !== undefined && take(reader, next); next = wanted[0]) found.push(wanted.shift());
  };
  story.forEach((happening, index) => {
    if ('typed' in happening) return reader.typed([happening.typed]);
    for (const piece of cut(Buffer.from(happening.out), cutsOf(index))) {
      reader.write(piece);
      look();
    }
  });
  found.push(reader.takeMatch({ regex: /\S/ }, true));
  return found;
}

function take(reader: TerminalReader, wanted: string | RegExp): boolean {
  if (wanted === 'prompt') return takePrompt(reader, PROMPT);
  return reader.takeMatch(typeof wanted === 'string' ? { text: wanted } : { regex: wanted }, false) === 'found';
}

/** Cuts bytes anywhere, in a character too, and decodes them as a terminal does. */
function cut(bytes: Buffer, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => Math.min(place, bytes.length)))].toSorted((a, b) => a - b);
  const decoder = new TextDecoder();
  return [...places, bytes.length].map((place, i) =>
    decoder.decode(bytes.subarray(i === 0 ? 0 : places[i - 1]!, place), { stream: true }),
  );
}
