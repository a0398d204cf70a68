import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pictures } from '../../scripts/pictures/main.ts';
import { recordingSvg } from '../../scripts/pictures/recording-svg.ts';
import { repository } from '../helpers/lab-command.ts';

const readmes = ['README.md', 'README.fr.md'].map((name) => readFileSync(join(repository, name), 'utf8'));
const run = join(repository, 'test/fixtures/runs/tp1');

test('every picture is shown by a README, is small, and asks for nothing else', () => {
  const shown = readmes.flatMap((text) =>
    [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => basename(path!)),
  );
  const there = globSync('*', { cwd: pictures });
  assert.deepEqual([...new Set(shown)].toSorted(), there.toSorted());
  for (const name of there) {
    assert.ok(statSync(join(pictures, name)).size < 200_000, name);
    if (!name.endsWith('.svg')) continue;
    const text = readFileSync(join(pictures, name), 'utf8');
    assert.doesNotMatch(text, /<script|<image|<foreignObject|href=|url\(|@import|\son\w+=/i, name);
    assert.match(
      text,
      /<rect[^>]* width="\d+" height="\d+"/,
      `${name} has a ground of its own for light and dark pages`,
    );
  }
});

test('the recording shows what the terminals of a run showed, in its order, and the steps', () => {
  const svg = recordingSvg({
    session: stored('session.cast'),
    roles: { server: stored('server.cast'), client: stored('client.cast') },
    ending: 'passed',
  });
  assert.deepEqual(linesIn(svg, 'server on vm1', 'client on vm2'), linesOf(stored('server.log')));
  assert.deepEqual(linesIn(svg, 'client on vm2', '▸'), linesOf(stored('client.log')));
  assert.match(svg, />▸ send: \{ client: &quot;Hello vm1&quot; \}</);
  assert.match(svg, />✔ passed<\/text><\/g>\n<\/svg>\n$/);
  for (const name of ['run.en.svg', 'run.fr.svg']) {
    const steps = stepsIn(readFileSync(join(pictures, name), 'utf8'));
    // The stored run is of a time when the result was no mark of the recording, and the last mark is the last step.
    assert.deepEqual(steps.slice(0, -1), stepsIn(svg), `${name} is of another scenario: node scripts/pictures/main.ts`);
  }
});

function stored(name: string): string {
  return readFileSync(join(run, name), 'utf8');
}

/** What stands between two texts of the picture, line by line. */
function linesIn(svg: string, from: string, to: string): string[] {
  const part = svg.slice(svg.indexOf(`>${from}`), svg.indexOf(`>${to}`));
  return part
    .split('\n')
    .slice(1, -1)
    .map((line) => [...line.matchAll(/>([^<]+)<\/text>/g)].map(([, words]) => words!).join(' '));
}

function linesOf(log: string): string[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function stepsIn(svg: string): string[] {
  return [...svg.matchAll(/>(▸ [^<]+)</g)].map(([, words]) => words!);
}
