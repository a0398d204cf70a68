import assert from 'node:assert/strict';
import { chownSync, lchownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findLabFile, type ForeignLabFile } from '../../src/session/lab-file/find-lab-file.ts';
import { openSession } from '../../src/session/open-session.ts';
import { labFingerprint } from '../../src/state/lab-change.ts';
import { runCli, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';

const needsRoot = { skip: process.geteuid?.() !== 0 && 'only root can give files away' };

function find(cwd: string): { readonly file: string; readonly foreign: readonly ForeignLabFile[] } {
  const foreign: ForeignLabFile[] = [];
  return { file: findLabFile(cwd, (file) => void foreign.push(file)), foreign };
}

test('the nearest lab file above is meant, or a .lab folder whose lab file was lost', () => {
  using folder = temporaryFolder({ 'lab.yaml': smallLab });
  mkdirSync(join(folder.path, 'a/b/.lab'), { recursive: true });
  assert.deepEqual(find(join(folder.path, 'a/b')), { file: join(folder.path, 'lab.yaml'), foreign: [] });
  writeFileSync(join(folder.path, 'a/b/.lab/journal.ndjson'), '');
  assert.equal(find(join(folder.path, 'a/b')).file, join(folder.path, 'a/b/lab.yaml'));
});

test(
  'a lab file above that another user put there is not taken, nor a link of theirs, nor their .lab',
  needsRoot,
  () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab, own: smallLab });
    const [path, inside] = [join(folder.path, 'lab.yaml'), join(folder.path, 'inside')];
    mkdirSync(inside);
    const expected = { file: join(inside, 'lab.yaml'), foreign: [{ path, owner: 4711 }] };
    chownSync(path, 4711, 4711);
    assert.deepEqual(find(inside), expected);
    assert.equal(find(folder.path).file, path, 'who goes there means it');
    rmSync(path);
    symlinkSync('own', path);
    lchownSync(path, 4711, 4711);
    assert.deepEqual(find(inside), expected);
    rmSync(path);
    mkdirSync(join(folder.path, '.lab'));
    writeFileSync(join(folder.path, '.lab/journal.ndjson'), '');
    chownSync(join(folder.path, '.lab/journal.ndjson'), 4711, 4711);
    assert.deepEqual(find(inside), expected);
  },
);

test('the user is told of a lab file that is left out, and how to name it', needsRoot, async () => {
  using folder = temporaryFolder({ 'lab.yaml': smallLab });
  const [path, inside] = [join(folder.path, 'lab.yaml'), join(folder.path, 'inside')];
  mkdirSync(inside);
  chownSync(path, 4711, 4711);
  const { exitCode, stderr } = await runCli(['validate'], { cwd: inside });
  assert.equal(exitCode, 2);
  assert.match(
    stderr,
    new RegExp(
      `${path} is left out: it belongs to another user \\(user ID 4711\\)\n.*lab -f ${path} …\n[^]*there is no file ${inside}/lab.yaml`,
    ),
  );
});

async function fingerprintOf(provider: string, machine: string): Promise<string> {
  const yaml = `version: 1\nname: x\nprovider: ${provider}\nmachines: { vm1: ${machine} }\n`;
  using folder = temporaryFolder({ 'lab.yaml': yaml });
  const { lab } = await openSession(testContext(folder.path).context).lab();
  return labFingerprint(lab);
}

test('to name the default user is a change only where accounts exist already', async () => {
  for (const provider of ['netns', 'qemu'])
    assert.equal(await fingerprintOf(provider, '{ user: student }'), await fingerprintOf(provider, '{}'));
  assert.notEqual(await fingerprintOf('ssh', '{ user: student }'), await fingerprintOf('ssh', '{}'));
});
