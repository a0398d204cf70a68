import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EnvironmentError, UsageError } from '../../../src/core/errors.ts';
import type { EventBody } from '../../../src/core/events.ts';
import { silent } from '../../../src/core/events.ts';
import { hashIn } from '../../../src/providers/qemu/images/download.ts';
import { pullImage, removeImage } from '../../../src/providers/qemu/images/pull.ts';
import { cachedImage, cachedImages } from '../../../src/providers/qemu/images/image-store.ts';
import { emptyCache, serveImage, type ImageServer } from '../../helpers/machines/image-server.ts';

const content = randomBytes(3_000_000);
const signal = new AbortController().signal;

function pull({ table }: ImageServer, emit: (event: EventBody) => void = () => undefined): Promise<boolean> {
  return pullImage('small', { events: { emit }, signal, offline: false, table });
}

function contentOf(name: string): Buffer {
  return readFileSync(cachedImage(name)!.disk);
}

describe('pulling an image', { timeout: 30_000 }, () => {
  test('downloads it once, tells how far it is, and keeps it with its source', async () => {
    using _cache = emptyCache();
    await using server = await serveImage(content);
    const events: EventBody[] = [];
    assert.equal(await pull(server, (event) => void events.push(event)), true);
    assert.deepEqual(contentOf('small'), content);
    assert.equal(cachedImages()[0]!.source, server.table['small']!.url['x64']);
    assert.ok(
      events.some((event) => event.kind === 'step-progress' && /^[\d.]+ MB of 3\.0 MB \(\d+ %\)$/.test(event.note)),
    );
    assert.equal(await pull(server), false);
    assert.equal(server.ranges.length, 1);
  });

  test('goes on where it broke off', async () => {
    using _cache = emptyCache();
    await using server = await serveImage(content);
    server.breakAfter = 1_000_000;
    await assert.rejects(
      pull(server),
      (error: EnvironmentError) => error.code === 'download-failed' && /broke off/.test(error.message),
    );
    assert.equal(cachedImage('small'), undefined);
    server.breakAfter = undefined;
    await pull(server);
    assert.deepEqual(contentOf('small'), content);
    assert.match(server.ranges[1]!, /^bytes=[1-9]\d*-$/);
  });

  test('refuses what its checksum does not fit, and begins again the next time', async () => {
    using cache = emptyCache();
    await using server = await serveImage(content);
    server.checksum = 'f'.repeat(64);
    await assert.rejects(
      pull(server),
      (error: EnvironmentError) =>
        error.code === 'checksum-wrong' && error.detail!.includes(`expected ${'f'.repeat(64)}`),
    );
    assert.deepEqual(readdirSync(join(cache.folder, 'lab/images')), []);
    server.checksum = undefined;
    assert.equal(await pull(server), true);
  });

  test('says which name was meant, and asks no network when it is told so', async () => {
    using _cache = emptyCache();
    const options = { events: silent, signal, offline: true };
    await assert.rejects(
      pullImage('ubunto-24.04', options),
      (error: UsageError) => error.code === 'image-unknown' && error.hint === 'did you mean "ubuntu-24.04"?',
    );
    await assert.rejects(pullImage('ubuntu-24.04', options), { code: 'image-not-cached' });
  });

  test('says that nobody answers', async () => {
    using _cache = emptyCache();
    const server = await serveImage(content);
    await server[Symbol.asyncDispose]();
    await assert.rejects(
      pull(server),
      (error: EnvironmentError) => error.code === 'download-failed' && /ECONNREFUSED/.test(error.message),
    );
  });
});

test('an image that is removed is gone, and so is what a broken download left', async () => {
  using cache = emptyCache();
  await using server = await serveImage(content);
  await pull(server);
  writeFileSync(join(cache.folder, 'lab/images/.small.part'), 'half');
  removeImage('small');
  assert.deepEqual(readdirSync(join(cache.folder, 'lab/images')), []);
  assert.throws(() => removeImage('small'), { code: 'image-unknown' });
  assert.ok(!existsSync(join(cache.folder, 'lab/images/small')));
});

test('a checksum is found by the name of the file, in both forms of sha256sum(1)', () => {
  const list = `${'a'.repeat(64)} *x.img\n${'b'.repeat(64)}  y.img\n`;
  assert.equal(hashIn(list, 'http://h/p/x.img'), 'a'.repeat(64));
  assert.equal(hashIn(list, 'http://h/p/y.img'), 'b'.repeat(64));
  assert.equal(hashIn(list, 'http://h/p/z.img'), undefined);
});
