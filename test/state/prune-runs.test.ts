import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EnvironmentError, InterruptedError } from '../../src/core/errors.ts';
import { currentProcess, type ProcessIdentity } from '../../src/host/process-identity.ts';
import { RunSummary, type RunDocument } from '../../src/report/run/run-summary.ts';
import { folderSize } from '../../src/state/runs/folder-size.ts';
import { pruneRuns, type PruneOptions } from '../../src/state/runs/prune-runs.ts';
import { listRuns, makeRunFolder } from '../../src/state/runs/stored-runs.ts';
import { repository } from '../helpers/lab-command.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

const DAY_MS = 86_400_000;

/** Makes a run for each age, in days, the first one first; scenarios are called a, b, c, … */
async function make(stateFolder: string, ...ages: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, days] of ages.entries()) {
    const wallMs = Date.now() - days * DAY_MS;
    const { id } = await makeRunFolder({ stateFolder, scenario: 'abcdefgh'.charAt(index), wallMs }, async (run) => {
      writeFileSync(join(run.path, 'run.json'), JSON.stringify(document({ run: run.id, result: 'passed' })));
      writeFileSync(join(run.path, 'session.log'), 'x'.repeat(10_000));
    });
    ids.push(id);
  }
  return ids;
}

function document(changes: Partial<RunDocument>): RunDocument {
  return { ...new RunSummary().document(), ...changes };
}

/** The letters of the runs that are there and of those that were removed, newest first. */
async function prune(stateFolder: string, options: PruneOptions): Promise<{ there: string; removed: string }> {
  const { removed, kept, failed } = await pruneRuns(stateFolder, options);
  const there = await listRuns(stateFolder);
  assert.deepEqual(failed, []);
  if (options.dryRun !== true) assert.equal(kept, there.length);
  return { there: letters(there.map(({ id }) => id)), removed: letters(removed.map(({ run }) => run)) };
}

function letters(ids: readonly string[]): string {
  return ids.map((id) => id.at(-1)).join('');
}

const days = (count: number): number => count * DAY_MS;

describe('a prune removes', () => {
  const cases: readonly (readonly [title: string, options: PruneOptions, there: string])[] = [
    ['what is beyond the newest', { rule: { keep: 2 } }, 'ed'],
    ['what is older', { rule: { olderMs: days(5) } }, 'edc'],
    ['with both, what is beyond the newest and older', { rule: { keep: 4, olderMs: days(5) } }, 'edcb'],
    ['with both, nothing that is younger', { rule: { keep: 1, olderMs: days(5) } }, 'edc'],
    ['all but the newest, however old that is', { rule: { olderMs: 1 } }, 'e'],
    ['nothing that is excepted', { rule: { keep: 1 }, except: [] }, 'e'],
    ['nothing when all are wanted', { rule: { keep: 9 } }, 'edcba'],
  ];
  for (const [title, options, there] of cases) {
    test(title, async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
      await make(folder.path, 40, 30, 3, 2, 1);
      const removed = 'edcba'
        .split('')
        .filter((letter) => !there.includes(letter))
        .join('');
      assert.deepEqual(await prune(folder.path, { ...options, dryRun: true }), { there: 'edcba', removed });
      assert.deepEqual(await prune(folder.path, options), { there, removed });
      assert.deepEqual(await prune(folder.path, options), { there, removed: '' });
    });
  }

  test('the oldest first, no more than it is told to', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    await make(folder.path, 5, 4, 3, 2, 1);
    const { removed, waiting, kept } = await pruneRuns(folder.path, { rule: { keep: 1 }, most: 3 });
    assert.deepEqual([letters(removed.map(({ run }) => run)), waiting, kept], ['cba', 1, 2]);
    const rest = await pruneRuns(folder.path, { rule: { keep: 1 }, most: 3 });
    assert.deepEqual([rest.removed.length, rest.waiting], [1, 0]);
  });

  test('by the order in which runs were made, also where the clock was set back', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    await make(folder.path, 1, 40, 3);
    assert.deepEqual(await prune(folder.path, { rule: { keep: 2 } }), { there: 'cb', removed: 'a' });
  });

  test('a run that broke off or is damaged like any other, and tells what room it took', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    const [broken, damaged, ...more] = await make(folder.path, 4, 3, 2, 1);
    const gone: ProcessIdentity = { ...currentProcess(), startTime: '1' };
    const runs = join(folder.path, 'runs');
    writeFileSync(join(runs, broken!, 'run.json'), JSON.stringify(document({ result: 'running', process: gone })));
    writeFileSync(join(runs, damaged!, 'run.json'), '{');
    mkdirSync(join(runs, damaged!, 'sources/deep'), { recursive: true });
    writeFileSync(join(runs, damaged!, 'sources/deep/file'), 'x'.repeat(50_000));
    const size = await folderSize(join(runs, damaged!));
    const { removed, kept } = await pruneRuns(folder.path, { rule: { keep: 2 } });
    assert.deepEqual(
      removed.map(({ run }) => run),
      [damaged, broken],
    );
    assert.ok(size !== undefined && size >= 60_000);
    assert.equal(removed[0]?.sizeBytes, size);
    assert.equal(kept, more.length);
  });
});

describe('a prune never removes', () => {
  test('a run that is being played, one that is excepted, or the one that latest points to', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    const [played, old, excepted, pointed, between] = await make(folder.path, 6, 5, 4, 3, 2, 1);
    const runs = join(folder.path, 'runs');
    const running = document({ result: 'running', process: currentProcess() });
    writeFileSync(join(runs, played!, 'run.json'), JSON.stringify(running));
    rmSync(join(runs, 'latest'));
    symlinkSync(pointed!, join(runs, 'latest'));
    const { removed } = await pruneRuns(folder.path, { rule: { keep: 1 }, except: [excepted!] });
    assert.deepEqual(
      removed.map(({ run }) => run),
      [between, old],
    );
    assert.equal(readlinkSync(join(runs, 'latest')), pointed);
  });

  test('what is no run, and nothing through a link', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    using elsewhere = mkdtempDisposableSync(join(tmpdir(), 'lab-elsewhere-'));
    const [first, linked] = await make(folder.path, 5, 4, 3, 2);
    const runs = join(folder.path, 'runs');
    mkdirSync(join(runs, '20200101-120000-notes'));
    writeFileSync(join(runs, '20200101-120000-notes/mine.txt'), 'mine');
    writeFileSync(join(runs, '20200101-120000-file'), 'mine');
    mkdirSync(join(runs, 'report'));
    writeFileSync(join(elsewhere.path, 'kept.txt'), 'kept');
    symlinkSync(elsewhere.path, join(runs, first!, 'away'));
    renameSync(join(runs, linked!), join(elsewhere.path, 'run'));
    symlinkSync(join(elsewhere.path, 'run'), join(runs, linked!));
    const { removed } = await pruneRuns(folder.path, { rule: { keep: 1 } });
    assert.equal(letters(removed.map(({ run }) => run)), 'ca');
    for (const name of ['20200101-120000-notes/mine.txt', '20200101-120000-file', 'report', linked!])
      assert.ok(existsSync(join(runs, name)), name);
    for (const name of ['kept.txt', 'run/run.json']) assert.ok(existsSync(join(elsewhere.path, name)), name);
  });

  test('anything where the folder of the runs is a link: they may be those of another lab', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    using other = mkdtempDisposableSync(join(tmpdir(), 'lab-other-'));
    await make(other.path, 2, 1);
    symlinkSync(join(other.path, 'runs'), join(folder.path, 'runs'));
    await assert.rejects(
      pruneRuns(folder.path, { rule: { keep: 1 } }),
      (error) => error instanceof EnvironmentError && error.code === 'runs-elsewhere',
    );
    assert.equal((await listRuns(other.path)).length, 2);
  });
});

describe('a prune that does not come to its end', () => {
  test('leaves whole runs; what it had begun to remove goes next time', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    const [first] = await make(folder.path, 3, 2, 1);
    const runs = join(folder.path, 'runs');
    renameSync(join(runs, first!), join(runs, '.gone-0123abcd'));
    assert.equal(letters((await listRuns(folder.path)).map(({ id }) => id)), 'cb');
    const { removed, leftoverBytes } = await pruneRuns(folder.path, { rule: { keep: 2 } });
    assert.ok(removed.length === 0 && leftoverBytes >= 10_000);
    assert.equal(readdirSync(runs).filter((name) => name.startsWith('.gone-')).length, 0);
  });

  test('because the user has enough removes nothing more', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    await make(folder.path, 3, 2, 1);
    const signal = AbortSignal.abort(new InterruptedError('SIGINT'));
    await assert.rejects(pruneRuns(folder.path, { rule: { keep: 1 }, signal }), InterruptedError);
    assert.equal((await listRuns(folder.path)).length, 3);
  });

  test('for one run says so, and removes the others', { skip: process.getuid?.() === 0 }, async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
    const [first] = await make(folder.path, 3, 2, 1);
    const locked = join(folder.path, 'runs', first!, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'file'), '');
    chmodSync(locked, 0o500);
    const { removed, failed } = await pruneRuns(folder.path, { rule: { keep: 1 } });
    assert.deepEqual([letters(removed.map(({ run }) => run)), failed.map(({ run }) => run)], ['b', [first]]);
    const left = readdirSync(join(folder.path, 'runs')).find((name) => name.startsWith('.gone-'));
    chmodSync(join(folder.path, 'runs', left!, 'locked'), 0o700);
    await pruneRuns(folder.path, { rule: { keep: 1 } });
  });
});

test('a prune frees a disk that is full', { skip: !canMount }, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-prune-'));
  const result = onPrivateDisk(
    folder.path,
    `
    const { pruneRuns } = await import('${repository}/src/state/runs/prune-runs.ts');
    const { writeFileSync } = await import('node:fs');
    const { removed } = await pruneRuns(folder, { rule: { keep: 1 } });
    writeFileSync(folder + '/room', 'x'.repeat(200_000));
    return removed.map(({ run }) => run);
    `,
    {
      prepare:
        'mkdir -p runs/20260101-000000-a runs/20260102-000000-b; echo "{}" | tee runs/20260101-000000-a/run.json > runs/20260102-000000-b/run.json; ' +
        'head -c 300000 /dev/zero > runs/20260101-000000-a/capture.pcap; cat /dev/zero > fill 2>/dev/null || true',
    },
  );
  assert.deepEqual(result, ['20260101-000000-a']);
});
