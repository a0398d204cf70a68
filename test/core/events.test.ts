import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inStep, type EventBody } from '../../src/core/events.ts';

function recorder() {
  const events: EventBody[] = [];
  return { events, sink: { emit: (event: EventBody) => void events.push(event) } };
}

test('a step is reported when it starts, on its way, and when it is finished with its remark', async () => {
  const { events, sink } = recorder();
  const value = await inStep(
    sink,
    'count',
    async (progress) => {
      progress('half');
      return 2;
    },
    (result) => `${result} of 2`,
  );
  assert.equal(value, 2);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['step-started', 'step-progress', 'step-finished'],
  );
  const [, progress, finished] = events;
  assert.ok(progress?.kind === 'step-progress' && progress.note === 'half');
  assert.ok(
    finished?.kind === 'step-finished' &&
      finished.note === '2 of 2' &&
      finished.title === 'count' &&
      finished.durationMs >= 0,
  );
});

test('a step without a remark has none', async () => {
  const { events, sink } = recorder();
  await inStep(sink, 'a', async () => 1);
  await inStep(
    sink,
    'b',
    async () => 1,
    () => undefined,
  );
  assert.ok(events.every((event) => !('note' in event)));
});

test('a step that fails is reported with its reason, and the error goes on', async () => {
  const { events, sink } = recorder();
  const failure = new Error('no');
  await assert.rejects(
    inStep(sink, 'try', () => Promise.reject(failure)),
    failure,
  );
  const last = events.at(-1);
  assert.ok(last?.kind === 'step-failed' && last.reason === 'no' && last.title === 'try');
});

test('steps that run at the same time keep apart', async () => {
  const { events, sink } = recorder();
  await Promise.all(['a', 'b'].map((title) => inStep(sink, title, async () => title)));
  const ids = events.flatMap((event) => ('id' in event && 'title' in event ? [[event.title, event.id] as const] : []));
  assert.equal(new Set(ids.map(([, id]) => id)).size, 2);
  assert.equal(new Set(ids.map((pair) => pair.join())).size, 2);
});

test('a sink that is slow holds the step up', async () => {
  const order: string[] = [];
  const sink = {
    emit: async ({ kind }: EventBody) => {
      await Promise.resolve();
      order.push(kind);
    },
  };
  await inStep(sink, 'a', async () => order.push('work'));
  assert.deepEqual(order, ['step-started', 'work', 'step-finished']);
});
