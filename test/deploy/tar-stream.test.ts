import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TarStream } from '../../src/deploy/tar-stream.ts';
import { tree } from './fixtures/machine.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-tar-'));

async function collect(archive: TarStream): Promise<Uint8Array[]> {
  const pieces = [];
  for await (const piece of archive.pieces()) pieces.push(piece);
  return pieces;
}

test('tar unpacks what we pack, whatever the sizes', async () => {
  using folder = temporaryFolder();
  const contents = new Map(
    [0, 1, 511, 512, 513, 300_000].map((size) => [`file-${size}`, 'é'.repeat(size / 2) + 'x'.repeat(size % 2)]),
  );
  writeFileSync(join(folder.path, 'source'), 'from a file');
  const archive = new TarStream([
    ...[...contents].map(([name, content]) => ({ name, content: Buffer.from(content) })),
    {
      name: `blobs-${'f'.repeat(64)}`,
      source: { path: join(folder.path, 'source'), within: undefined },
      sizeBytes: 11,
    },
  ]);
  const input = Buffer.concat(await collect(archive));
  execFileSync('tar', ['-x', '-f', '-', '-C', folder.path], { input });
  for (const [name, content] of contents) assert.equal(readFileSync(join(folder.path, name), 'utf8'), content);
  assert.equal(readFileSync(join(folder.path, `blobs-${'f'.repeat(64)}`), 'utf8'), 'from a file');
  assert.equal(archive.failure, undefined);
});

for (const [what, sizeBytes] of [
  ['grew', 5],
  ['shrank', 50],
] as const) {
  test(`a file that ${what} since we looked at it cuts the archive off, and the reason is kept`, async () => {
    using folder = temporaryFolder();
    const source = join(folder.path, 'source');
    writeFileSync(source, 'x'.repeat(20));
    const archive = new TarStream([
      { name: 'first', source: { path: source, within: undefined }, sizeBytes },
      { name: 'plan', content: Buffer.from('plan') },
    ]);
    const input = Buffer.concat(await collect(archive));
    assert.ok(!input.includes('plan'));
    assert.equal(archive.failure?.message, `${source} was changed while it was sent`);
  });
}

test('many small files are sent in few pieces', async () => {
  const files = Array.from({ length: 200 }, (_, index) => ({ name: `file-${index}`, content: Buffer.from('x') }));
  const pieces = await collect(new TarStream(files));
  assert.ok(pieces.length <= 2, `${pieces.length} pieces`);
  using folder = temporaryFolder();
  execFileSync('tar', ['-x', '-f', '-', '-C', folder.path], { input: Buffer.concat(pieces) });
  assert.equal(tree(folder.path).length, 200);
});
