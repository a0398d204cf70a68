import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

/** The rooms, lowest row first. A room may import itself and rows below; rooms on one row never import each other. */
const rows = [
  ['core'],
  ['lab', 'host', 'report'],
  ['ssh', 'state'],
  ['providers', 'ports', 'capture', 'deploy'],
  ['scenario'],
  ['commands'],
  ['cli'],
];

/** What runs on the machines stands apart: it imports nothing of the product, and nothing of the product imports it. */
const apart = 'programs';

/** The one exception to "packages only where they are named": which room may import which package. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  execa: ['host'],
  'highlight.js': ['report'],
  ssh2: ['ssh'],
  yaml: ['lab'],
  zod: ['lab'],
};

interface Import {
  readonly from: string;
  readonly target: string;
}

const root = join(import.meta.dirname, '..', 'src');
const imports = globSync('**/*.ts', { cwd: root }).flatMap(importsOf);

test('rooms import only rooms of lower rows', () => {
  const wrong = imports.filter(({ from, target }) => !mayImport(roomOf(from), roomOf(target)));
  assert.deepEqual(wrong, []);
});

test('no files import each other in a circle', () => {
  assert.deepEqual(circles(), []);
});

test('each package is imported by its one room', () => {
  const wrong = globSync('**/*.ts', { cwd: root }).flatMap((file) =>
    specifiers(file)
      .filter(
        (name) =>
          !name.startsWith('.') && !name.startsWith('node:') && !packagesOf[packageName(name)]?.includes(roomOf(file)),
      )
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test('every room of src is on the map', () => {
  const rooms = new Set(imports.map(({ from }) => roomOf(from)));
  assert.deepEqual(
    [...rooms].filter((room) => room !== apart && !rows.flat().includes(room)),
    [],
  );
  assert.ok(imports.length > 100, `only ${imports.length} imports were found: the check itself is broken`);
});

function mayImport(from: string, target: string): boolean {
  if (from === target) return true;
  if (from === apart || target === apart) return false;
  return rowOf(target) < rowOf(from);
}

function rowOf(room: string): number {
  return rows.findIndex((row) => row.includes(room));
}

function roomOf(file: string): string {
  return file.split('/')[0]!;
}

function importsOf(file: string): Import[] {
  const local = specifiers(file).filter((name) => name.startsWith('.') && name.endsWith('.ts'));
  return local.map((name) => ({ from: file, target: relative(root, normalize(join(root, dirname(file), name))) }));
}

/** Static and dynamic imports and re-exports. */
function specifiers(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3]!);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Circles among files, each as the chain that closes it; imports of types count, because a reader follows them too. */
function circles(): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) found.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
    if (trail.includes(file) || done.has(file)) return;
    for (const { target } of targets.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}
