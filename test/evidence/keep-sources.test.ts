import assert from 'node:assert/strict';
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepSources } from '../../src/evidence/keep-sources.ts';
import type { RunFolder } from '../../src/state/runs/run-folder.ts';
import { labOf, program } from '../deploy/fixtures/machine.ts';

/** Keeps files in memory, in place of a folder of a run. */
function kept(): { readonly files: Map<string, string>; readonly folder: RunFolder } {
  const files = new Map<string, string>();
  return {
    files,
    folder: {
      keep: (name: string, content: Uint8Array) =>
        Promise.resolve(void files.set(name, Buffer.from(content).toString())),
    } as unknown as RunFolder,
  };
}

test('the report keeps what a program was built from, but nothing that leads out of the folder of the lab', async () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'lab-keep-'));
  const lab = join(place.path, 'lab');
  mkdirSync(lab);
  writeFileSync(join(place.path, 'key'), 'SECRET');
  writeFileSync(join(lab, 'server'), 'program');
  writeFileSync(join(lab, 'server.c'), 'int main');
  symlinkSync('../key', join(lab, 'server.h'));
  symlinkSync('../key', join(lab, 'Makefile'));
  const { files, folder } = kept();
  const server = program('server', [join(lab, 'server')], { build: ['make', '-f', 'Makefile', '../key'] });
  const described = await keepSources(labOf('tp1', lab, [server]), server, folder, 1_000_000);
  assert.deepEqual(Object.fromEntries(files), {
    'sources/server/server': 'program',
    'sources/server/server.c': 'int main',
  });
  assert.deepEqual(
    described.files.map(({ path }) => path),
    ['server', 'server.c'],
  );
});

test('what a folder holds does not crowd out the program itself', async () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'lab-keep-'));
  const lab = place.path;
  mkdirSync(join(lab, 'assets'));
  for (let count = 0; count < 60; count++) writeFileSync(join(lab, `assets/page-${count}.html`), 'x'.repeat(100));
  for (const name of ['zserver', 'zserver.c']) writeFileSync(join(lab, name), 'text');
  const { files, folder } = kept();
  const server = program('server', [join(lab, 'assets'), join(lab, 'zserver')], { build: ['true'] });
  const described = await keepSources(labOf('tp1', lab, [server]), server, folder, 1000);
  assert.deepEqual(
    described.files.slice(0, 3).map(({ path, kind }) => [path, kind]),
    [
      ['zserver', 'sent'],
      ['zserver.c', 'source'],
      ['assets/page-0.html', 'sent'],
    ],
  );
  assert.equal(described.files.length, 50);
  assert.equal(described.unlisted, 12);
  const bytes = [...files.values()].reduce((sum, text) => sum + text.length, 0);
  assert.ok(bytes <= 1000 && bytes > 800, `${bytes} bytes are kept`);
});
