import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { topicFiles } from '../scripts/reference/main.ts';
import { apart, rows } from '../scripts/house/map.ts';

const root = join(import.meta.dirname, '..');
const map = readFileSync(join(root, 'src/README.md'), 'utf8');

test('every file of the source that src/README.md names is there', () => {
  const named = [...map.matchAll(/`((?:src|scripts|test)\/[\w./-]+)`/g)].map(([, path]) =>
    path!.replace(/\/(?:GROUP|NAME\.\w+)$/, ''),
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('every file that a page links to is there', () => {
  const pages = [join(root, 'README.md'), join(root, 'src/README.md'), ...topicFiles()];
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)[^)]*\)/g)].map(([, to]) => join(dirname(page), to!)),
  );
  assert.ok(links.length > 5);
  assert.deepEqual(
    links.filter((path) => !existsSync(path)),
    [],
  );
});

test('the picture of the rooms in src/README.md has those of the map, from top to bottom', () => {
  const picture = /^```\ncli .*?^```/ms.exec(map)![0];
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
