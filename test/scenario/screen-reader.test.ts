import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Pattern } from '../../src/lab/types.ts';
import { seesPrompt, takePrompt } from '../helpers/prompts.ts';
import { TerminalReader } from '../../src/scenario/playing/terminal-reader.ts';

const text = (value: string): Pattern => ({ text: value });

function readerOf(...output: string[]): TerminalReader {
  const reader = new TerminalReader({ columns: 40, rows: 6 });
  for (const data of output) reader.write(data);
  return reader;
}

/** As curses begins: the alternate screen, margins, a clear screen. */
const BEGIN = '\x1b[?1049h\x1b[22;0;0t\x1b[1;6r\x1b(B\x1b[m\x1b[4l\x1b[?7h\x1b[H\x1b[2J';
const END = '\x1b[6;1H\x1b[?1049l\x1b[23;0;0t\r\x1b[?1l\x1b>';

test('a program that only prints has no screen', () => {
  assert.equal(readerOf('\x1b[H\x1b[2J\x1b[3J---- MENU ----\r\nVotre choix : ').screen, undefined);
});

test('the screen of a program that draws is there, with its cursor', () => {
  const { screen } = readerOf(`Connected\r\n${BEGIN}=== CHAT ===\x1b[6dmsg# \x1b[K`);
  assert.deepEqual(screen?.lines(), ['=== CHAT ===', '', '', '', '', '            msg#']);
  assert.deepEqual(screen.cursor, { row: 5, column: 17 });
});

test('what stands on the screen is found though it never came in one piece', () => {
  const reader = readerOf(BEGIN, '\x1b[3;1HScore:', '\x1b[3;8H10', '\x1b[3;9H5');
  assert.equal(reader.takeMatch(text('Score: 15'), false), 'found');
  assert.equal(reader.takeMatch(text('Score: 10'), true), undefined);
});

test('a text that is drawn again counts once, and once more after something was typed', () => {
  const draw = '\x1b[H\x1b[2J\x1b[2;3Hready';
  const reader = readerOf(BEGIN, draw);
  assert.equal(reader.takeMatch(text('ready'), false), 'found');
  reader.write(draw);
  assert.equal(reader.takeMatch(text('ready'), true), undefined);
  reader.write('\x1b[4;3Hready');
  assert.equal(reader.takeMatch(text('ready'), false), 'found');
  assert.equal(reader.takeMatch(text('ready'), true), undefined);
  reader.pressed();
  assert.equal(reader.takeMatch(text('ready'), false), undefined);
  assert.equal(reader.takeMatch(text('ready'), true), 'found');
});

test('a text that has scrolled is the same text', () => {
  const reader = readerOf(BEGIN, '\x1b[6;1Hfirst');
  assert.equal(reader.takeMatch(text('first'), true), 'found');
  reader.write('\r\nsecond');
  assert.equal(reader.takeMatch(text('first'), true), undefined);
  assert.equal(reader.takeMatch(text('second'), true), 'found');
});

test('lines that the terminal wrapped are one line, others are not; blanks at the end may be expected', () => {
  const reader = readerOf(BEGIN, `${'x'.repeat(38)}abcd\x1b[4;1Hone\x1b[5;1Htwo`);
  assert.equal(reader.takeMatch(text('xabcd\n'), true), 'found');
  assert.equal(reader.takeMatch(text('one\ntwo\n'), true), 'found');
  assert.equal(reader.takeMatch(text('one  '), true), 'found');
  assert.equal(reader.takeMatch({ regex: /^one$/ }, true), undefined);
});

test('a regular expression waits until the screen is quiet', () => {
  const reader = readerOf(BEGIN, '\x1b[2;1Hport 79');
  assert.equal(reader.takeMatch({ regex: /port \d+/ }, false), 'unsettled');
  reader.write('99');
  assert.equal(reader.takeMatch({ regex: /^port 7999$/ }, true), 'found');
});

test('the echo of a typed line is not what the program shows', () => {
  const reader = readerOf(BEGIN, '\x1b[6;1Hmsg# ');
  reader.typed(['bonjour']);
  reader.write('bonjour');
  assert.equal(reader.awaitsEcho, false);
  assert.equal(reader.takeMatch(text('bonjour'), true), undefined);
  assert.equal(reader.takeMatch(text('jour'), true), undefined);
  reader.write('\x1b[3;1Hsrv:bonjour');
  assert.equal(reader.takeMatch(text('jour'), false), 'found');
});

test('what was printed before and after the screen is read as ever, and what it showed at last can be expected', () => {
  const reader = readerOf('Connected\r\n', BEGIN, '\x1b[2;1Hbye', END, 'Traceback\r\n');
  assert.equal(reader.screen, undefined);
  assert.equal(reader.takeMatch(text('bye'), true), 'found');
  assert.equal(reader.takeMatch(text('bye'), true), undefined);
  assert.equal(reader.takeMatch(text('Connected\nTraceback'), true), 'found');
  assert.deepEqual(reader.tail(5), ['Connected', 'Traceback']);
});

test('a prompt on a screen stands before the cursor, and is good for one line', () => {
  const reader = readerOf(BEGIN, '\x1b[6;1Hmsg#', '\x1b[2;1Hnews');
  assert.equal(seesPrompt(reader, text('msg# ')), false);
  reader.write('\x1b[6;6H');
  assert.equal(takePrompt(reader, text('msg# ')), true);
  reader.typed(['hello']);
  assert.equal(seesPrompt(reader, text('msg# ')), false);
  reader.write('hello');
  assert.equal(seesPrompt(reader, text('msg# ')), false);
  reader.write('\x1b[6;6H\x1b[K');
  assert.equal(seesPrompt(reader, { regex: /msg. $/ }), true);
});

test('the last lines of a program that draws are its screen', () => {
  const reader = readerOf('before\r\n', BEGIN, '\x1b[3;5Hmiddle\x1b[5;1Hlow\x1b[2;1Htop');
  assert.deepEqual(reader.tail(2), ['top', '    middle', '', 'low']);
  reader.write('\x1b[H\x1b[2Jtop\x1b[5;1Hlow');
  assert.deepEqual(reader.tail(2), ['top', '', '', '', 'low']);
  reader.write('\x1b[5;1H\x1b[K\x1b[6;1Hlow');
  assert.deepEqual(reader.tail(2), ['top', '', '⋮', '', 'low']);
});

test('on the main screen lines are read as they come, and the screen tells what never came in one piece', () => {
  const reader = readerOf('Hello\r\n\x1b[4;2HTotal: ', '\x1b[5;2HName', '\x1b[4;9H42');
  assert.equal(reader.takeMatch(text('Total: 42'), false), undefined);
  assert.equal(reader.takeMatch(text('Total: 42'), true), 'found');
  assert.equal(reader.takeMatch(text('Hello'), true), 'found');
  assert.equal(reader.takeMatch(text('Name'), true), 'found');
  assert.equal(reader.takeMatch(text('Name'), true), undefined);
  reader.pressed();
  assert.equal(reader.takeMatch(text('Name'), true), undefined);
});

test('what was printed before the first drawing stands on the screen', () => {
  const reader = readerOf('one\r\n', 'two\r\n', '\x1b[1;5Hthree');
  assert.deepEqual(reader.screen?.lines().slice(0, 2), ['one three', 'two']);
});

test('the arrow keys are those that the program asked for last', () => {
  const reader = readerOf('\x1b[?1h\x1b=');
  assert.equal(reader.hasApplicationKeys, true);
  reader.write(`${BEGIN}\x1b[?1;25l`);
  assert.equal(reader.hasApplicationKeys, false);
});

test('cutting the output anywhere gives the same matches', () => {
  const output = `Connected\r\n${BEGIN}\x1b[2;1Hsrv:a\x1b[3;1Hsrv:b\x1b[6;1Hmsg# ${END}over\r\n${BEGIN}\x1b[Hagain\x1b[4;1Hmsg# `;
  const wanted = ['Connected\nover', 'again', 'srv:a', 'srv:b'].map(text);
  fc.assert(
    fc.property(fc.array(fc.nat(output.length), { maxLength: 12 }), (cuts) => {
      const offsets = [...new Set([0, ...cuts, output.length])].toSorted((a, b) => a - b);
      const reader = readerOf(...offsets.slice(1).map((offset, i) => output.slice(offsets[i], offset)));
      assert.deepEqual(
        wanted.map((pattern) => reader.takeMatch(pattern, true)),
        ['found', 'found', 'found', 'found'],
      );
      assert.equal(seesPrompt(reader, text('msg# ')), true);
    }),
  );
});

test('a program that draws without end takes bounded memory', () => {
  const reader = readerOf('start\r\n');
  const chunk = `\x1b[2;1H${'y'.repeat(35)}\x1b[3;1H${'z'.repeat(35)}`.repeat(300);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200; i++) reader.write(i % 20 === 0 ? `${END}line\r\n${BEGIN}${chunk}` : chunk);
  assert.ok(process.memoryUsage().heapUsed - before < 60e6);
  assert.equal(reader.takeMatch(text(`${'y'.repeat(35)}\n`), true), 'found');
  assert.equal(reader.takeMatch(text('start'), true), 'found');
});
