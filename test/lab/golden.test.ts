import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadLab } from '../../src/lab/load-lab.ts';
import { renderProblems } from '../../src/lab/render-problems.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { assertGolden, casesOf, labJson } from './golden.ts';

const good = join(import.meta.dirname, 'good');
const bad = join(import.meta.dirname, 'bad');

describe('a good lab file becomes the lab that its golden file shows', () => {
  for (const name of casesOf(good)) {
    it(name, async () => {
      const file = join(good, `${name}.yaml`);
      const result = await loadLab(file, allProviders.names);
      if ('problems' in result) assert.fail(renderProblems(file, result.text, result.problems));
      assertGolden(join(good, `${name}.json`), labJson(result.lab));
    });
  }
});

describe('a bad lab file gets exactly the message of its golden file', () => {
  for (const name of casesOf(bad)) {
    it(name, async () => {
      const result = await loadLab(join(bad, `${name}.yaml`), allProviders.names);
      assert.ok('problems' in result, 'no problem was found');
      const text = renderProblems(`${name}.yaml`, result.text, result.problems);
      // Where the stack of the parser ends depends on what it has read before.
      assertGolden(join(bad, `${name}.txt`), text.replace(/^(yaml-nested-too-deep\.yaml:2:)\d+/, '$1N'));
    });
  }
});

it('there are enough golden cases', () => {
  assert.ok(casesOf(good).length >= 25);
  assert.ok(casesOf(bad).length >= 60);
});
