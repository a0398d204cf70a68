import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apart, rows } from '../scripts/house/map.ts';
import { withReference } from '../scripts/reference.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the reference in README.md is what "npm run reference" writes', () => {
  assert.equal(readme, withReference(readme));
});

test('every file of the source that README.md names is there', () => {
  const named = [...readme.matchAll(/`((?:src|scripts|test)\/[\w./-]+)`/g)].map(([, path]) =>
    path!.replace(/\/(?:GROUP|NAME\.\w+)$/, ''),
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('the picture of the rooms in README.md has those of the map, from top to bottom', () => {
  const picture = /^```\ncli .*?^```/ms.exec(readme)![0];
  const drawn = [...picture.matchAll(/(?:^|\| )(\w+)  /gm)].map(([, room]) => room!);
  assert.deepEqual(drawn.toSorted(), [...rows.flat(), apart].toSorted());
  assert.deepEqual(
    drawn.map(rowOf),
    drawn.map(rowOf).toSorted((a, b) => b - a),
  );
});

function rowOf(room: string): number {
  return [[apart], ...rows].findIndex((row) => row.includes(room));
}
