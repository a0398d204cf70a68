import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as instant } from 'node:timers/promises';
import { cannotBe, currentUser, finish, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { hostLinks, labelledProcesses, leftovers, nothing } from '../../helpers/machines/leftovers.ts';

/** Starts a command, kills it with -9 after so many milliseconds, and tells whether it was still running then. */
async function killAfter(user: LabUser, afterMs: number, ...args: string[]): Promise<boolean> {
  const child = user.start(...args);
  const finished = finish(child);
  await Promise.race([finished, instant(afterMs)]);
  const killed = child.kill('SIGKILL');
  await finished;
  return killed;
}

async function assertDownLeavesNothing(user: LabUser, links: readonly string[], when: string): Promise<void> {
  const down = await user.lab('down');
  assert.equal(down.exitCode, 0, `${when}: ${down.stderr}`);
  assert.deepEqual(leftovers(user.folder, links), nothing, when);
  const state = join(user.folder, '.lab');
  const files = (existsSync(state) ? readdirSync(state) : []).filter(
    (name) => !['.gitignore', 'keys', 'known_hosts', 'runs'].includes(name),
  );
  assert.deepEqual(files, [], when);
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(`kill -9, as ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip: cannotBe(kind) }, () => {
    test('of "lab up" at any instant, then "lab down", leaves the host as it was', async () => {
      await using user = make();
      const links = hostLinks();
      let killed = 0;
      for (let afterMs = 60; afterMs <= 480; afterMs += 35) {
        killed += Number(await killAfter(user, afterMs, 'up'));
        await assertDownLeavesNothing(user, links, `killed after ${afterMs} ms`);
      }
      assert.ok(killed >= 3, `only ${killed} of the instants were before the end of "lab up"`);
    });

    test('of "lab run" and of "lab down" leaves nothing either', async () => {
      await using user = make();
      const links = hostLinks();
      for (const command of [['run', 'tp1'], ['down']]) {
        for (const afterMs of [100, 200, 300]) {
          const up = await user.lab('up');
          assert.equal(up.exitCode, 0, up.stderr);
          await killAfter(user, afterMs, ...command);
          await assertDownLeavesNothing(user, links, `${command.join(' ')} killed after ${afterMs} ms`);
        }
      }
    });

    test('of "lab run" ends its programs on the machines, so that the next run finds its port free', async () => {
      await using user = make();
      assert.equal((await user.lab('up')).exitCode, 0);
      await killAfter(user, 330, 'run', 'tp1');
      const run = await user.lab('run', 'tp1');
      assert.equal(run.exitCode, 0, run.stdout + run.stderr);
    });

    test('of the lab itself is reported by status, and "lab up" makes it again', async () => {
      await using user = make();
      assert.equal((await user.lab('up')).exitCode, 0);
      const init = labelledProcesses(user.folder);
      assert.equal(init.length, 1);
      process.kill(init[0]!, 'SIGKILL');
      const status = await user.lab('status', '--json');
      assert.match(status.stdout, /"running":\s*false/);
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      assert.equal((await user.lab('run', 'tp1')).exitCode, 0);
    });
  });
}
