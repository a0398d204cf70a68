import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../helpers/lab-command.ts';
import { laySet, type ProgramSet } from '../helpers/program-sets.ts';

/** What the command must say and return when a user plays a set from `up` to `down`. */
interface Played extends ProgramSet {
  readonly exitCode: number;
  readonly says: RegExp;
  readonly scenario?: readonly string[];
}

const played: readonly Played[] = [
  { folder: 'sets/01-py-input', scenario: ['tp1'], exitCode: 0, says: /Scenario tp1 passed after/ },
  { folder: 'sets/42-bug-client-first', exitCode: 1, says: /step 1 failed[^]*ConnectionRefusedError/ },
  {
    folder: 'sets/55-ctrl-c-exit',
    exitCode: 1,
    says: /expected: serveur to end with status 0\n +but: +it ended with signal INT/,
  },
];

/** Lays the set into a folder of the user, and gives the options that name its lab file. */
function layFor(user: LabUser, set: ProgramSet): string[] {
  const folder = join(user.folder, basename(set.folder));
  mkdirSync(folder);
  laySet(set, folder);
  const { uid, gid } = statSync(user.folder);
  for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
    chownSync(join(folder, name), uid, gid);
  return ['-f', join(basename(set.folder), 'lab.yaml')];
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const)
  describe(
    `programs that ${kind === 'root' ? 'root' : 'an ordinary user'} plays by command`,
    { skip: cannotBe(kind) },
    () => {
      for (const set of played)
        test(set.folder, async () => {
          await using user = make();
          const file = layFor(user, set);
          const up = await user.lab(...file, 'up');
          assert.equal(up.exitCode, 0, up.stderr);
          try {
            const run = await user.lab(...file, 'run', ...(set.scenario ?? []));
            assert.equal(run.exitCode, set.exitCode, run.stdout + run.stderr);
            assert.match(run.stdout, set.says);
            const report = await user.lab(...file, 'report', '--format', 'md', '--output', '-');
            assert.equal(report.exitCode, 0, report.stderr);
          } finally {
            assert.equal((await user.lab(...file, 'down', '--purge')).exitCode, 0);
          }
        });
    },
  );
