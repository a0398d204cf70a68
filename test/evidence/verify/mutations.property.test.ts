import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sign } from '../../../src/commands/runs/sign.ts';
import { verify } from '../../../src/commands/runs/verify.ts';
import { boundRun } from '../../helpers/bound-run.ts';
import { temporaryFolder } from '../../helpers/cli.ts';
import { testContext } from '../../helpers/command-context.ts';
import { isLong, testSeed } from '../../helpers/seeded.ts';

process.env['TZ'] = 'UTC';

const names = [
  'run.json',
  'run.json.sig',
  'events.ndjson',
  'server.log',
  'client.cast',
  'session.log',
  'session.cast',
  'capture.pcap',
  'sources/server/server.js',
];

/** What happens to the bytes of a file: one changed, some gone, some put in. */
const damage = fc.record({
  name: fc.constantFrom(...names),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  removed: fc.integer({ min: 0, max: 40 }),
  added: fc.uint8Array({ maxLength: 20 }),
});

describe('a signed record', () => {
  test('does not fit whatever is changed in whichever of its files', async () => {
    using keys = temporaryFolder();
    const key = join(keys.path, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    using run = await boundRun();
    const { context } = testContext(run.path);
    await sign(context, { what: undefined, key });
    const originals = new Map(names.map((name) => [name, readFileSync(join(run.run, name))]));
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, at, removed, added }) => {
        const before = originals.get(name)!;
        const place = Math.floor(at * before.length);
        const after = Buffer.concat([before.subarray(0, place), added, before.subarray(place + removed)]);
        fc.pre(!after.equals(before));
        writeFileSync(join(run.run, name), after);
        try {
          const { fits } = await verify(context, { what: run.run, key: `${key}.pub` });
          // White space around the lines of a signature is no part of it (PROTOCOL.sshsig).
          assert.ok(!fits || (name === 'run.json.sig' && bare(after) === bare(before)));
        } finally {
          writeFileSync(join(run.run, name), before);
        }
      }),
      { numRuns: isLong ? 1000 : 60, seed: testSeed },
    );
    assert.equal((await verify(context, { what: run.run, key: `${key}.pub` })).fits, true);
  });
});

function bare(signature: Buffer): string {
  return signature.toString('latin1').replaceAll(/\s/g, '');
}
