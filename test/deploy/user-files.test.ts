import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../src/core/errors.ts';
import { program, startMachine, tree, type TestMachine } from './fixtures/machine.ts';

const folderOf = (machine: TestMachine): string => join(machine.home, 'lab/tp1/server');
const notices = (machine: TestMachine): string[] =>
  machine.events.flatMap((event) => (event.kind === 'notice' ? [event.message] : []));

test('a file that the student edited on the machine is kept next to the new one, and that is reported', async () => {
  await using machine = await startMachine();
  await machine.deploy([program('server', [machine.file('server.py', 'ours 1')])]);
  writeFileSync(join(folderOf(machine), 'server.py'), 'edited');
  await machine.deploy([program('server', [machine.file('server.py', 'ours 2')])]);
  const [current, backup = '', ...others] = tree(folderOf(machine));
  assert.deepEqual([current, others], ['server.py', []]);
  assert.match(backup, /^server\.py\.edited-\d{8}-\d{6}$/);
  assert.equal(readFileSync(join(folderOf(machine), 'server.py'), 'utf8'), 'ours 2');
  assert.equal(readFileSync(join(folderOf(machine), backup), 'utf8'), 'edited');
  assert.deepEqual(notices(machine), [
    `vm1: ~/lab/tp1/server/server.py was not as we left it; it is now as on this host, and what was there is kept as ${backup}`,
  ]);
});

test('an edit is undone, and kept, even when nothing changed on the host; a second one in the same second has its own backup', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('server.py', 'ours')])];
  await machine.deploy(programs);
  for (const edit of ['first', 'second']) {
    writeFileSync(join(folderOf(machine), 'server.py'), edit);
    await machine.deploy(programs);
  }
  const contents = tree(folderOf(machine)).map((name) => readFileSync(join(folderOf(machine), name), 'utf8'));
  assert.deepEqual(contents.toSorted(), ['first', 'ours', 'second']);
});

test("a file of the student's own where one of ours belongs is kept, too, and so is a link", async () => {
  await using machine = await startMachine();
  mkdirSync(folderOf(machine), { recursive: true });
  writeFileSync(join(folderOf(machine), 'a'), 'own');
  symlinkSync('elsewhere', join(folderOf(machine), 'b'));
  await machine.deploy([program('server', [machine.file('a', 'ours'), machine.file('b', 'ours')])]);
  const [, backupOfA = '', b, backupOfB = ''] = tree(folderOf(machine));
  assert.equal(readFileSync(join(folderOf(machine), backupOfA), 'utf8'), 'own');
  assert.equal(readFileSync(join(folderOf(machine), b!), 'utf8'), 'ours');
  assert.equal(readlinkSync(join(folderOf(machine), backupOfB)), 'elsewhere');
});

test('other files that the student made in the folder stay as they are', async () => {
  await using machine = await startMachine();
  await machine.deploy([program('server', [machine.file('server.py', '1')])]);
  writeFileSync(join(folderOf(machine), 'notes.txt'), 'mine');
  await machine.deploy([program('server', [machine.file('server.py', '2')])]);
  assert.equal(readFileSync(join(folderOf(machine), 'notes.txt'), 'utf8'), 'mine');
  assert.deepEqual(notices(machine), []);
});

test('a file that no longer belongs to the program stays when it was edited, and that is reported', async () => {
  await using machine = await startMachine();
  const [a, b] = [machine.file('a', '1'), machine.file('b', '2')];
  await machine.deploy([program('server', [a, b])]);
  writeFileSync(join(folderOf(machine), 'b'), 'edited');
  await machine.deploy([program('server', [a])]);
  assert.equal(readFileSync(join(folderOf(machine), 'b'), 'utf8'), 'edited');
  assert.deepEqual(notices(machine), [
    'vm1: ~/lab/tp1/server/b no longer belongs to the program, but was edited there; it stays',
  ]);
});

test('a file, a folder of ours that was deleted on the machine comes back', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('a', '1')])];
  await machine.deploy(programs);
  rmSync(join(machine.home, 'lab'), { recursive: true });
  const [deployed] = await machine.deploy(programs);
  assert.deepEqual(tree(folderOf(machine)), ['a']);
  assert.equal(deployed?.bytes, 0, 'its content was still stored');
});

test('all that we remember of a machine may be deleted, without harm to the programs', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('a', '1')])];
  await machine.deploy(programs);
  rmSync(join(machine.home, '.lab'), { recursive: true });
  chmodSync(join(folderOf(machine), 'a'), 0o755);
  await machine.deploy(programs);
  assert.deepEqual(tree(folderOf(machine)), ['a']);
  assert.deepEqual(notices(machine), []);
});

for (const [what, prepare, path, needed] of [
  [
    "a file where the program's folder belongs",
    (home: string) => writeFileSync(join(home, 'lab/tp1/server'), 'own'),
    'lab/tp1/server',
    'a folder',
  ],
  [
    'a folder where a file belongs',
    (home: string) => mkdirSync(join(home, 'lab/tp1/server/a/own'), { recursive: true }),
    'lab/tp1/server/a',
    'a file',
  ],
] as const) {
  test(`${what} is refused with the cure, and untouched`, async () => {
    await using machine = await startMachine();
    mkdirSync(join(machine.home, 'lab/tp1'), { recursive: true });
    prepare(machine.home);
    const before = tree(machine.home);
    await assert.rejects(machine.deploy([program('server', [machine.file('a', '1')])]), (error: unknown) => {
      assert.ok(error instanceof EnvironmentError);
      assert.equal(error.code, 'deploy-path-taken');
      assert.equal(error.message, `vm1: ~/${path} must be ${needed}, but something else has that name`);
      assert.equal(error.hint, `Nothing was overwritten. Move it away: lab exec vm1 -- mv ${path} ${path}.old`);
      return true;
    });
    assert.deepEqual(tree(machine.home), before);
  });
}

test('a file named lab in the home folder is refused with the cure', async () => {
  await using machine = await startMachine();
  writeFileSync(join(machine.home, 'lab'), 'own');
  await assert.rejects(machine.deploy([program('server', [machine.file('a', '1')])]), { code: 'deploy-path-taken' });
  assert.equal(readFileSync(join(machine.home, 'lab'), 'utf8'), 'own');
  assert.deepEqual(readdirSync(join(machine.home, '.lab/incoming')), []);
});
