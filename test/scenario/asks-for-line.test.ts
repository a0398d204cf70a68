import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramLook } from '../../src/core/program-look.ts';
import { asksForLine, type LineSigns } from '../../src/scenario/waiting/asks-for-line.ts';

function look(...waits: ProgramLook['waits']): ProgramLook {
  return { waits, entry: 'line', typedUnread: 0, sockets: [] };
}

const signs: LineSigns = { look: undefined, prompt: 'none', quietMs: 1000, waitedMs: 100 };

test('what reads its keyboard asks, unless its prompt is missing or it has not read the last line', () => {
  const reads = look('keyboard');
  for (const prompt of ['none', 'shown', 'overrun'] as const)
    assert.ok(asksForLine({ ...signs, look: reads, prompt, quietMs: 0 }), prompt);
  assert.ok(!asksForLine({ ...signs, look: reads, prompt: 'missing', waitedMs: 60_000 }));
  assert.ok(!asksForLine({ ...signs, look: { ...reads, typedUnread: 3 }, waitedMs: 60_000 }));
  assert.ok(asksForLine({ ...signs, look: look('keyboard', 'receive') }));
});

test('a prompt alone is no question of a program that does something else', () => {
  for (const wait of ['receive', 'accept', 'connect', 'lock'] as const)
    assert.ok(!asksForLine({ ...signs, look: look(wait), prompt: 'shown', waitedMs: 60_000 }), wait);
});

test('a program that looks at its keyboard now and then, and one without a prompt, are typed at after a while', () => {
  const sleeps = look('sleep');
  assert.ok(!asksForLine({ ...signs, look: sleeps, prompt: 'shown' }));
  assert.ok(asksForLine({ ...signs, look: sleeps, prompt: 'shown', waitedMs: 3000 }));
  assert.ok(!asksForLine({ ...signs, look: sleeps, prompt: 'shown', waitedMs: 3000, quietMs: 0 }));
  assert.ok(!asksForLine({ ...signs, look: look('receive') }));
  assert.ok(asksForLine({ ...signs, look: look('receive'), waitedMs: 3000 }));
});

test('where the machine shows nothing, the prompt decides, once the terminal is quiet', () => {
  assert.ok(asksForLine(signs));
  assert.ok(asksForLine({ ...signs, prompt: 'shown' }));
  assert.ok(!asksForLine({ ...signs, prompt: 'shown', quietMs: 5 }));
  assert.ok(asksForLine({ ...signs, prompt: 'overrun' }));
  assert.ok(!asksForLine({ ...signs, prompt: 'missing', waitedMs: 60_000 }));
});
