import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '../../src/core/events.ts';
import { TrueOrder } from '../../src/core/time/true-order.ts';

const now = performance.now();

function opened(role: string, machine: string, ms: number): Event {
  return { at: at(ms), kind: 'terminal-opened', role, machine, columns: 80, rows: 24, command: ['x'] };
}

function printed(role: string, data: string, ms: number): Event {
  return { at: at(ms), kind: 'terminal-output', role, data };
}

function at(ms: number): Event['at'] {
  return { monotonicMs: now + ms, wallMs: 1000 + ms };
}

function textOf(events: readonly Event[]): string {
  return events.map((event) => (event.kind === 'terminal-output' ? event.data : event.kind)).join(' ');
}

describe('events of machines at different distances', () => {
  test('come in the order in which they happened there', async () => {
    const seen: Event[] = [];
    const order = new TrueOrder(
      (event) => void seen.push(event),
      new Map([
        ['near', 1],
        ['far', 101],
      ]),
    );
    for (const event of [
      opened('a', 'far', 0),
      opened('b', 'near', 1),
      printed('b', 'second', 220),
      printed('a', 'first', 310),
      printed('b', 'third', 311),
    ])
      void order.take(event);
    await order.flush();
    assert.equal(textOf(seen), 'terminal-opened terminal-opened first second third');
    assert.equal(seen[2]?.at.wallMs, 1210);
  });

  test('never overtake what the same program told before', async () => {
    const seen: Event[] = [];
    const order = new TrueOrder(
      (event) => void seen.push(event),
      new Map([
        ['near', 0],
        ['far', 100],
      ]),
    );
    for (const event of [opened('a', 'far', 0), printed('a', 'one', 10), printed('a', 'two', 20)])
      void order.take(event);
    await order.flush();
    assert.equal(textOf(seen), 'terminal-opened one two');
  });

  test('are passed on by themselves after the largest difference', async () => {
    const seen: Event[] = [];
    const passed = Promise.withResolvers<void>();
    const order = new TrueOrder(
      (event) => {
        seen.push(event);
        if (seen.length === 2) passed.resolve();
      },
      new Map([
        ['near', 0],
        ['far', 30],
      ]),
    );
    void order.take(opened('a', 'far', performance.now() - now));
    void order.take(printed('a', 'x', performance.now() - now));
    assert.equal(seen.length, 0);
    await passed.promise;
  });

  test('pass at once where all machines are as near, or none is known', () => {
    for (const distances of [
      new Map([
        ['a', 50],
        ['b', 51],
      ]),
      new Map<string, number>(),
    ]) {
      const seen: Event[] = [];
      void new TrueOrder((event) => void seen.push(event), distances).take(opened('a', 'a', 0));
      assert.equal(seen.length, 1);
    }
  });
});
