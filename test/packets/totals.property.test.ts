import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Coverage } from '../../src/packets/tcp/coverage.ts';
import { Median } from '../../src/packets/tcp/median.ts';

test('bytes are counted once, in whatever order and however often they come, and whenever one asks', () => {
  const range = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(12), fc.boolean());
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
      const coverage = new Coverage();
      const bytes = new Set<number>();
      for (const [start, length, asks] of ranges) {
        coverage.add(start, length);
        for (let at = start; at < start + length; at++) bytes.add(at);
        if (asks) assert.equal(coverage.bytes, bytes.size);
      }
      assert.equal(coverage.bytes, bytes.size);
    }),
  );
});

test('a running median is the lower middle of the numbers so far', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 80 }), (numbers) => {
      const median = new Median();
      assert.equal(median.value, undefined);
      for (const [index, number] of numbers.entries()) {
        median.add(number);
        const sorted = numbers.slice(0, index + 1).toSorted((a, b) => a - b);
        assert.equal(median.value, sorted[Math.floor(index / 2)]);
      }
    }),
  );
});
