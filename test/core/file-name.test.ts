import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFileName, encodeFileName, localFileName, shownFileName } from '../../src/core/text/file-name.ts';

const names: readonly (readonly [bytes: string, shown: string])[] = [
  ['plain.txt', 'plain.txt'],
  ['caf\u00c3\u00a9', 'café'],
  ['caf\u00e9', String.raw`caf\xe9`],
  // Half a character, one written too long, a surrogate in UTF-8, one beyond the last.
  ['\u00e2\u0082', String.raw`\xe2\x82`],
  ['\u00c0\u00af', String.raw`\xc0\xaf`],
  ['\u00ed\u00b2\u0080', String.raw`\xed\xb2\x80`],
  ['\u00f5\u0080\u0080\u0080', String.raw`\xf5\x80\x80\x80`],
  ['\u00f0\u009f\u0098\u0080\u00ff', String.raw`😀\xff`],
];

test('a name of any bytes becomes text, is shown, and becomes the same bytes again', () => {
  for (const [latin1, shown] of names) {
    const bytes = Buffer.from(latin1, 'latin1');
    const text = decodeFileName(bytes);
    assert.equal(shownFileName(text), shown);
    assert.deepEqual(encodeFileName(text), bytes);
    assert.deepEqual(Buffer.from(localFileName(text) as string), bytes);
  }
});
