import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { apart, doors, packagesOf, rows } from './map.ts';

export const sourceRoot = join(import.meta.dirname, '../../src');

/** One import of a local file: paths below `src`. */
export interface Import {
  readonly from: string;
  readonly target: string;
}

export function sourceFiles(): string[] {
  return globSync('**/*.ts', { cwd: sourceRoot }).map((path) => path.replaceAll('\\', '/'));
}

/** Every import of one source file by another, imports of types among them: a reader follows those, too. */
export function localImports(): Import[] {
  return sourceFiles().flatMap((file) =>
    specifiers(file)
      .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
      .map((name) => ({ from: file, target: relative(sourceRoot, normalize(join(sourceRoot, dirname(file), name))) })),
  );
}

/** The name of the room that a file lies in. */
export function roomOf(file: string): string {
  return file.split('/')[0]!;
}

/** Imports of rooms that do not lie below. */
export function arrowsUp(imports: readonly Import[]): string[] {
  return imports.filter(({ from, target }) => !mayImport(roomOf(from), roomOf(target))).map(described);
}

/** Imports that enter a room other than by its front doors. */
export function besideTheDoors(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, target }) => roomOf(from) !== roomOf(target))
    .filter(({ target }) => !doors[roomOf(target)]?.some((door) => opens(door, withinRoom(target))))
    .map(described);
}

/** Front doors on the map that nobody outside uses. */
export function unusedDoors(imports: readonly Import[]): string[] {
  const used = [
    ...new Set(imports.filter(({ from, target }) => roomOf(from) !== roomOf(target)).map(({ target }) => target)),
  ];
  return Object.entries(doors)
    .flatMap(([room, files]) => files.map((file) => `${room}/${file}`))
    .filter((door) => !used.some((file) => opens(door, file)));
}

function opens(door: string, file: string): boolean {
  return door.endsWith('/') ? file.startsWith(door) : file === door;
}

/** Imports of packages by rooms that the map does not allow them. */
export function strayPackages(): string[] {
  return sourceFiles().flatMap((file) =>
    specifiers(file)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
      .filter((name) => !packagesOf[packageName(name)]?.includes(roomOf(file)))
      .map((name) => `${file}: ${name}`),
  );
}

/** Circles among files, each as the chain that closes it. */
export function circles(imports: readonly Import[]): string[] {
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

/** The longest way from file to file along imports, both ends counted. Only for imports without circles. */
export function longestChain(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const known = new Map<string, string[]>();
  const chainFrom = (file: string): string[] => {
    const before = known.get(file);
    if (before) return before;
    const rest = (targets.get(file) ?? []).map(({ target }) => chainFrom(target));
    const chain = [file, ...longest(rest)];
    known.set(file, chain);
    return chain;
  };
  return longest([...targets.keys()].map(chainFrom));
}

function longest(chains: readonly string[][]): string[] {
  return chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
}

function mayImport(from: string, target: string): boolean {
  if (from === target) return true;
  if (from === apart || target === apart) return false;
  return rowOf(target) < rowOf(from);
}

function rowOf(room: string): number {
  return rows.findIndex((row) => row.includes(room));
}

function withinRoom(file: string): string {
  return file.slice(roomOf(file).length + 1);
}

function described({ from, target }: Import): string {
  return `${from} → ${target}`;
}

/** Static and dynamic imports and re-exports. */
function specifiers(file: string): string[] {
  const text = readFileSync(join(sourceRoot, file), 'utf8');
  const pattern =
    /^\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3]!);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
