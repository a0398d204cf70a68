import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanupStack, withCleanup } from '../../src/core/cleanup.ts';

test('steps run newest first, each once, whether or not they are asynchronous', async () => {
  const done: string[] = [];
  const stack = new CleanupStack();
  stack.add('a', () => done.push('a'));
  stack.add('b', async () => done.push('b'));
  assert.deepEqual(await stack.run(), []);
  stack.add('c', () => done.push('c'));
  await stack.run();
  assert.deepEqual(done, ['b', 'a', 'c']);
});

test('a step that is added by a step runs, too', async () => {
  const done: string[] = [];
  const stack = new CleanupStack();
  stack.add('outer', () => stack.add('inner', () => done.push('inner')));
  await stack.run();
  assert.deepEqual(done, ['inner']);
});

test('a step that fails does not stop the others, and is reported with its cause', async () => {
  const done: string[] = [];
  const cause = new Error('gone');
  const stack = new CleanupStack();
  stack.add('close the first', () => done.push('first'));
  stack.add('close the second', () => Promise.reject(cause));
  stack.add('close the third', () => {
    throw cause;
  });
  const failures = await stack.run();
  assert.deepEqual(
    failures.map(({ message }) => message),
    ['could not close the third', 'could not close the second'],
  );
  assert.ok(failures.every((failure) => failure.cause === cause));
  assert.deepEqual(done, ['first']);
});

test('the value of the work comes back after the clean-up', async () => {
  const done: string[] = [];
  const value = await withCleanup(async (cleanup) => {
    cleanup.add('tidy up', () => done.push('tidied'));
    return done.length;
  });
  assert.deepEqual([value, done], [0, ['tidied']]);
});

test('when the work fails, the clean-up runs and its errors never hide the first one', async () => {
  const failure = new Error('the work failed');
  let ran = false;
  const work = withCleanup(async (cleanup) => {
    cleanup.add('tidy up', () => {
      ran = true;
      throw new Error('the clean-up failed');
    });
    throw failure;
  });
  await assert.rejects(work, failure);
  assert.ok(ran);
});

test('when only the clean-up fails, that is the error', async () => {
  const work = withCleanup(async (cleanup) =>
    cleanup.add('tidy up', () => {
      throw new Error('no');
    }),
  );
  await assert.rejects(work, { message: 'could not tidy up' });
});
