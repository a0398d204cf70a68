import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { writeTo } from '../../src/core/files/drained.ts';

test('many writers wait for one slow stream together, and all go on when it has drained', async () => {
  const written: string[] = [];
  const goOn: (() => void)[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      written.push(chunk);
      goOn.push(callback);
    },
  });
  const waits = Array.from({ length: 30 }, (_, number) => writeTo(slow, `line ${number}`));
  assert.equal(slow.listenerCount('drain'), 1);
  assert.equal(waits.includes(undefined), false);
  let isOver = false;
  const all = Promise.all(waits.map((wait) => Promise.resolve(wait))).then(() => (isOver = true));
  for (let number = 0; number < 30; number++) {
    assert.equal(isOver, false);
    goOn.shift()!();
    await new Promise(setImmediate);
  }
  await all;
  assert.equal(written.length, 30);
  assert.equal(slow.listenerCount('drain'), 0);
  assert.notEqual(writeTo(slow, 'again'), waits[0]);
});
