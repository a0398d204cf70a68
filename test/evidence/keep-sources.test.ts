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
