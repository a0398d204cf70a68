import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, finish, ordinaryUser, repository, type LabUser } from '../helpers/lab-command.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { isLong, testSeed } from '../helpers/seeded.ts';

const lab = `version: 1
name: small
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
`;

/** Long enough for all, and an end for what hangs. */
const limitMs = isLong ? 1_800_000 : 120_000;

async function faultsAs(user: LabUser): Promise<string[]> {
  const { uid, gid } = statSync(user.folder);
  using memory = memoryFolder({ uid, gid });
  const folder = memory.path;
  writeFileSync(join(folder, 'lab.yaml'), lab);
  const seenAs = (path: string): string => join(dirname(dirname(user.executable)), relative(repository, path));
  const series = user.command([
    seenAs(process.execPath),
    seenAs(join(import.meta.dirname, 'fixtures/damage-series.ts')),
    folder,
    String(testSeed + uid),
    isLong ? 'all' : '6',
  ]);
  const timer = setTimeout(() => series.kill('SIGKILL'), limitMs);
  const { stdout, stderr } = await finish(series).finally(() => clearTimeout(timer));
  const lines = stdout.trimEnd().split('\n');
  const faults = stdout
    .split(/^(?=FAULT)/m)
    .filter((text) => text.startsWith('FAULT'))
    .map((text) => text.split('\n').slice(0, 6).join('\n'));
  if (lines.at(-1) !== 'end') faults.push(`hung, or ended, at: ${lines.slice(-2).join(' / ')}\n${stderr}`);
  return faults;
}

describe('a damaged .lab folder', { concurrency: 2 }, () => {
  test(
    'whatever becomes of its files, nothing hangs, no error is our own, and down and up work: as root',
    { skip: cannotBe('root') },
    async () => {
      await using user = currentUser();
      assert.deepEqual(await faultsAs(user), [], `seed ${testSeed}`);
    },
  );

  test(
    'whatever becomes of its files, nothing hangs, no error is our own, and down and up work: as an ordinary user',
    { skip: cannotBe('ordinary') },
    async () => {
      await using user = ordinaryUser();
      assert.deepEqual(await faultsAs(user), [], `seed ${testSeed}`);
    },
  );
});
