import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withReference } from '../scripts/reference.ts';

test('the tables of README.md are those of this build', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  assert.ok(readme === withReference(readme), 'run "npm run reference"');
});
