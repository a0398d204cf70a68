import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { PingOutcome } from '../../../src/commands/machines/ping.ts';
import { cannotBe, currentUser } from '../../helpers/lab-command.ts';
import { routedLab } from '../../helpers/machines/routed-lab.ts';
import { isLong } from '../../helpers/seeded.ts';

/** `npm run bench -- networks-109` has the times. */
const SIZES = [
  { networks: 3, machines: 4, echoes: 208 },
  ...(isLong ? [{ networks: 10, machines: 10, echoes: 12_744 }] : []),
];

describe('a lab of many networks', { skip: cannotBe('root') && cannotBe('ordinary') }, () => {
  for (const { networks, machines, echoes } of SIZES)
    test(`${networks} in a row, with ${networks * machines} machines and ${networks - 1} routers: each reaches each, and nothing is left`, async () => {
      await using user = currentUser();
      writeFileSync(join(user.folder, 'lab.yaml'), routedLab({ networks, machines }));
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      const ping = await user.lab('--json', 'ping', '--count', '1');
      assert.equal(ping.exitCode, 0, ping.stdout.slice(0, 2000));
      const { pairs, received, notAsked } = JSON.parse(ping.stdout) as PingOutcome;
      assert.deepEqual([pairs.length, received, notAsked], [echoes, echoes, []]);
      const down = await user.lab('down');
      assert.match(down.stdout + down.stderr, /nothing of it is left/);
    });
});
