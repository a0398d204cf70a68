import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue, type LabEvent } from '../../src/api/event-queue.ts';
import type { Event } from '../../src/core/events.ts';

function noticed(number: number): Event {
  const at = { monotonicMs: number, wallMs: number };
  return { at, kind: 'notice', level: 'info', message: String(number) };
}

function shortOf(event: LabEvent | undefined): unknown {
  return event?.kind === 'events-dropped' ? { dropped: event.count } : event?.at.monotonicMs;
}

async function rest(queue: EventQueue): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of queue) found.push(shortOf(event));
  return found;
}

test('events come in order to a reader who comes late, and to one who waits', async () => {
  const queue = new EventQueue();
  const first = queue.next();
  queue.push(noticed(1));
  assert.equal(shortOf((await first).value), 1);
  queue.push(noticed(2));
  queue.push(noticed(3));
  queue.end();
  queue.push(noticed(4));
  assert.deepEqual(await rest(queue), [2, 3]);
});

test('of a reader who is too slow the oldest events are dropped, and it is told how many', async () => {
  const queue = new EventQueue(undefined, { events: 3, characters: 100 });
  for (let number = 1; number <= 5000; number++) queue.push(noticed(number));
  assert.deepEqual(
    [shortOf((await queue.next()).value), shortOf((await queue.next()).value)],
    [{ dropped: 4997 }, 4998],
  );
  queue.push(noticed(5001));
  queue.push(noticed(5002));
  queue.end();
  assert.deepEqual(await rest(queue), [{ dropped: 1 }, 5000, 5001, 5002]);
});

test('what programs print is kept for a reader only up to a bound, however few events it is', async () => {
  const queue = new EventQueue(undefined, { events: 100, characters: 10 });
  const printed = (data: string): Event => ({ at: noticed(0).at, kind: 'terminal-output', role: 'server', data });
  queue.push(printed('four'));
  queue.push(noticed(2));
  queue.push(printed('seven!!'));
  queue.push(printed('two'));
  queue.end();
  const kinds: string[] = [];
  for await (const event of queue) kinds.push(event.kind === 'terminal-output' ? event.data : event.kind);
  assert.deepEqual(kinds, ['events-dropped', 'notice', 'seven!!', 'two']);
});

test('a reader who leaves gets nothing more, and is not kept', async () => {
  const left: unknown[] = [];
  const queue = new EventQueue((one) => left.push(one));
  queue.push(noticed(1));
  for await (const event of queue) {
    assert.equal(shortOf(event), 1);
    break;
  }
  queue.push(noticed(2));
  assert.deepEqual([left, await rest(queue)], [[queue], []]);
});
