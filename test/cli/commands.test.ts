import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { localImports, sourceRoot } from '../../scripts/house/imports.ts';
import { commands } from '../../src/cli/commands/index.ts';

const files = globSync('cli/commands/*/*.ts', { cwd: sourceRoot });

test('each command is one file that bears its name, and one row of the list', () => {
  const names = commands.map(({ name }) => name.replace(/^__/, ''));
  assert.deepEqual(files.map((file) => basename(file, '.ts')).toSorted(), names.toSorted());
});

test('only the list imports the file of a command', () => {
  const others = localImports().filter(({ target }) => files.includes(target));
  assert.deepEqual(
    others.filter(({ from }) => from !== 'cli/commands/index.ts'),
    [],
  );
});

test('a command loads its work when it runs, and not before', () => {
  const early = files.filter((file) => /^import (?!type)[^;]*'..\/..\/..\/commands\//m.test(textOf(file)));
  assert.deepEqual(early, []);
});

/** What has to be quick is answered before the command line is read. */
const beforeReading = new Set(['cli/main.ts: proxy']);

/** Not the command of that name. */
const OF_A_WALL = 'cli/show/walls-text.ts: open';

test('no other file of the command line knows a command by its name', () => {
  const knowing = globSync('cli/**/*.ts', { cwd: sourceRoot })
    .filter((file) => !file.startsWith('cli/commands/'))
    .flatMap((file) =>
      commands.filter(({ name }) => namesIt(textOf(file), name)).map(({ name }) => `${file}: ${name}`),
    );
  assert.deepEqual(
    knowing.filter((found) => !beforeReading.has(found) && found !== OF_A_WALL),
    [],
  );
});

/** In a comparison, as a case or as the key of a table. */
function namesIt(text: string, name: string): boolean {
  return new RegExp(`[!=]== '${name}'|'${name}' [!=]==|case '${name}'|^ *'${name}':|includes\\('${name}'\\)`, 'm').test(
    text,
  );
}

function textOf(file: string): string {
  return readFileSync(join(sourceRoot, file), 'utf8');
}
