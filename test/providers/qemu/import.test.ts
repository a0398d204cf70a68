import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LabError } from '../../../src/core/errors.ts';
import { findTool } from '../../../src/host/tools.ts';
import { importImage } from '../../../src/providers/qemu/images/pull.ts';
import { cachedImage } from '../../../src/providers/qemu/images/image-store.ts';
import { currentUser } from '../../helpers/lab-command.ts';
import { emptyCache } from '../../helpers/machines/image-server.ts';
import { cannotEmulate } from '../../helpers/machines/virtual-machines.ts';

const signal = new AbortController().signal;

function imageTool(...args: string[]): void {
  const { path, env } = findTool('qemu-img')!;
  execFileSync(path, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
}

/** A folder with disk images of each kind, and an empty cache. */
function images(): Disposable & { readonly folder: string; readonly cache: string } {
  const cache = emptyCache();
  const folder = mkdtempSync(join(tmpdir(), 'lab-images-'));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('whole.raw'), Buffer.alloc(2 ** 22, 'lab'));
  imageTool('convert', '-f', 'raw', '-O', 'qcow2', path('whole.raw'), path('whole.qcow2'));
  for (const name of ['cut.qcow2', 'corrupt.qcow2']) writeFileSync(path(name), readFileSync(path('whole.qcow2')));
  truncateSync(path('cut.qcow2'), 2 ** 21);
  const corrupt = readFileSync(path('corrupt.qcow2'));
  // Where the table of clusters lies (docs/interop/qcow2.txt, "Header"); what it says then makes no sense.
  corrupt.fill(0x5a, Number(corrupt.readBigUInt64BE(40)), Number(corrupt.readBigUInt64BE(40)) + 512);
  writeFileSync(path('corrupt.qcow2'), corrupt);
  imageTool('create', '-q', '-f', 'qcow2', '-b', path('whole.qcow2'), '-F', 'qcow2', path('overlay.qcow2'));
  writeFileSync(path('text.img'), 'not a disk');
  return {
    folder,
    cache: join(cache.folder, 'lab/images'),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true });
      cache[Symbol.dispose]();
    },
  };
}

describe('importing an image', { skip: cannotEmulate(), timeout: 60_000 }, () => {
  for (const kind of ['qcow2', 'raw']) {
    test(`takes a copy of a ${kind} file, which may then go away`, async () => {
      using at = images();
      const file = join(at.folder, `whole.${kind}`);
      const content = readFileSync(file);
      const { name, source } = await importImage(file, 'mine', signal);
      rmSync(file);
      assert.deepEqual({ name, source }, { name: 'mine', source: file });
      assert.deepEqual(readFileSync(cachedImage('mine')!.disk), content);
      assert.deepEqual(readdirSync(at.cache), ['mine']);
    });
  }

  const refusals: readonly [what: string, file: string, name: string, code: string][] = [
    ['a file that is missing', 'none.qcow2', 'mine', 'image-missing'],
    ['a file that is cut off', 'cut.qcow2', 'mine', 'image-broken'],
    ['a file whose tables are broken', 'corrupt.qcow2', 'mine', 'image-broken'],
    ['a file that is no disk', 'text.img', 'mine', 'image-broken'],
    ['a folder', '.', 'mine', 'image-broken'],
    ['a disk that needs another one below it', 'overlay.qcow2', 'mine', 'image-overlay'],
    ['a name that leads elsewhere', 'whole.qcow2', '../mine', 'image-name'],
    ['a name that lab.yaml would take for a file', 'whole.qcow2', 'mine.img', 'image-name'],
    ['a name that is taken', 'whole.qcow2', 'taken', 'image-exists'],
  ];
  for (const [what, file, name, code] of refusals) {
    test(`refuses ${what}, and leaves the cache as it was`, async () => {
      using at = images();
      await importImage(join(at.folder, 'whole.raw'), 'taken', signal);
      await assert.rejects(importImage(join(at.folder, file), name, signal), (error: LabError) => error.code === code);
      assert.deepEqual(readdirSync(at.cache), ['taken']);
    });
  }

  test('leaves nothing when it is interrupted', async () => {
    using at = images();
    const interrupt = new AbortController();
    const pending = importImage(join(at.folder, 'whole.qcow2'), 'mine', interrupt.signal);
    interrupt.abort();
    await assert.rejects(pending);
    assert.deepEqual(existsSync(at.cache) ? readdirSync(at.cache) : [], []);
  });
});

test(
  '"lab images" imports under the name of the file, lists, asks no network when told so, and removes',
  { skip: cannotEmulate(), timeout: 60_000 },
  async () => {
    using at = images();
    await using user = currentUser();
    const imported = await user.lab('images', 'import', join(at.folder, 'whole.qcow2'));
    assert.equal(imported.exitCode, 0, imported.stderr);
    const listed = JSON.parse((await user.lab('images', 'list', '--json')).stdout) as {
      images: { name: string; sizeBytes: number | null }[];
    };
    assert.deepEqual(
      listed.images.map(({ name, sizeBytes }) => [name, sizeBytes !== null]),
      [
        ['ubuntu-22.04', false],
        ['ubuntu-24.04', false],
        ['whole', true],
      ],
    );
    assert.equal((await user.lab('images', 'pull', '--offline', 'whole')).exitCode, 0);
    const lacking = await user.lab('images', 'pull', '--offline', 'ubuntu-24.04');
    assert.equal(lacking.exitCode, 3);
    assert.match(lacking.stderr, /image ubuntu-24\.04 is not in the cache\nhint: .*lab images pull ubuntu-24\.04/);
    assert.equal((await user.lab('images', 'rm', 'whole')).exitCode, 0);
    const again = await user.lab('images', 'rm', 'whole');
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /there is no image "whole" in the cache/);
  },
);
