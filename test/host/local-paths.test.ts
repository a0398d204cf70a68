import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isProgram, slashed } from '../../src/host/files/local-paths.ts';

test('paths of Windows are told to machines with slashes', () => {
  assert.equal(slashed(String.raw`src\lib\a.py`, '\\'), 'src/lib/a.py');
  assert.equal(slashed(String.raw`odd\name`, '/'), String.raw`odd\name`);
});

test('a file is a program by its permission, and on Windows by how it begins', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-host-'));
  const files = { script: '#!/bin/sh\n', elf: '\x7fELF\x02', text: 'hello', empty: '' };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder.path, name), content, 'latin1');
  const on = (platform: NodeJS.Platform, mode: number): Promise<boolean[]> =>
    Promise.all(Object.keys(files).map((name) => isProgram(join(folder.path, name), mode, platform)));
  assert.deepEqual(await on('win32', 0o666), [true, true, false, false]);
  assert.deepEqual(await on('linux', 0o644), [false, false, false, false]);
  assert.deepEqual(await on('darwin', 0o755), [true, true, true, true]);
});
