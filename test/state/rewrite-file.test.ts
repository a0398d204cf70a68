import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rewriteFile } from '../../src/state/files/storage.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

const module = JSON.stringify(join(import.meta.dirname, '../../src/state/files/storage.ts'));

test("a user's file keeps its rights and its link when its text is replaced", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-rewrite-'));
  try {
    const [file, link] = [join(folder, 'shared.yaml'), join(folder, 'lab.yaml')];
    writeFileSync(file, 'old');
    chmodSync(file, 0o664);
    symlinkSync('shared.yaml', link);
    await rewriteFile(link, 'new');
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.equal(statSync(file).mode & 0o777, 0o664);
    assert.ok(lstatSync(link).isSymbolicLink());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  "a user's file stays the user's when root replaces its text",
  { skip: process.getuid?.() !== 0 && 'only root may give files away' },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-rewrite-'));
    try {
      const file = join(folder, 'lab.yaml');
      writeFileSync(file, 'old');
      chownSync(file, 4321, 5432);
      await rewriteFile(file, 'new');
      const { uid, gid } = statSync(file);
      assert.deepEqual([readFileSync(file, 'utf8'), uid, gid], ['new', 4321, 5432]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test(
  "a user's file is whole after a disk was too full to replace it",
  { skip: !canMount && 'this host lets us mount nothing' },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-rewrite-'));
    try {
      const seen = onPrivateDisk(
        folder,
        `const { rewriteFile } = await import(${module});
         const { readFileSync, readdirSync } = await import('node:fs');
         const code = await rewriteFile(folder + '/lab.yaml', 'new'.repeat(10_000)).catch((error) => error.code);
         return { code, text: readFileSync('lab.yaml', 'utf8'), files: readdirSync('.').toSorted() };`,
        { prepare: 'printf old >lab.yaml; cat /dev/zero >fill 2>/dev/null || true' },
      );
      assert.deepEqual(seen, { code: 'disk-full', text: 'old', files: ['fill', 'lab.yaml'] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
