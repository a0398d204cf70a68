import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { localImports, sourceFiles, sourceRoot } from '../../scripts/house/imports.ts';
import { verbs } from '../../src/scenario/verbs/index.ts';

const FOLDER = 'scenario/verbs/';
const names: ReadonlySet<string> = new Set(verbs.map(({ name }) => name));

/** A comment, a text, a bracket that opens or closes, or the key of a map or an interface. */
const TOKEN =
  /\/\*[^]*?\*\/|\/\/.*|'((?:[^'\\\n]|\\.)*)'(?!\w)|`(?:[^`\\]|\\.)*`|([{[(])|([}\])])|([A-Za-z_$][\w$]*)\??:/g;

/**
 * What looks like a table of verbs: keys or texts within one pair of brackets of which at least two, and at least half,
 * are names of verbs. Single names are words of all trades (`close`, `signal`), tables of them are not; `tcp` and `udp`
 * together are protocols.
 */
function verbTables(code: string): string[] {
  const tables: string[] = [];
  const open: Set<string>[] = [new Set()];
  for (const [, text, opens, closes, key] of code.matchAll(TOKEN)) {
    const name = text ?? key;
    if (opens !== undefined) open.push(new Set());
    else if (name !== undefined) open.at(-1)?.add(name);
    else if (closes !== undefined) {
      const words = open.pop() ?? new Set();
      const known = words.intersection(names);
      const isProtocols = known.isSubsetOf(new Set(['tcp', 'udp']));
      if (known.size >= 2 && !isProtocols && known.size * 2 >= words.size) tables.push([...words].join(', '));
    }
  }
  return tables;
}

/** Code that asks a step for its verb: a comparison, a switch, a look-up. */
function verbQuestions(code: string): string[] {
  const question = /\bverb\b [!=]==? '|' [!=]==? [\w.]*\bverb\b|\bswitch \([^)]*\bverb\)|\[[\w.!?]*\bverb\]/g;
  return [...code.matchAll(question)].map(([found]) => found);
}

test('no file outside of the verbs knows them by name: there is one list, and no second table', () => {
  const outside = sourceFiles().filter((file) => !file.startsWith(FOLDER));
  const found = outside.flatMap((file) => {
    const code = readFileSync(join(sourceRoot, file), 'utf8');
    return [...verbTables(code), ...verbQuestions(code)].map((what) => `${file}: ${what}`);
  });
  assert.deepEqual(found, []);
});

test('the search for tables of verbs finds those that there were', () => {
  assert.deepEqual(verbTables('const limits = { start: 15_000, send: f({ a: 1 }), /* exit: */ other: 3 };'), [
    'start, send, other',
  ]);
  assert.deepEqual(verbTables("const quoted = new Set(['send', 'expect']);"), ['send, expect']);
  assert.deepEqual(verbTables('interface Process { close: () => void; output: string; kill: () => void }'), []);
  assert.deepEqual(verbQuestions("step.verb === 'start' ? 1 : acts[step.verb](step)"), ["verb === '", '[step.verb]']);
  assert.deepEqual(verbQuestions('switch (step.verb) {'), ['switch (step.verb)']);
});

test('each verb is a file named after it, which only the list and other verbs import', () => {
  const files = readdirSync(join(sourceRoot, FOLDER)).map((file) => file.replace(/\.ts$/, ''));
  assert.deepEqual(files.toSorted(), ['define-verb', 'index', ...names].toSorted());
  const rows = new Set([...names].map((name) => `${FOLDER}${name}.ts`));
  const strays = localImports().filter(({ from, target }) => rows.has(target) && !from.startsWith(FOLDER));
  assert.deepEqual(strays, []);
});

test('what lab record can see happen is written with one verb', () => {
  const actions = [
    { kind: 'opened', role: 'p' },
    { kind: 'typed', role: 'p', line: 'x' },
    { kind: 'interrupted', role: 'p' },
    { kind: 'input-ended', role: 'p' },
    { kind: 'shown', role: 'p', text: 'x' },
    { kind: 'ended', ends: { p: 0 } },
  ] as const;
  const writers = actions.map((action) => verbs.filter((verb) => verb.recorded?.(action) !== undefined).length);
  assert.deepEqual(writers, [1, 1, 1, 1, 1, 1]);
});
