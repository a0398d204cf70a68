import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../src/core/errors.ts';
import { ensureStateFolder, stateFolderFor } from '../../src/state/state-folder.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-folder-'));
const module = JSON.stringify(join(import.meta.dirname, '../../src/state/state-folder.ts'));
const needsMount = { skip: !canMount && 'this host lets us mount nothing' };
const needsRoot = { skip: process.getuid?.() !== 0 && 'only root can give files away' };

test('the state folder is .lab next to lab.yaml, as an absolute path', () => {
  assert.equal(stateFolderFor({ labFile: '/home/me/tp1/lab.yaml' }), '/home/me/tp1/.lab');
  assert.equal(stateFolderFor({ labFile: 'lab.yaml' }), join(process.cwd(), '.lab'));
  assert.equal(stateFolderFor({ labFile: 'lab.yaml', stateFolder: '/tmp/own/.lab' }), '/tmp/own/.lab');
});

test('only its owner may enter the state folder, and git ignores all of it', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, '.lab');
  await ensureStateFolder(path);
  await ensureStateFolder(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), '*\n');
  assert.deepEqual(readdirSync(path), ['.gitignore']);
});

test("a state folder that others may enter is closed, and the user's own .gitignore in it is kept", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, '.lab');
  mkdirSync(path);
  chmodSync(path, 0o755);
  writeFileSync(join(path, '.gitignore'), '!runs\n');
  await ensureStateFolder(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), '!runs\n');
});

test('a file, or a link to nowhere, named .lab is refused with the cure', async () => {
  using folder = temporaryFolder();
  const [file, link] = [join(folder.path, '.lab'), join(folder.path, '.link')];
  writeFileSync(file, '');
  symlinkSync('nowhere', link);
  await assert.rejects(ensureStateFolder(link), { code: 'state-folder-is-file' });
  await assert.rejects(ensureStateFolder(file), (error: unknown) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(error.message, `${file} is not a folder, but lab keeps its state there`);
    assert.equal(error.hint, 'Move it away: mv .lab .lab.old');
    return true;
  });
});

test('a state folder of another user is refused, with the ID of that user', needsRoot, async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, '.lab');
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 4711, 4711);
  await assert.rejects(ensureStateFolder(path), (error: unknown) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(error.code, 'state-folder-foreign');
    assert.match(error.message, /belongs to another user \(user ID 4711\)/);
    assert.match(error.hint ?? '', /sudo -u '#4711'/);
    return true;
  });
  assert.deepEqual(readdirSync(path), []);
});

const attempt = `
  const { ensureStateFolder } = await import(${module});
  return ensureStateFolder(folder + '/.lab').then(() => 'done', ({ code, exitCode, message, hint }) => ({ code, exitCode, message, hint }));
`;

test('a read-only disk is reported as such, with a next step', needsMount, () => {
  using folder = temporaryFolder();
  const result = onPrivateDisk(folder.path, attempt, { readOnly: true });
  const message = `cannot make ${folder.path}/.lab: the file system is read-only`;
  assert.deepEqual(result, {
    code: 'read-only',
    exitCode: 3,
    message,
    hint: 'Copy the folder of lab.yaml to a place that you may write to.',
  });
});

test('a full disk is reported as such, with a next step', needsMount, () => {
  using folder = temporaryFolder();
  const result = onPrivateDisk(folder.path, attempt, {
    size: '64k',
    prepare: 'mkdir .lab; cat /dev/zero > fill 2>/dev/null || true',
  });
  const hint = 'Free some space ("df -h ." shows how much there is), then run the command again.';
  assert.deepEqual(result, {
    code: 'disk-full',
    exitCode: 3,
    message: `cannot write into ${folder.path}/.lab: the disk is full`,
    hint,
  });
});
