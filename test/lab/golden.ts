import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Lab } from '../../src/lab/types.ts';

/** The golden cases of a folder: names of its YAML files, without the ending. */
export function casesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .toSorted();
}

/** Compares with a golden file. A missing one is written, and the test fails, so that somebody reads it. */
export function assertGolden(file: string, actual: string): void {
  if (!existsSync(file)) {
    writeFileSync(file, actual);
    assert.fail(`${file} was missing and has been written: read it, then run the tests again`);
  }
  assert.equal(actual, readFileSync(file, 'utf8'));
}

/** A lab as JSON: maps as objects, patterns as they are written, paths from the folder of the file. */
export function labJson(lab: Lab): string {
  const plain = (key: string, value: unknown): unknown => {
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof RegExp) return String(value);
    if (key === 'folder') return '.';
    if (typeof value === 'string' && value.startsWith(`${dirname(lab.folder)}/`)) return relative(lab.folder, value);
    return value;
  };
  return `${JSON.stringify(lab, plain, 2)}\n`;
}
