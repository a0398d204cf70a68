import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { without } from './helpers/tools.ts';

function nowhere(): undefined {
  return undefined;
}

test('a test is left out for want of a tool only when "npm test" would get it, and never when it did', () => {
  assert.throws(
    () => without('no-such-tool'),
    /no-such-tool is not in scripts\/test-tools, so "npm test" would never get it/,
  );
  assert.equal(
    without('tshark', () => '/usr/bin/tshark'),
    false,
  );
  const before = process.env['LAB_TEST_FETCHED'];
  try {
    delete process.env['LAB_TEST_FETCHED'];
    assert.match(String(without('cc', nowhere)), /^THIS HOST HAS NO cc .* apt-get install gcc libc6-dev\)$/);
    process.env['LAB_TEST_FETCHED'] = ' tshark cc';
    assert.throws(() => without('cc', nowhere), /"npm test" got cc, and it is not on PATH/);
  } finally {
    if (before === undefined) delete process.env['LAB_TEST_FETCHED'];
    else process.env['LAB_TEST_FETCHED'] = before;
  }
});

test('every test that is skipped for want of a tool asks the one list of tools', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.test.ts') && name !== 'tools.test.ts',
  );
  const others = files.flatMap((name) =>
    readFileSync(join(import.meta.dirname, name), 'utf8')
      .split('\n')
      .filter((line) => /skip/.test(line) && /(findOnHost|existsSync|spawnSync)\(/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  // These want a tool to be missing, or one that "lab doctor --fix" gets.
  const known = others.filter((line) => !/!== undefined && 'this host has|no ssh client/.test(line));
  assert.deepEqual(known, []);
});
