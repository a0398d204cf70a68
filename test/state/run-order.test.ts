import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { orderPath } from '../../src/state/runs/run-order.ts';
import { findRun, listRuns, makeRunFolder } from '../../src/state/runs/stored-runs.ts';

const noon = Date.UTC(2026, 10, 23, 12);

/** Makes runs that begin at these times, one after the other. */
async function make(
  stateFolder: string,
  ...runs: readonly (readonly [scenario: string, wallMs: number])[]
): Promise<string[]> {
  const ids: string[] = [];
  for (const [scenario, wallMs] of runs)
    ids.push(
      (
        await makeRunFolder({ stateFolder, scenario, wallMs }, async ({ path }) =>
          writeFileSync(join(path, 'run.json'), '{}'),
        )
      ).id,
    );
  return ids;
}

async function assertNewest(stateFolder: string, id: string): Promise<void> {
  assert.equal((await listRuns(stateFolder))[0]?.id, id);
  assert.equal((await findRun(stateFolder)).id, id);
  assert.equal(readlinkSync(join(stateFolder, 'runs/latest')), id);
}

describe('the newest run', () => {
  test('is the one that was made last: within a second, with the clock or the time zone set back', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    const ids = await make(
      folder.path,
      ['b', noon],
      ['a', noon],
      ['z', noon - 3_600_000],
      ['a', noon],
      ['y', noon - 86_400_000],
    );
    await assertNewest(folder.path, ids.at(-1)!);
    assert.deepEqual(
      (await listRuns(folder.path)).map(({ id }) => id),
      ids.toReversed(),
    );
  });

  test('is the same for everybody when runs begin at once', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) => make(folder.path, [`s${index % 5}`, noon - index])),
    );
    assert.equal(new Set(made.flat()).size, 12);
    await assertNewest(folder.path, (await listRuns(folder.path))[0]!.id);
  });

  test('is known when latest is gone, or points to nothing', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    const latest = join(folder.path, 'runs/latest');
    await make(folder.path, ['b', noon], ['a', noon]);
    rmSync(latest);
    assert.match((await findRun(folder.path, 'latest')).id, /-a$/);
    symlinkSync('20000101-000000-nothing', latest);
    assert.match((await findRun(folder.path, 'latest')).id, /-a$/);
    const [newest] = await make(folder.path, ['A', noon - 1000]);
    await assertNewest(folder.path, newest!);
  });

  test('of an older lab, which noted no order, is where latest points; what is made now is newer', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    await make(folder.path, ['b', noon], ['a', noon]);
    rmSync(orderPath(folder.path));
    assert.match((await findRun(folder.path)).id, /-a$/);
    const [newest] = await make(folder.path, ['c', noon - 86_400_000]);
    await assertNewest(folder.path, newest!);
    assert.equal((await listRuns(folder.path)).length, 3);
  });

  test('is found by names when the order is damaged, and the next run is the newest again', async () => {
    for (const content of ['', '\0\0\0', 'half a li', Buffer.from([0xff, 0xfe])]) {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
      await make(folder.path, ['a', noon], ['b', noon - 1000]);
      writeFileSync(orderPath(folder.path), content);
      assert.equal((await listRuns(folder.path)).length, 2);
      const [newest] = await make(folder.path, ['c', noon - 2000]);
      await assertNewest(folder.path, newest!);
      appendFileSync(orderPath(folder.path), 'cut');
      await assertNewest(folder.path, newest!);
    }
  });

  test('cannot be noted where a folder stands: the run does not begin, and nothing is left of it', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    mkdirSync(orderPath(folder.path), { recursive: true });
    await assert.rejects(make(folder.path, ['a', noon]), {
      code: 'not-a-file',
      message: /runs\/order: a folder stands where a file belongs/,
    });
    assert.deepEqual(await listRuns(folder.path), []);
  });

  test('is not a folder without a record, nor a file', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-order-'));
    const [id] = await make(folder.path, ['a', noon]);
    mkdirSync(join(folder.path, 'runs/20991231-235959-empty'));
    writeFileSync(join(folder.path, 'runs/20991231-235959-file'), '');
    mkdirSync(join(folder.path, 'runs/20991231-235959-odd\tname'));
    assert.deepEqual(
      (await listRuns(folder.path)).map((run) => run.id),
      [id],
    );
    assert.equal(readFileSync(orderPath(folder.path), 'utf8').trim(), id);
  });
});
