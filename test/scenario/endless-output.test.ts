import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Shell } from '../../src/ssh/shell.ts';
import { startSshd, type TestSshd } from '../helpers/ssh/sshd.ts';
import { play, type Played } from '../helpers/stage.ts';

let sshd: TestSshd;
let shells: ReadonlyMap<string, Shell>;

before(async () => {
  sshd = await startSshd();
  const vm1 = await sshd.connect({ machine: 'vm1' });
  shells = new Map([['vm1', vm1]]);
});
after(() => sshd[Symbol.asyncDispose]());

/** Two programs, `one` as given and `quiet`, which does nothing. */
function playing(script: string, ...steps: readonly string[]): Promise<Played> {
  const programs = [
    `  one: { on: vm1, command: [sh, -c, ${JSON.stringify(script)}] }`,
    '  quiet: { on: vm1, command: [sleep, "30"] }',
  ];
  const lines = ['start: [one, quiet]', ...steps].map((step) => `    - ${step}`);
  return play(shells, `programs:\n${programs.join('\n')}\nscenarios:\n  s:\n${lines.join('\n')}\n`);
}

const LOST = 'while :; do echo lost; echo; done';

test('a program that prints without end is said to, with how much and how many lines come again', async () => {
  const { result } = await playing(LOST, '{ exit: { one: 0 }, timeout: 2500ms }');
  const { problem, reason, hint } = result.failedStep!;
  assert.equal(problem!.seen.kind, 'endless-output');
  assert.match(reason, /^one prints without end: [\d.]+ [kM]B in \d(\.\d)? s, the same 2 lines again and again$/);
  assert.match(hint!, /loop/);
  const [tail] = result.tails;
  assert.ok(tail!.lines.length <= 15);
  assert.match(tail!.lines.join('\n'), /^… the same 2 lines \d{2,3} times more$/m);
});

test('lines that differ are a flood when they are many; another program that floods is evidence', async () => {
  const counting = 'i=0; while :; do i=$((i+1)); echo "line $i, and more text that makes it a long one"; done';
  const { result } = await playing(counting, '{ expect: { quiet: hello }, timeout: 3s }');
  const { problem, reason } = result.failedStep!;
  assert.equal(reason, 'it did not come within 3 s');
  const one = problem!.evidence!.programs.find(({ role }) => role === 'one');
  assert.ok(one!.endless!.bytes > 65_536);
  assert.equal(one!.endless!.lines, undefined);
});

test('a scenario that passes warns of it', async () => {
  const { result, events } = await playing(LOST, 'wait: 1500ms');
  assert.equal(result.result, 'passed');
  assert.match(
    events
      .of('notice')
      .map(({ message }) => message)
      .join('\n'),
    /^one prints without end: .*2 lines/,
  );
});

test('a program that prints much and then waits, or little, is not endless', async () => {
  const much = 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo "the same line again and again"; done; sleep 30';
  for (const script of [much, 'for i in 1 2 3 4 5 6 7 8 9; do echo tick; sleep 0.4; done'] as const) {
    const { result } = await playing(script, '{ expect: { one: hello }, timeout: 2800ms }');
    assert.equal(result.failedStep!.problem!.seen.kind, 'nothing-in-time');
    assert.deepEqual(
      result.failedStep!.problem!.evidence!.programs.map(({ endless }) => endless),
      [undefined, undefined],
    );
  }
});
