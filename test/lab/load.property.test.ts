import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { checkLabText } from '../../src/lab/load-lab.ts';
import { renderProblems } from '../../src/lab/render-problems.ts';
import type { Problem } from '../../src/lab/problem.ts';
import type { Lab } from '../../src/lab/types.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { isLong, testSeed } from '../helpers/seeded.ts';

const series = (rounds: number): { seed: number; numRuns: number } => ({
  seed: testSeed,
  numRuns: isLong ? rounds * 15 : rounds,
});

const reference = readFileSync(join(import.meta.dirname, 'good', 'reference.yaml'), 'utf8');

/** Pieces that mean something to YAML or to us, so that random texts get past the first line. */
const piece = fc.oneof(
  fc.constantFrom(
    'version: 1',
    'machines:',
    'vm1',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n\t',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&a ',
    '*a',
    '<<: ',
    '!!x ',
    '|',
    '>',
    '? ',
    '# ',
    '---\n',
    '...',
    '%YAML 1.1\n',
    '\0',
    '\r',
    '\r\n',
    '192.168.100.4',
    '/(/',
    '~',
    '0x1',
    '1e999',
    '\uFEFF',
    '日',
    '👩‍💻',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 6 }),
);

const edit = fc.record({ at: fc.nat(reference.length), cut: fc.nat(12), put: piece });

function edited(edits: readonly { at: number; cut: number; put: string }[]): string {
  return edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), reference);
}

async function assertSound(text: string): Promise<void> {
  const result = await checkLabText(text, join(import.meta.dirname, 'good', 'lab.yaml'), allProviders.names);
  if ('lab' in result) {
    assertStepsInside(result.lab, text);
    return;
  }
  assert.ok(result.problems.length > 0);
  for (const problem of result.problems) assertInside(problem, text);
  if (result.partial) assertStepsInside(result.partial, text);
  const shown = renderProblems('lab.yaml', text, result.problems);
  assert.doesNotMatch(shown, /[\0-\x08\x0b-\x1f\x7f-\x9f]/, 'no control character reaches the terminal');
}

function assertInside(
  { position: { line, column }, length, message }: Pick<Problem, 'position' | 'length' | 'message'>,
  text: string,
): void {
  const lines = text.split('\n');
  assert.ok(line >= 1 && line <= lines.length, `line ${line} of "${message}"`);
  assert.ok(column >= 1 && column <= lines[line - 1]!.length + 1, `column ${column} of "${message}"`);
  assert.ok(
    length >= 1 && column - 1 + length <= Math.max(lines[line - 1]!.length, column),
    `length ${length} of "${message}"`,
  );
  assert.ok(message.length > 0);
}

function assertStepsInside(lab: Lab, text: string): void {
  for (const { steps } of lab.scenarios.values()) {
    for (const { position, positionOf } of steps) {
      assertInside({ position, length: 1, message: 'step' }, text);
      assertInside({ position: positionOf(['send', 'client']), length: 1, message: 'part of a step' }, text);
    }
  }
}

it('any edit of the reference file gets an answer whose places lie inside the text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => assertSound(edited(edits))),
    series(250),
  );
});

it('any text gets an answer whose places lie inside the text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), (pieces) => assertSound(pieces.join(''))),
    series(400),
  );
});

it('any data of the right kind of fields gets an answer whose places lie inside the text', async () => {
  const value = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.constantFrom('vm1', '10.0.0.1', '10.0.0.0/24', '', true, null, 0, -1, 7999),
      fc.string({ maxLength: 5 }),
      fc.double(),
    ),
    value: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'vm1',
          'address',
          'subnet',
          'gateway',
          'interfaces',
          'eth0',
          'on',
          'command',
          'listens',
          'files',
          'env',
          'prompt',
          'send',
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value;
  const sections = fc.record(
    { version: fc.constant(1), networks: value, machines: value, programs: value, scenarios: value },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(sections, (data) => assertSound(JSON.stringify(data, null, 1))),
    series(300),
  );
});
