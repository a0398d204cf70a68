import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConnectionError, EnvironmentError } from '../../src/core/errors.ts';
import { type Attempt, retryUntil } from '../../src/core/time/retry.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import { isRoot, startSshd } from '../helpers/ssh/sshd.ts';

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function getAll(shell: Shell, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of shell.get(path)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function failureOf(work: Promise<unknown>): Promise<EnvironmentError> {
  const error = await work.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof EnvironmentError && !(error instanceof ConnectionError), String(error));
  return error;
}

test('a file comes back as it was sent, with its mode, in folders that were made', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  for (const [name, size] of [
    ['empty', 0],
    ["a 'strange'\nnäme", 10],
    ['-large', 5_000_000],
  ] as const) {
    const content = randomBytes(size);
    const path = join(server.folder, 'new/folder', name);
    await shell.put(content, path, { mode: 0o751, sha256: sha256(content) });

    assert.ok((await getAll(shell, path)).equals(content));
    assert.equal(statSync(path).mode & 0o7777, 0o751);
  }
  assert.equal(statSync(join(server.folder, 'new')).mode & 0o777, 0o755);
  assert.equal(readdirSync(join(server.folder, 'new/folder')).length, 3, 'no temporary file stays');
});

test('a stream is sent as it comes', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const pieces = Array.from({ length: 50 }, () => randomBytes(100_001));
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const path = join(server.folder, 'file');
  await shell.put(stream(), path, { mode: 0o600, sha256: sha256(Buffer.concat(pieces)) });

  assert.ok(readFileSync(path).equals(Buffer.concat(pieces)));
});

test('a put replaces a link by the file and does not write through it', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  writeFileSync(join(server.folder, 'other'), 'other');
  symlinkSync(join(server.folder, 'other'), join(server.folder, 'link'));
  await shell.put(Buffer.from('new'), join(server.folder, 'link'), { mode: 0o600, sha256: sha256(Buffer.from('new')) });

  assert.equal(readFileSync(join(server.folder, 'other'), 'utf8'), 'other');
  assert.equal(readFileSync(join(server.folder, 'link'), 'utf8'), 'new');
});

test('content that is not what the hash says leaves the old file and nothing else', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const folder = join(server.folder, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), 'old');

  const error = await failureOf(
    shell.put(Buffer.from('new'), join(folder, 'file'), { mode: 0o600, sha256: sha256(Buffer.from('other')) }),
  );
  assert.equal(error.code, 'put-corrupt');
  assert.deepEqual(readdirSync(folder), ['file']);
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old');
});

test('a put that the end of the connection interrupts leaves the old file and nothing else', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const folder = join(server.folder, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), 'old');
  const content = randomBytes(200_000);
  async function* interrupted(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 100_000);
    server.kill();
    yield content.subarray(100_000);
  }

  await assert.rejects(
    shell.put(interrupted(), join(folder, 'file'), { mode: 0o600, sha256: sha256(content) }),
    ConnectionError,
  );
  const look = (): Attempt<true> =>
    readdirSync(folder).length === 1 ? { value: true } : { seen: readdirSync(folder).join(' ') };
  await retryUntil(look, { what: 'the temporary file to go', timeoutMs: 3000 });
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old');
});

test('a folder in the way is reported as such', async () => {
  await using server = await startSshd();
  const shell = await server.connect();

  assert.equal(
    (await failureOf(shell.put(Buffer.from('x'), server.folder, { mode: 0o600, sha256: '' }))).code,
    'put-is-folder',
  );
});

test('a machine without any tool for SHA-256 takes a file whose size is right', async () => {
  await using server = await startSshd();
  const bin = join(server.folder, 'bin');
  mkdirSync(bin);
  for (const tool of ['cat', 'rm', 'mv', 'chmod', 'mkdir', 'wc', 'sh']) symlinkSync(`/bin/${tool}`, join(bin, tool));
  await using poor = await startSshd({ sshdConfig: [`SetEnv PATH=${bin}`] });
  const shell = await poor.connect();
  const content = randomBytes(200_000);
  const path = join(poor.folder, 'file');
  await shell.put(content, path, { mode: 0o640, sha256: 'nobody can check it' });

  assert.ok(readFileSync(path).equals(content));
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.ok(!readdirSync(poor.folder).some((name) => name.endsWith('.part')));
});

test('a full disk is reported as such, and what did not fit is gone', async (context) => {
  if (!isRoot) return context.skip('only root can mount a small disk');
  await using server = await startSshd({
    sshdConfig: ['ForceCommand mount -t tmpfs -o size=1m tmpfs /mnt; eval "$SSH_ORIGINAL_COMMAND"; ls -A /mnt >&2'],
  });
  const shell = await server.connect();
  const content = randomBytes(3_000_000);
  const error = await failureOf(shell.put(content, '/mnt/file', { mode: 0o600, sha256: sha256(content) }));
  assert.equal(error.code, 'remote-disk-full');
  assert.match(error.hint ?? '', /df -h/);
  assert.ok(!error.detail?.includes('.part'));
});

test('a folder that the user may not write is reported as such', async (context) => {
  if (isRoot) return context.skip('root may write everywhere');
  await using server = await startSshd();
  const shell = await server.connect();

  assert.equal(
    (await failureOf(shell.put(Buffer.from('x'), '/etc/lab-test', { mode: 0o600, sha256: '' }))).code,
    'remote-permission',
  );
});

test('a folder in which no file can be made is reported as such, in no words of a shell', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const error = await failureOf(shell.put(Buffer.from('x'), '/proc/lab-test', { mode: 0o600, sha256: '' }));
  assert.deepEqual([error.code, error.detail], ['remote-folder-odd', undefined]);
  assert.match(error.message, /\/proc\/lab-test cannot be written: no file can be made there$/);
});

test('a file that is missing, and a folder, cannot be read and say why', async () => {
  await using server = await startSshd();
  const shell = await server.connect();

  assert.equal((await failureOf(getAll(shell, join(server.folder, 'missing')))).code, 'remote-file-missing');
  assert.match((await failureOf(getAll(shell, server.folder))).message, /is a directory/);
});

test('a reader that stops early frees its session', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  for (let i = 0; i < 12; i++) for await (const chunk of shell.get('/dev/zero')) if (chunk.length > 0) break;

  assert.equal((await shell.exec(['echo', 'free'])).stdout, 'free\n');
});

test('a read that the end of the connection cuts fails instead of ending early', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const read = async (): Promise<void> => {
    for await (const chunk of shell.get('/dev/zero')) if (chunk.length > 0) server.kill();
  };

  await assert.rejects(read(), ConnectionError);
});
