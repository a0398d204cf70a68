import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  accelerationNamed,
  readAcceleration,
  accelerationShape,
  writeAcceleration,
} from '../../../src/providers/qemu/process/acceleration.ts';
import { workFolder } from '../../../src/providers/qemu/folders.ts';
import { labelArgument, labelIn } from '../../../src/providers/qemu/process/lab-processes.ts';
import { listSaved, needSaved, readSaved, removeSaved, savedFolder } from '../../../src/providers/qemu/saved.ts';
import { fitting } from '../../../src/core/json/shape.ts';
import { temporaryFolder } from '../../helpers/cli.ts';

const record = {
  name: 'boot',
  key: 'k',
  savedAt: '2026-01-02T03:04:05.000Z',
  machines: ['vm1'],
  acceleration: { name: 'tcg', arguments: ['-drive', 'file=/etc/shadow'], obstacle: undefined },
};

function store(stateFolder: string, name: string, content: string): void {
  mkdirSync(savedFolder(stateFolder, name), { recursive: true });
  writeFileSync(join(savedFolder(stateFolder, name), 'saved.json'), content);
}

test('a saved lab is read again; how its machines run is known by its name alone', () => {
  using folder = temporaryFolder();
  store(folder.path, 'boot', JSON.stringify(record));
  assert.deepEqual(readSaved(folder.path, 'boot'), { ...record, acceleration: accelerationNamed('tcg') });
});

const damages: Readonly<Record<string, string>> = {
  empty: '',
  null: 'null',
  list: '[]',
  number: '7',
  cut: JSON.stringify(record).slice(0, 40),
  'without-key': JSON.stringify({ ...record, key: undefined }),
  'odd-time': JSON.stringify({ ...record, savedAt: 5e20 }),
  'odd-machines': JSON.stringify({ ...record, machines: [{}] }),
  'odd-acceleration': JSON.stringify({ ...record, acceleration: { name: 'exec' } }),
};

test('a saved lab whose record is damaged is none, and hides no other one', () => {
  using folder = temporaryFolder();
  for (const [name, content] of Object.entries(damages)) store(folder.path, name, content);
  store(folder.path, 'whole', JSON.stringify(record));
  mkdirSync(join(savedFolder(folder.path, 'folder'), 'saved.json'), { recursive: true });
  mkdirSync(savedFolder(folder.path, 'fifo'));
  execFileSync('mkfifo', [join(savedFolder(folder.path, 'fifo'), 'saved.json')]);
  writeFileSync(savedFolder(folder.path, 'file'), '');
  assert.deepEqual(
    listSaved(folder.path).map(({ name }) => name),
    ['whole'],
  );
});

test('the name of a snapshot leads nowhere else', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'saved.json'), JSON.stringify(record));
  mkdirSync(savedFolder(folder.path));
  assert.throws(() => needSaved(folder.path, '..'), { code: 'snapshot-unknown' });
});

test('a file that is called like the folder of snapshots is no snapshot, and no obstacle', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'saved'), '');
  assert.deepEqual(listSaved(folder.path), []);
  removeSaved(folder.path, 'boot');
  assert.ok(existsSync(folder.path));
});

test('how machines run is kept, and unknown when that file is damaged', () => {
  using folder = temporaryFolder();
  mkdirSync(workFolder(folder.path));
  writeAcceleration(folder.path, accelerationNamed('kvm'));
  assert.deepEqual(readAcceleration(folder.path), accelerationNamed('kvm'));
  writeFileSync(join(workFolder(folder.path), 'acceleration.json'), 'null');
  assert.deepEqual(
    [readAcceleration(folder.path), fitting(accelerationShape, { name: 'constructor' })],
    [undefined, undefined],
  );
});

for (const stateFolder of [
  '/home/a/TP 1, groupe 2/.lab',
  '/x,,y/.lab',
  '/x/"q" \'s\' \\ : % é/.lab',
  '/line\nbreak/.lab',
  '/,/.lab',
]) {
  test(`the label of a machine of ${JSON.stringify(stateFolder)} is read as it was written, and is one value of QEMU`, () => {
    const label = { labId: 'id-1', labName: 'tp1', role: 'machine', name: 'vm1', stateFolder } as const;
    const argument = labelArgument(label);
    assert.deepEqual(labelIn(['qemu', '-name', argument]), label);
    assert.ok(!argument.replaceAll(',,', '').includes(','));
  });
}
