import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsideMachine, startTcpdump } from '../../src/capture/tcpdump.ts';
import { EnvironmentError } from '../../src/core/errors.ts';

/** The detail of the error when tcpdump says this, piece by piece, and fails. */
async function detailOf(pieces: readonly string[]): Promise<string> {
  const point = outsideMachine(
    'vm1',
    async ({ onOutput }) => {
      for (const piece of pieces) await onOutput('stderr', Buffer.from(piece));
      return 1;
    },
    { interface: 'eth0', filter: '' },
  );
  const error: unknown = await startTcpdump(point, () => undefined).ended.catch((reason: unknown) => reason);
  assert.ok(error instanceof EnvironmentError);
  return error.detail ?? '';
}

test('what tcpdump says is kept with an error, in whatever pieces it comes', async () => {
  assert.equal(await detailOf(['tcpdump: no', ' room\nand more', '\n']), 'tcpdump: no room\nand more');
});

test('a machine that talks without end, in one line or in many, does not fill the memory', async () => {
  const flood = Array.from({ length: 64 }, () => 'x'.repeat(16_384));
  for (const pieces of [[...flood, '\n'], flood.map((piece) => `${piece}\n`)])
    assert.ok((await detailOf(pieces)).length < 20_000);
});

test('the clock of a machine is read once: it cannot be moved while packets are captured', async () => {
  const point = outsideMachine(
    'vm1',
    async ({ onOutput }) => {
      const seconds = Date.now() / 1000;
      for (const ahead of [3600, 7200])
        await onOutput('stderr', Buffer.from(`lab-clock ${(seconds + ahead).toFixed(3)}\n`));
      return 0;
    },
    { interface: 'eth0', filter: '' },
  );
  const tcpdump = startTcpdump(point, () => undefined);
  await tcpdump.ended;
  assert.equal(Math.round(tcpdump.clockOffsetMs! / 60_000), 60);
});
