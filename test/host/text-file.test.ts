import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readText } from '../../src/host/files/text-file.ts';

test('a key or list that is a pipe, a device or endless is refused at once', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-text-'));
  const pipe = join(folder.path, 'id_ed25519');
  execFileSync('mkfifo', [pipe]);
  const large = join(folder.path, 'known_hosts');
  writeFileSync(large, '');
  truncateSync(large, 64 * 1024 * 1024);
  await assert.rejects(readText(pipe), { code: 'ENOTREGULAR', kind: 'a named pipe' });
  await assert.rejects(readText('/dev/zero'), { code: 'ENOTREGULAR', kind: 'a device' });
  await assert.rejects(readText(folder.path), { code: 'ENOTREGULAR', kind: 'a folder' });
  await assert.rejects(readText(large), { code: 'EFBIG' });
});
