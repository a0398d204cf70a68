import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Compares text with a file that a person has looked at. A missing file is written, and the test fails, so that somebody looks. */
export function assertGolden(path: string, actual: string): void {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    assert.fail(`${path} was missing and is written now: look at it, then run the test again`);
  }
  assert.equal(actual, readFileSync(path, 'utf8'));
}
