import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as instant } from 'node:timers/promises';
import { cannotBe, currentUser, finish, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { hostLinks, leftovers, nothing } from '../../helpers/machines/leftovers.ts';
import { isLong, pick, seeded, testSeed } from '../../helpers/seeded.ts';

const rounds = isLong ? 150 : 3;
/** A command is killed after so long at most; some end before. */
const latestMs = 900;

/** What stays of `.lab` after `down`. */
const staying = new Set(['.gitignore', 'keys', 'known_hosts', 'runs']);

async function killed(user: LabUser, afterMs: number, command: readonly string[]): Promise<void> {
  const child = user.start(...command);
  const finished = finish(child);
  await Promise.race([finished, instant(afterMs)]);
  child.kill('SIGKILL');
  await finished;
}

/** One to three commands, each killed at a random instant, then `down`, which must leave nothing. */
async function round(user: LabUser, random: () => number, links: readonly string[]): Promise<void> {
  const commands = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => ({
    command: index === 0 ? ['up'] : pick([['up'], ['run', 'tp1'], ['down'], ['up', '--recreate']], random),
    afterMs: Math.floor(random() * latestMs),
  }));
  for (const { command, afterMs } of commands) await killed(user, afterMs, command);
  const when = `seed ${testSeed}: ${commands.map(({ command, afterMs }) => `${command.join(' ')} killed after ${afterMs} ms`).join(', ')}`;
  const down = await user.lab('down');
  assert.equal(down.exitCode, 0, `${when}: ${down.stderr}`);
  assert.deepEqual(leftovers(user.folder, links), nothing, when);
  const state = join(user.folder, '.lab');
  assert.deepEqual(
    (existsSync(state) ? readdirSync(state) : []).filter((name) => !staying.has(name)),
    [],
    when,
  );
}

describe('commands that are killed one after the other', { concurrency: 2 }, () => {
  for (const [kind, make] of Object.entries({ root: currentUser, ordinary: ordinaryUser })) {
    test(
      `leave nothing that "lab down" does not take away: as ${kind === 'root' ? 'root' : 'an ordinary user'}`,
      { skip: cannotBe(kind as 'root') },
      async () => {
        await using user = make();
        const [links, random] = [hostLinks(), seeded(testSeed)];
        for (let left = rounds; left > 0; left--) await round(user, random, links);
        assert.equal((await user.lab('up')).exitCode, 0);
      },
    );
  }
});
