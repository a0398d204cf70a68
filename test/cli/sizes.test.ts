import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputLimit } from '../../src/cli/command/value-types.ts';

test('a size is read as people write it', () => {
  const sizes = {
    '65536': 65_536,
    '64K': 65_536,
    '64k': 65_536,
    '64KiB': 65_536,
    '64 kB': 65_536,
    '1.5M': 1_572_864,
    '2GiB': 2 ** 31,
    '1T': 2 ** 40,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(outputLimit.parse(text, '--max-output'), bytes, text);
});

test('a size that there cannot be is refused, with an example', () => {
  for (const text of [
    '',
    '0',
    '1K',
    '65535',
    '-5M',
    '1e9',
    'much',
    '64X',
    '64KK',
    '9'.repeat(16) + 'T',
    'Infinity',
    '٦٤K',
  ]) {
    assert.throws(
      () => outputLimit.parse(text, '--max-output'),
      { code: 'wrong-size', exitCode: 2, hint: /--max-output 64M/ },
      text,
    );
  }
});
