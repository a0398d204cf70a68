import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { arrowsUp, circles, localImports, longestChain, sourceFiles, sourceRoot } from './imports.ts';
import { placesOfKinds } from './lists.ts';
import { twins } from './map.ts';

/** One measure of the source, and the most that it may be. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit?: '%';
  /** What makes the value: the fullest folder, the chain, the lines. */
  readonly evidence: readonly string[];
}

const widest = 120;

/** Every measure of the source under `src`, as it is now. */
export function houseMeasures(): Measure[] {
  const files = sourceFiles();
  const imports = localImports();
  const shared = sharedNames(files);
  const { lines, wide } = lineWidths(files);
  const chain = longestChain(imports);
  const parameters = longParameterLists();
  const misnamed = misnamedConstants(files);
  const [fullest, count] = fullestFolder(files);
  return [
    { name: 'files per folder, largest', value: count, limit: 20, evidence: [fullest] },
    {
      name: 'files whose name another file has',
      value: percent(shared.length, files.length),
      limit: 6,
      unit: '%',
      evidence: shared,
    },
    { name: 'longest import chain', value: chain.length, limit: 18, evidence: chain },
    {
      name: `lines over ${widest} characters`,
      value: percent(wide.length, lines),
      limit: 0.5,
      unit: '%',
      evidence: wide,
    },
    { name: 'functions with five or more parameters', value: parameters.length, limit: 0, evidence: parameters },
    ...placesOfKinds(imports).map(({ name, places, evidence }) => ({
      name: `places of a ${name}: itself and its rows`,
      value: places,
      limit: 2,
      evidence,
    })),
    { name: 'constants against the naming rule', value: misnamed.length, limit: 0, evidence: misnamed },
    { name: 'import circles', value: circles(imports).length, limit: 0, evidence: circles(imports) },
    { name: 'imports of rooms above', value: arrowsUp(imports).length, limit: 0, evidence: arrowsUp(imports) },
  ];
}

/** The measures as a table, one line each. */
export function measureTable(measures: readonly Measure[]): string {
  const width = Math.max(...measures.map(({ name }) => name.length));
  const line = ({ name, value, limit, unit }: Measure): string =>
    `${name.padEnd(width)}  ${`${value}${unit ?? ''}`.padStart(7)}  at most ${limit}${unit ?? ''}`;
  return `${measures.map(line).join('\n')}\n`;
}

function fullestFolder(files: readonly string[]): [string, number] {
  const folders = Map.groupBy(files, (file) => dirname(file));
  return [...folders]
    .map(([folder, inside]): [string, number] => [folder, inside.length])
    .toSorted((a, b) => b[1] - a[1])[0]!;
}

/** Files that share their name with a file that is not their twin. */
function sharedNames(files: readonly string[]): string[] {
  const byName = Map.groupBy(files, (file) => basename(file));
  return [...byName.values()].filter((same) => same.length > 1 && !areTwins(same)).flat();
}

function areTwins(files: readonly string[]): boolean {
  return twins.some((folders) => {
    const places = files.map((file) => folders.findLast((folder) => file.startsWith(`${folder}/`)));
    const within = new Set(files.map((file, index) => file.slice(places[index]?.length)));
    return !places.includes(undefined) && new Set(places).size === files.length && within.size === 1;
  });
}

/** A message stands in one line, however long it is: it is the key of its translations. */
function lineWidths(files: readonly string[]): { lines: number; wide: string[] } {
  const all = files.flatMap((file) =>
    readFileSync(join(sourceRoot, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line, index) => ({ where: `${file}:${index + 1}`, width: line.length, isMessage: /\bsay`/.test(line) })),
  );
  return {
    lines: all.length,
    wide: all.filter(({ width, isMessage }) => width > widest && !isMessage).map(({ where }) => where),
  };
}

/** Counted by the linter, whose parser knows what a parameter is. */
function longParameterLists(): string[] {
  const linter = join(sourceRoot, '../node_modules/.bin/oxlint');
  const options = ['--format', 'json', '--config', join(import.meta.dirname, 'parameters.json')];
  const { stdout, status, stderr } = spawnSync(linter, [...options, sourceRoot], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === null || !stdout) throw new Error(`the linter did not run: ${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { filename: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics.map(({ filename, labels }) => `${filename}:${labels[0]?.span.line ?? 0}`);
}

/**
 * The naming rule: a constant of a file that is fixed text, a number or a pattern is written in capitals; everything else, tables and lists among it, in
 * camel case. Read off the beginning of each initializer.
 */
function misnamedConstants(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(sourceRoot, file), 'utf8');
    const constants = [...text.matchAll(/^(?:export )?const (\w+)(?:: [^=\n]+)? =\s+(.*)$/gm)];
    return constants.filter(([, name, value]) => isMisnamed(name!, value!)).map(([, name]) => `${file}: ${name}`);
  });
}

function isMisnamed(name: string, value: string): boolean {
  const capitals = /^[A-Z][A-Z0-9_]*$/.test(name);
  return capitals ? /^(?:[[{(]|new |async |\w+\()/.test(value) : /^(?:-?[\d_.]+|'[^']*'|\/.+\/\w*);$/.test(value);
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10;
}
