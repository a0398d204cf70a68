import assert from 'node:assert/strict';
import { testSets, type OpenSet, type PlayedSet } from '../helpers/program-sets.ts';

/** The first play is over: its socket stays in TIME_WAIT, and the server does not set SO_REUSEADDR. */
async function repeated(_first: PlayedSet, set: OpenSet): Promise<void> {
  const again = await set.play(undefined, { times: 2 });
  assert.equal(again.result, 'failed', again.shown);
  assert.match(again.shown, /passed 0 of 2 times/);
  assert.match(again.shown, /is in TIME_WAIT: this side closed first/);
  assert.match(again.shown, /set SO_REUSEADDR before bind/);
  const fresh = await set.play(undefined, { times: 2, fresh: true });
  assert.match(fresh.shown, /passed 2 of 2 times/);
}

await testSets('a server that closes first, and does not set SO_REUSEADDR, plays again on fresh machines only', [
  { folder: 'sets/45-bug-timewait', title: 'Python', check: repeated },
  { folder: 'variants/c-timewait', title: 'C', needs: ['cc'], check: repeated },
]);
