import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../src/core/errors.ts';
import { journalPath, openJournal, readJournal, removeJournal } from '../../src/state/journal.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-journal-'));

test('records are read in the order in which they were added, each with its time', async () => {
  using folder = temporaryFolder();
  const journal = openJournal(folder.path);
  await journal.append({ kind: 'lab', labId: 'x' });
  await journal.append({ kind: 'namespace', pid: 42 });
  const records = await readJournal(folder.path);
  assert.deepEqual(records, [
    { at: records[0]?.at, kind: 'lab', labId: 'x' },
    { at: records[1]?.at, kind: 'namespace', pid: 42 },
  ]);
  assert.ok(records.every(({ at }) => Math.abs(Date.now() - Date.parse(at)) < 10_000));
  assert.equal(statSync(journalPath(folder.path)).mode & 0o777, 0o600);
});

test('a record is in the file when append resolves', async () => {
  using folder = temporaryFolder();
  await openJournal(folder.path).append({ kind: 'bridge' });
  assert.match(readFileSync(journalPath(folder.path), 'utf8'), /"kind":"bridge"\}\n$/);
});

test('hundreds of records at once all arrive whole and in order', async () => {
  using folder = temporaryFolder();
  const journal = openJournal(folder.path);
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  await Promise.all(numbers.map((number) => journal.append({ kind: 'machine', number, padding: 'x'.repeat(500) })));
  assert.deepEqual(
    (await readJournal(folder.path)).map((record) => record['number']),
    numbers,
  );
});

test('a last line that a crash cut off is left out, and does not spoil the next record', async () => {
  using folder = temporaryFolder();
  await openJournal(folder.path).append({ kind: 'one' });
  appendFileSync(journalPath(folder.path), '{"at":"2026-01-01T00:00:00Z","kind":"cut');
  assert.deepEqual(
    (await readJournal(folder.path)).map(({ kind }) => kind),
    ['one'],
  );
  await openJournal(folder.path).append({ kind: 'two' });
  assert.deepEqual(
    (await readJournal(folder.path)).map(({ kind }) => kind),
    ['one', 'two'],
  );
});

test('a folder without a journal has no records; removing it twice is safe', async () => {
  using folder = temporaryFolder();
  assert.deepEqual(await readJournal(folder.path), []);
  await openJournal(folder.path).append({ kind: 'one' });
  await removeJournal(folder.path);
  await removeJournal(folder.path);
  assert.ok(!existsSync(journalPath(folder.path)));
});

test('broken lines within the journal are reported with their numbers, and the others are read', async () => {
  using folder = temporaryFolder();
  const record = '{"at":"2026-01-01T00:00:00Z","kind":"one"}\n';
  writeFileSync(journalPath(folder.path), `${record}garbage\nnull\n${record}`);
  const faults: EnvironmentError[] = [];
  assert.equal((await readJournal(folder.path, (fault) => faults.push(fault))).length, 2);
  assert.deepEqual(
    faults.map(({ message, detail }) => [message, detail]),
    [
      [`${journalPath(folder.path)}:2 is no journal record; something other than lab changed the file`, 'garbage'],
      [`${journalPath(folder.path)}:3 is no journal record; something other than lab changed the file`, 'null'],
    ],
  );
});

test(
  'when the disk is full, append says so, and what was in the journal stays readable',
  { skip: !canMount && 'this host lets us mount nothing' },
  () => {
    using folder = temporaryFolder();
    const result = onPrivateDisk(
      folder.path,
      `
    const { openJournal, readJournal } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/state/journal.ts'))});
    const journal = openJournal(folder);
    await journal.append({ kind: 'fits' });
    const failed = await journal.append({ kind: 'too-long', padding: 'x'.repeat(500_000) }).catch((error) => ({ code: error.code, exitCode: error.exitCode, message: error.message }));
    await journal.append({ kind: 'fits-again' });
    return { failed, kinds: (await readJournal(folder)).map(({ kind }) => kind) };
  `,
      { size: '64k' },
    );
    const message = `cannot write ${journalPath(folder.path)}: the disk is full`;
    assert.deepEqual(result, { failed: { code: 'disk-full', exitCode: 3, message }, kinds: ['fits', 'fits-again'] });
  },
);
