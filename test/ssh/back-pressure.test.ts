import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startSshd } from '../helpers/ssh/sshd.ts';

const mebibyte = 1024 * 1024;
const floodBytes = 64 * mebibyte;
/** Live memory is looked at after each so many samples, since collecting garbage takes time. */
const samplesPerLook = 20;
/** Windows and buffers of one session are some 4 MiB; code that is compiled on the way adds a little. */
const allowedGrowthBytes = 20 * mebibyte;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How far the memory that this process really holds rises while `work` runs. */
async function growthDuring(work: (sample: () => void) => Promise<void>): Promise<number> {
  const before = liveBytes();
  let [peak, samples] = [before, 0];
  await work(() => {
    if (samples++ % samplesPerLook === 0) peak = Math.max(peak, liveBytes());
  });
  return Math.max(peak, liveBytes()) - before;
}

function liveBytes(): number {
  collectGarbage();
  // The first collection leaves the buffers' memory to be freed in the background; the second waits for that.
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a program that floods its terminal passes through with bounded memory, though the reader is slow', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const flood = await shell.start(['head', '-c', String(floodBytes), '/dev/zero'], {
    terminal: { columns: 80, rows: 24 },
  });
  let bytes = 0;
  const growth = await growthDuring(async (sample) => {
    for await (const chunk of flood.output) {
      bytes += chunk.length;
      await new Promise(setImmediate);
      sample();
    }
  });

  assert.equal(bytes, floodBytes);
  assert.ok(growth < allowedGrowthBytes, `grew by ${Math.round(growth / mebibyte)} MiB`);
});

test('a program whose output is not read stops, and nothing piles up here', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const flood = await shell.start(
    [
      'sh',
      '-c',
      'trap "exit 5" TERM; while echo ................................................................; do :; done',
    ],
    { terminal: { columns: 80, rows: 24 } },
  );
  const growth = await growthDuring(async (sample) => {
    for (let i = 0; i < 30; i++) {
      await shell.exec(['true']);
      sample();
    }
  });

  assert.ok(growth < allowedGrowthBytes, `grew by ${Math.round(growth / mebibyte)} MiB`);
  await flood.kill('KILL');
});

test('input is taken no faster than the program reads it', async () => {
  await using server = await startSshd();
  const shell = await server.connect();
  const reader = await shell.start(['sh', '-c', 'read -r go; wc -c']);
  await reader.write('go\n');
  let sent = 0;
  const growth = await growthDuring(async (sample) => {
    const chunk = Buffer.alloc(mebibyte);
    for (; sent < floodBytes; sent += chunk.length) {
      await reader.write(chunk);
      sample();
    }
  });
  reader.end();
  let output = '';
  for await (const chunk of reader.output) output += Buffer.from(chunk).toString();

  assert.equal(Number(output), floodBytes);
  assert.ok(growth < allowedGrowthBytes, `grew by ${Math.round(growth / mebibyte)} MiB`);
});
