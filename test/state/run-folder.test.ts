import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventBody } from '../../src/core/events.ts';
import { RunFolder } from '../../src/state/runs/run-folder.ts';
import { readEvents, readRun } from '../../src/state/runs/read-run.ts';
import { findRun, listRuns } from '../../src/state/runs/stored-runs.ts';
import { stamped, tp1Bodies } from '../helpers/tp1-events.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

process.env['TZ'] = 'UTC';

const wallMs = Date.UTC(2026, 10, 23, 14, 30, 15);

function fail(error: unknown): never {
  throw error;
}

const source = (path: string): string => JSON.stringify(join(import.meta.dirname, path));

test('a played run leaves the files of the design, which only its owner may read', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  const run = await RunFolder.create({ stateFolder: folder.path, scenario: 'tp1', wallMs, onFault: fail });
  for (const event of stamped(tp1Bodies)) await run.record(event);
  const document = await run.close();
  assert.equal(run.id, '20261123-143015-tp1');
  assert.deepEqual(readdirSync(run.path).toSorted(), [
    'client.cast',
    'client.log',
    'events.ndjson',
    'run.json',
    'server.cast',
    'server.log',
    'session.cast',
    'session.log',
  ]);
  for (const file of readdirSync(run.path)) assert.equal(statSync(join(run.path, file)).mode & 0o777, 0o600);
  assert.equal(statSync(run.path).mode & 0o777, 0o700);
  assert.deepEqual(JSON.parse(readFileSync(join(run.path, 'run.json'), 'utf8')), document);
  assert.equal(document.result, 'passed');
  assert.match(readFileSync(join(run.path, 'server.log'), 'utf8'), /^TP1 Server\nListening/);
});

test('a name that is taken gets a number, and latest points to the newest run', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const run = await RunFolder.create({ stateFolder: folder.path, scenario: 'a/b', wallMs, onFault: fail });
    await run.close();
    ids.push(run.id);
  }
  assert.deepEqual(ids, ['20261123-143015-a_b', '20261123-143015-a_b-2', '20261123-143015-a_b-3']);
  assert.equal(readlinkSync(join(folder.path, 'runs', 'latest')), ids[2]);
  assert.deepEqual(
    (await listRuns(folder.path)).map(({ id }) => id),
    ids.toReversed(),
  );
});

test('a folder that stands where latest belongs is left alone', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  mkdirSync(join(folder.path, 'runs', 'latest'), { recursive: true });
  await RunFolder.create({ stateFolder: folder.path, scenario: 'x', wallMs, onFault: fail });
  assert.ok(lstatSync(join(folder.path, 'runs', 'latest')).isDirectory());
  assert.deepEqual(readdirSync(join(folder.path, 'runs')).toSorted(), ['20261123-143015-x', 'latest', 'order']);
});

test('a run is found by its name, its start, or as the newest; a wrong name tells what to do', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  await assert.rejects(findRun(folder.path), { code: 'no-runs', hint: /lab run/ });
  for (const [scenario, at] of [
    ['tp1', wallMs],
    ['tp1', wallMs + 86_400_000],
    ['other', wallMs + 86_400_000],
  ] as const) {
    await RunFolder.create({ stateFolder: folder.path, scenario, wallMs: at, onFault: fail });
  }
  assert.equal((await findRun(folder.path, '20261123')).id, '20261123-143015-tp1');
  assert.equal((await findRun(folder.path)).id, '20261124-143015-other');
  assert.equal((await findRun(folder.path, 'latest')).id, '20261124-143015-other');
  await assert.rejects(findRun(folder.path, '20261124'), {
    code: 'run-ambiguous',
    message: '2 runs begin with "20261124"',
  });
  await assert.rejects(findRun(folder.path, 'nope'), { code: 'run-unknown', hint: /20261124-143015-other/ });
});

test('a run whose lab was killed is read from its events, the cut last line left out', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  const run = await RunFolder.create({ stateFolder: folder.path, scenario: 'tp1', wallMs, onFault: fail });
  for (const event of stamped(tp1Bodies.slice(0, 12))) await run.record(event);
  await run.close();
  rmSync(join(run.path, 'run.json'));
  writeFileSync(join(run.path, 'events.ndjson'), '{"at":{"mono', { flag: 'a' });
  assert.equal((await readRun(run)).result, 'running');
  assert.equal((await readRun(run)).scenario, 'tp1');
  let events = 0;
  for await (const event of readEvents(run)) events += event ? 1 : 0;
  assert.equal(events, 12);
});

test('a flood waits for the disk, so that memory stays bounded', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
  const run = await RunFolder.create({ stateFolder: folder.path, scenario: 'flood', wallMs, onFault: fail });
  const data = 'all work and no play makes Jack a dull boy\r\n'.repeat(1500);
  const flood: EventBody = { kind: 'terminal-output', role: 'server', data };
  let waited = 0;
  for (const event of stamped(Array.from({ length: 40 }, () => flood))) {
    const wait = run.record(event);
    if (wait) waited += 1;
    await wait;
  }
  await run.close();
  assert.ok(waited > 0, 'the source never had to wait');
  assert.equal(statSync(join(run.path, 'server.log')).size, 40 * (data.length - 1500));
});

test(
  'the end of a run is stored on a disk that is full, without its lists when they are too long',
  { skip: !canMount && 'needs a mount namespace' },
  () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
    const seen = onPrivateDisk(
      folder.path,
      `
      const { readFileSync, writeFileSync, readdirSync } = await import('node:fs');
      const { beginRunFile, endRunFile } = await import(${source('../../src/state/runs/run-file.ts')});
      const { RunSummary } = await import(${source('../../src/report/run/run-summary.ts')});
      const begun = new RunSummary().document();
      const ended = { ...begun, result: 'failed', reason: 'because', commands: Array.from({ length: 3 }, () => ({ machine: 'vm1', command: 'ls', exitCode: 0 })) };
      const long = { ...ended, commands: Array.from({ length: 3000 }, () => ended.commands[0]) };
      for (const name of ['short.json', 'long.json']) await beginRunFile(folder + '/' + name, begun);
      try { for (let size = 65536; ; ) writeFileSync(folder + '/full', 'x'.repeat(size), { flag: 'a' }); } catch {}
      await endRunFile(folder + '/short.json', ended);
      const error = await endRunFile(folder + '/long.json', long).catch(({ code }) => code);
      const read = (name) => JSON.parse(readFileSync(folder + '/' + name, 'utf8'));
      return { short: read('short.json').commands.length, long: [read('long.json').result, read('long.json').commands.length], error, names: readdirSync(folder).sort() };
    `,
      { size: '512k' },
    );
    assert.deepEqual(seen, {
      short: 3,
      long: ['failed', 0],
      error: 'disk-full',
      names: ['full', 'long.json', 'short.json'],
    });
  },
);

test(
  'a full disk is reported once with a hint; the record says that the run broke',
  { skip: !canMount && 'needs a mount namespace' },
  () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-run-'));
    const seen = onPrivateDisk(
      folder.path,
      `
      const { RunFolder } = await import(${source('../../src/state/runs/run-folder.ts')});
      const { stamped } = await import(${source('../helpers/tp1-events.ts')});
      const faults = [];
      const run = await RunFolder.create({ stateFolder: folder, scenario: 'full', wallMs: 0, onFault: (error) => faults.push(error) });
      const flood = { kind: 'terminal-output', role: 'server', data: 'x'.repeat(1000) + '\\r\\n' };
      for (const event of stamped(Array.from({ length: 500 }, () => flood))) await run.record(event);
      const document = await run.close();
      return { faults: faults.map(({ name, code, message, hint }) => ({ name, code, message, hint })), known: run.fault !== undefined, result: document.result };
    `,
      { size: '256k' },
    ) as { faults: { name: string; code: string; message: string; hint: string }[]; known: boolean; result: string };
    assert.equal(seen.faults.length, 1);
    assert.equal(seen.faults[0]!.name, 'EnvironmentError');
    assert.equal(seen.faults[0]!.code, 'disk-full');
    assert.match(seen.faults[0]!.message, /cannot write .*runs.*: the disk is full/);
    assert.match(seen.faults[0]!.hint, /Free some space/);
    assert.deepEqual([seen.known, seen.result], [true, 'broken']);
  },
);
