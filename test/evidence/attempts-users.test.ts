import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotBe, ordinaryUser } from '../helpers/lab-command.ts';

const labText = `version: 1
name: users
networks: { n: { subnet: 10.9.0.0/24, nat: false } }
machines:
  a: { user: u1, address: 10.9.0.10 }
  b: { user: u2, address: 10.9.0.11 }
programs:
  server: { on: a, command: [python3, -m, http.server, "8123"], listens: 8123 }
scenarios:
  wrong:
    - start: server
    - run: { on: b, command: [bash, -c, "exec 2>/dev/null; echo > /dev/tcp/a/8124"] }
`;

test(
  'an ordinary user is told what a machine tried, with the real command',
  { skip: cannotBe('ordinary') },
  async () => {
    await using user = ordinaryUser();
    writeFileSync(join(user.folder, 'lab.yaml'), labText);
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    const run = await user.lab('run');
    assert.equal(run.exitCode, 1, run.stdout + run.stderr);
    assert.match(run.stdout + run.stderr, /network: +b tried a:8124 and was refused; server listens on a:8123\n/);
    assert.match((await user.lab('logs', '--tcp')).stdout, /On the network: b tried a:8124 and was refused/);
    assert.equal((await user.lab('down')).exitCode, 0);
  },
);
