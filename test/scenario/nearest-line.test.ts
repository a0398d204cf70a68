import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestLine } from '../../src/scenario/playing/nearest-line.ts';

const lines = [
  'TP1 Server',
  'Listening ...',
  "Connected by : ('192.168.100.5', 40122)",
  "from client 'Helo vm1'",
  'server@vm1:7999$ ',
];

for (const [wanted, nearest] of [
  ["from client 'Hello vm1'", "from client 'Helo vm1'"],
  ['FROM  CLIENT', "from client 'Helo vm1'"],
  ['listening on port 7999', 'Listening ...'],
  ['Connected by 192.168.100.5', "Connected by : ('192.168.100.5', 40122)"],
  ['au revoir', undefined],
  ['ok', undefined],
  ['', undefined],
] as const)
  test(`the line that is most like ${JSON.stringify(wanted)}`, () => {
    assert.equal(nearestLine({ text: wanted }, lines), nearest);
  });

for (const [regex, nearest] of [
  [/^from client '(Hello|Hallo) vm\d'$/, "from client 'Helo vm1'"],
  [/Connected by \('[\d.]+', \d{4,5}\)/, "Connected by : ('192.168.100.5', 40122)"],
  [/^\w+ \d+$/, undefined],
  [/Listening\.{2}$/i, 'Listening ...'],
] as const)
  test(`the line that is most like ${regex}`, () => {
    assert.equal(nearestLine({ regex }, lines), nearest);
  });

test('of lines that are as much like it, the latest', () => {
  assert.equal(nearestLine({ text: 'answer 42' }, ['answer 1', 'answer 2', 'question']), 'answer 2');
});

test('a long way back and a long line do not matter, and a flood costs no time', () => {
  const flood = Array.from({ length: 100_000 }, (_, number) => `line ${number} ${'x'.repeat(100)}`);
  assert.equal(nearestLine({ text: 'answer 42' }, ['answer 4', ...flood]), undefined);
  const long = `answer 4 ${'y'.repeat(1_000_000)}`;
  const started = performance.now();
  assert.equal(nearestLine({ text: 'answer 42' }, [...flood, long]), long);
  assert.ok(performance.now() - started < 500);
});
