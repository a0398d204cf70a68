import assert from 'node:assert/strict';
import { testSets, type OpenSet, type PlayedSet } from '../helpers/program-sets.ts';

/** The first play is over: its socket stays in TIME_WAIT, and the server does not set SO_REUSEADDR. */
async function repeated(_first: PlayedSet, set: OpenSet): Promise<void> {
  const again = await set.play(undefined, { times: 2 });
  assert.equal(again.result, 'failed', again.shown);
  assert.match(again.shown, /passed 0 of 2 times/);
  assert.match(again.shown, /port \d+ of vm1 was still in TIME_WAIT, of a connection that ended .* ago/);
  assert.match(again.shown, /Set it before bind \(setsockopt\).* or play on fresh machines: lab run --fresh/);
  assert.match(again.shown, /2 failed because port \d+ of vm1 was still in TIME_WAIT from before/);
  const fresh = await set.play(undefined, { times: 2, fresh: true });
  assert.match(fresh.shown, /passed 2 of 2 times/);
}

await testSets('a server that closes first, and does not set SO_REUSEADDR, plays again on fresh machines only', [
  { folder: 'sets/45-bug-timewait', title: 'Python', check: repeated },
  { folder: 'variants/c-timewait', title: 'C', needs: ['cc'], check: repeated },
]);
