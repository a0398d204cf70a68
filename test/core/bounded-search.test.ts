import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedSearch, SlowPatternError } from '../../src/core/text/bounded-search.ts';

const nearly = `${'a'.repeat(60)}!`;

/** Each needs more steps than there are atoms, in a way that another engine or a list of dangerous patterns would miss. */
const ENDLESS: readonly (readonly [title: string, regex: RegExp, text: string])[] = [
  ['a repetition in a repetition', /^(a+)+$/, nearly],
  ['alternatives that overlap, of any script', /^(?:\p{L}|\p{Lowercase})+$/u, nearly],
  ['set notation, without regard to case, and a back-reference', /^([[A-Z]--[X]]+)+\1$/iv, nearly],
  ['look-ahead, counted repetitions', /^(?=(?:(?:a{1,60}){1,60}){1,60}$)a/, nearly],
  ['look-behind', /(?<=^(a+)+)!/, `-${nearly}`],
  ['steps that take no character', /(?:(?:|(?=a)|b?){60})$!/, 'a'],
];

for (const [title, regex, text] of ENDLESS) {
  test(`a search ends, and names its pattern: ${title}`, () => {
    assert.throws(
      () => boundedSearch(regex, text, { line: 8 }),
      (error: unknown) => {
        assert.ok(error instanceof SlowPatternError, String(error));
        assert.equal(error.exitCode, 2);
        assert.ok(
          error.message.startsWith(
            `the pattern ${String(regex)} of line 8 of the lab file tries too many ways to match: its search in ${text.length} characters`,
          ),
          error.message,
        );
        assert.deepEqual(error.data, { pattern: String(regex), textLength: text.length, line: 8 });
        return true;
      },
    );
  });
}

test('an ordinary search answers as the engine does, from where it shall begin', () => {
  const regex = /port (?<number>\d+)/g;
  regex.lastIndex = 5;
  const found = boundedSearch(regex, 'port 1, port 22');
  assert.deepEqual([found?.index, found?.groups?.['number'], regex.lastIndex], [8, '22', 15]);
  assert.equal(boundedSearch(/never/, 'port'), null);
  assert.equal(boundedSearch(/^(a+)+$/, 'a'.repeat(60))?.[1], 'a'.repeat(60));
});

test('an ordinary search costs next to nothing', (t) => {
  const regex = /client@vm2:\d+\$ $/m;
  const text = 'from server: hello\n'.repeat(50);
  boundedSearch(regex, text);
  const started = process.threadCpuUsage();
  for (let i = 0; i < 500; i++) boundedSearch(regex, text);
  const { user, system } = process.threadCpuUsage(started);
  t.diagnostic(`${(user + system) / 500} µs a search`);
  assert.ok(user + system < 1_000_000);
});
