import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrowsUp,
  besideTheDoors,
  circles,
  localImports,
  longestChain,
  roomOf,
  sourceFiles,
  strayPackages,
  unusedDoors,
} from '../scripts/house/imports.ts';
import { placesOfKinds } from '../scripts/house/lists.ts';
import { apart, rows } from '../scripts/house/map.ts';
import { houseMeasures, measureTable } from '../scripts/house/measures.ts';

const imports = localImports();

test('rooms import only rooms of lower rows', () => {
  assert.deepEqual(arrowsUp(imports), []);
});

test('rooms are entered by their front doors', () => {
  assert.deepEqual(besideTheDoors(imports), []);
  assert.deepEqual(unusedDoors(imports), []);
});

test('only the registry reaches into the folder of a provider', () => {
  const inside = /^providers\/[^/]+\//;
  const reaching = imports
    .filter(({ from, target }) => inside.test(target) && inside.exec(from)?.[0] !== inside.exec(target)![0])
    .filter(({ from }) => from !== 'providers/registry.ts');
  assert.deepEqual(reaching, []);
});

test('no files import each other in a circle', () => {
  assert.deepEqual(circles(imports), []);
});

test('each package is imported by its one room', () => {
  assert.deepEqual(strayPackages(), []);
});

test('every room of src is on the map', () => {
  const rooms = new Set(sourceFiles().map(roomOf));
  assert.deepEqual(
    [...rooms].filter((room) => room !== apart && !rows.flat().includes(room)),
    [],
  );
  assert.ok(imports.length > 100, `only ${imports.length} imports were found: the check itself is broken`);
});

test('the checks of the map see what is wrong', () => {
  const wrong = [
    { from: 'core/errors.ts', target: 'cli/main.ts' },
    { from: 'cli/main.ts', target: 'core/secret-cellar.ts' },
    { from: 'cli/a.ts', target: 'cli/b.ts' },
    { from: 'cli/b.ts', target: 'cli/a.ts' },
  ];
  assert.deepEqual(arrowsUp(wrong), ['core/errors.ts → cli/main.ts']);
  assert.ok(besideTheDoors(wrong).includes('cli/main.ts → core/secret-cellar.ts'));
  assert.deepEqual(circles(wrong), ['cli/a.ts → cli/b.ts → cli/a.ts']);
  assert.equal(longestChain(wrong.slice(0, 2)).length, 3);
  const reachedInto = placesOfKinds([...imports, { from: 'commands/lab/up.ts', target: 'providers/qemu/provider.ts' }]);
  assert.deepEqual(
    reachedInto.filter(({ places }) => places !== 2).map(({ evidence }) => evidence),
    [['providers/qemu/', 'providers/registry.ts', 'commands/lab/up.ts']],
  );
});

test('the measures of the house are within their limits', (context) => {
  const measures = houseMeasures();
  context.diagnostic(`\n${measureTable(measures)}`);
  const over = measures.filter(({ value, limit }) => value > limit);
  assert.deepEqual(over, []);
});
