import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempDisposableSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError, UsageError } from '../../src/core/errors.ts';
import { hashEachOnce } from '../../src/deploy/source-file.ts';
import { programEntries } from '../../src/deploy/program-files.ts';
import { execFileSync } from 'node:child_process';
import { TarStream } from '../../src/deploy/tar-stream.ts';
import { program } from './fixtures/machine.ts';

/** A temporary folder with these files; a value that begins with `→` is the target of a link. */
function folderWith(files: Readonly<Record<string, string>>) {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'lab-files-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.startsWith('→')) symlinkSync(content.slice(1), path);
    else writeFileSync(path, content);
  }
  return folder;
}

/** `lab`: the folder of the lab, where files may come from. */
async function entriesOf(
  folder: string,
  files: readonly string[],
  build?: readonly string[],
  { lab = folder, ...changes }: { readonly lab?: string; readonly outside?: readonly string[] } = {},
): Promise<string[]> {
  const entries = await programEntries(
    program(
      'server',
      files.map((file) => join(folder, file)),
      { build, ...changes },
    ),
    lab,
    hashEachOnce(),
  );
  return entries.map((entry) =>
    entry.kind === 'file' ? `${entry.path} ${entry.sizeBytes}` : `${entry.path} → ${entry.target}`,
  );
}

test('a folder is taken with all that is in it, but without .git, .lab and empty folders', async () => {
  using folder = folderWith({
    'src/a': '1',
    'src/lib/b': '22',
    'src/.hidden': '333',
    'src/.git/config': 'x',
    'src/sub/.lab/keys': 'secret',
    other: 'x',
  });
  mkdirSync(join(folder.path, 'src/empty'));
  assert.deepEqual(await entriesOf(folder.path, ['src']), ['src/.hidden 3', 'src/a 1', 'src/lib/b 2']);
});

test('a link within a folder stays a link, one that leads out is replaced by what it leads to', async () => {
  using folder = folderWith({
    'outside/file': 'four',
    'outside/tree/x': '1',
    'src/bin/tool': '→../lib/tool.js',
    'src/lib/tool.js': '1',
    'src/up': '→..',
    'src/out': '→../outside/file',
    'src/tree': '→../outside/tree',
    'src/round': '→.',
  });
  symlinkSync(join(folder.path, 'src/lib/tool.js'), join(folder.path, 'src/absolute'));
  const entries = entriesOf(folder.path, ['src']);
  await assert.rejects(
    entries,
    { code: 'program-files-wrong', message: /the links at .+ lead in a circle/ },
    'up leads to the folder that holds src',
  );
  execFileSync('rm', [join(folder.path, 'src/up')]);
  assert.deepEqual(await entriesOf(folder.path, ['src']), [
    'src/absolute 1',
    'src/bin/tool → ../lib/tool.js',
    'src/lib/tool.js 1',
    'src/out 4',
    'src/round → .',
    'src/tree/x 1',
  ]);
});

test('a file that is itself a link is sent under its own name', async () => {
  using folder = folderWith({ 'real.js': '12345', 'server.js': '→real.js' });
  assert.deepEqual(await entriesOf(folder.path, ['server.js']), ['server.js 5']);
});

test('two files with one name are refused, with both paths', async () => {
  using folder = folderWith({ 'a/util.py': '1', 'b/util.py': '2' });
  await assert.rejects(entriesOf(folder.path, ['a/util.py', 'b/util.py']), {
    code: 'program-files-clash',
    exitCode: 2,
    message: `program server: two of its files have the name util.py: ${folder.path}/a/util.py and ${folder.path}/b/util.py`,
  });
});

test('a missing file is reported with the program, and whether its build should have made it', async () => {
  using folder = folderWith({ 'src/dangling': '→nowhere' });
  await assert.rejects(entriesOf(folder.path, ['server.js']), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, `program server: the file ${folder.path}/server.js is missing`);
    assert.match(error.hint ?? '', /or give it a "build"/);
    return true;
  });
  await assert.rejects(entriesOf(folder.path, ['server'], ['make', 'server']), {
    code: 'program-file-missing',
    message: `program server: the file ${folder.path}/server is missing, although its build (make server) succeeded`,
  });
  await assert.rejects(entriesOf(folder.path, ['src']), {
    code: 'program-file-missing',
    message: /src\/dangling is missing/,
  });
});

test(
  'a file that we may not read is reported as such',
  { skip: process.getuid?.() === 0 && 'root may read all files' },
  async () => {
    using folder = folderWith({ 'server.js': '1' });
    chmodSync(join(folder.path, 'server.js'), 0);
    await assert.rejects(entriesOf(folder.path, ['server.js']), (error: unknown) => {
      assert.ok(error instanceof EnvironmentError);
      assert.equal(
        error.message,
        `program server: the file ${folder.path}/server.js cannot be read: permission denied`,
      );
      assert.equal(error.hint, `Give yourself the right: chmod u+r ${folder.path}/server.js`);
      return true;
    });
  },
);

test('what is neither file nor folder, and names with line breaks, are refused', async () => {
  using folder = folderWith({ 'src/two\nlines': '1' });
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  await assert.rejects(entriesOf(folder.path, ['pipe']), {
    code: 'program-files-wrong',
    message: /pipe is neither a file nor a folder/,
  });
  await assert.rejects(entriesOf(folder.path, ['src']), {
    code: 'program-files-wrong',
    message: /the name "src\/two\\nlines" holds a tab or a line break/,
  });
});

test('what leads out of the folder of the lab is refused, unless the lab file allows it for that item', async () => {
  using folder = folderWith({
    'private/key': 'SECRET',
    'lab/client.py': '→../private/key',
    'lab/src/deep/link': '→../../../private/key',
    'lab/tree': '→../private',
    'lab/empty/out': '→../../private/none',
    'lab/keys': '→.lab/keys',
    'lab/.lab/keys/vm1': 'KEY',
  });
  mkdirSync(join(folder.path, 'private/none'));
  const lab = join(folder.path, 'lab');
  for (const item of ['lab/client.py', 'lab/src', 'lab/tree', 'lab/empty', 'private/key', 'lab/keys/vm1']) {
    await assert.rejects(
      entriesOf(folder.path, [item], undefined, { lab }),
      {
        name: 'UsageError',
        exitCode: 2,
        code: 'program-file-outside',
        message: /^program server: .*(leads out of the folder of the lab: it is .*\/private|leads into \.lab)/,
      },
      item,
    );
  }
  const outside = [join(lab, 'client.py'), join(lab, 'tree')];
  assert.deepEqual(await entriesOf(folder.path, ['lab/client.py', 'lab/tree'], undefined, { lab, outside }), [
    'client.py 6',
    'tree/key 6',
  ]);
});

test('a link that is put in the way after the check sends nothing from elsewhere', async () => {
  using folder = folderWith({ 'private/key': 'SECRET', 'lab/src/key': 'public' });
  const lab = join(folder.path, 'lab');
  const [entry] = await programEntries(program('client', [join(lab, 'src')]), lab, hashEachOnce());
  assert.ok(entry?.kind === 'file');
  const { sha256, sizeBytes, source, within } = entry;
  rmSync(join(lab, 'src'), { recursive: true });
  symlinkSync('../private', join(lab, 'src'));
  const archive = new TarStream([{ name: `blobs/${sha256}`, source: { path: source, within }, sizeBytes }]);
  const sent: Uint8Array[] = [];
  for await (const piece of archive.pieces()) sent.push(piece);
  assert.ok(archive.failure instanceof UsageError);
  assert.equal(archive.failure.code, 'program-file-outside');
  assert.ok(!Buffer.concat(sent).includes('SECRET'));
  await assert.rejects(hashEachOnce()({ path: source, within }), { code: 'program-file-outside' });
});
