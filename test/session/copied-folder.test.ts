import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { gc } from '../../src/commands/lab/gc.ts';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { status } from '../../src/commands/lab/status.ts';
import { up } from '../../src/commands/lab/up.ts';
import { processes } from '../../src/host/processes.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const lab = `version: 1
name: small
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
`;

/** A folder that holds others with a lab in each; all labs are gone at its end. */
function playground(): ReturnType<typeof labFolder> & { make(name: string): string } {
  const folder = labFolder({});
  const make = (name: string): string => {
    const path = join(folder.path, name);
    mkdirSync(path);
    writeFileSync(join(path, 'lab.yaml'), lab);
    return path;
  };
  return Object.assign(folder, { make });
}

async function labIds(folder: string): Promise<string[]> {
  const labs = await (await allProviders.named('netns')).list();
  return labs
    .filter(({ stateFolder }) => stateFolder.startsWith(folder))
    .map(({ labId }) => labId)
    .toSorted();
}

const bringUp = (folder: string) => up(testContext(folder).context, { recreate: false });
const takeDown = (folder: string) => down(testContext(folder).context, { purge: false });
const run = async (folder: string, command: string) =>
  (await ssh(testContext(folder).context, { machine: 'vm1', command: [command], tty: false, collect: true })).stdout;
const userKey = (folder: string): string => readFileSync(join(folder, '.lab/keys/user.pub'), 'utf8');

describe('folders of labs that are copied, moved and deleted', { skip: await cannotMakeMachines() }, () => {
  test('down in a copy of a folder touches nothing of the original, and says so', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    const tp2 = join(place.path, 'tp2');
    cpSync(tp1, tp2, { recursive: true, filter: (path) => !path.includes('/sockets/') });
    const before = await labIds(place.path);

    assert.equal((await status(testContext(tp2).context)).up, false);
    await assert.rejects(run(tp2, 'true'), {
      code: 'lab-down',
      message: `this lab is not up: its folder is a copy of ${tp1}, whose machines are not its own`,
    });
    const { context, events } = testContext(tp2);
    assert.deepEqual(await down(context, { purge: false }), { lab: undefined, ended: [], purged: false });
    assert.ok(events.some((event) => event.kind === 'notice' && event.message.includes(`is a copy of ${tp1}`)));

    assert.deepEqual(await labIds(place.path), before);
    assert.equal(await run(tp1, 'echo still here'), 'still here\n');
  });

  test('up in a copy makes a lab of its own with fresh keys beside the original', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    const tp2 = join(place.path, 'tp2');
    cpSync(tp1, tp2, { recursive: true, filter: (path) => !path.includes('/sockets/') });
    mkdirSync(join(tp2, '.lab/runs/kept'), { recursive: true });
    assert.equal((await bringUp(tp2)).made, true);
    assert.equal((await labIds(place.path)).length, 2);
    assert.notEqual(userKey(tp1), userKey(tp2));
    assert.deepEqual(
      [await run(tp1, 'echo one'), await run(tp2, 'echo two'), readdirSync(join(tp2, '.lab/runs'))],
      ['one\n', 'two\n', ['kept']],
    );
    await takeDown(tp2);
    assert.equal(await run(tp1, 'echo one'), 'one\n');
  });

  test('a copy of a lab that is down gets keys of its own, too', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    await takeDown(tp1);
    const tp2 = join(place.path, 'tp2');
    cpSync(tp1, tp2, { recursive: true });
    assert.equal(userKey(tp1), userKey(tp2));
    await bringUp(tp2);
    assert.notEqual(userKey(tp1), userKey(tp2));
  });

  test('a folder that is moved stays the same lab, and another one may take its place', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    const moved = join(place.path, 'moved');
    renameSync(tp1, moved);
    assert.equal(await run(moved, 'echo here'), 'here\n');
    const { dead } = await gc(testContext(moved, { answer: false }).context, { yes: false });
    assert.deepEqual(
      dead.filter(({ stateFolder }) => stateFolder.startsWith(place.path)),
      [],
    );

    const next = place.make('tp1');
    await bringUp(next);
    assert.equal((await labIds(place.path)).length, 2);
    await takeDown(next);
    assert.equal(await run(moved, 'echo here'), 'here\n');
    assert.equal((await bringUp(moved)).made, false);
    assert.equal((await takeDown(moved)).lab, 'small');
    assert.deepEqual(await labIds(place.path), []);
  });

  test('the copy of a folder that was moved away meanwhile does not take its machines for its own', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    const [copy, moved] = [join(place.path, 'copy'), join(place.path, 'moved')];
    cpSync(tp1, copy, { recursive: true, filter: (path) => !path.includes('/sockets/') });
    renameSync(tp1, moved);
    assert.equal((await takeDown(copy)).lab, undefined);
    assert.equal(await run(moved, 'echo here'), 'here\n');
  });

  test('down finds a lab whose .lab was deleted', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    rmSync(join(tp1, '.lab'), { recursive: true });
    const { context, events } = testContext(tp1);
    const result = await down(context, { purge: false });
    assert.equal(result.lab, 'small');
    assert.match(result.ended.join(), /all machines/);
    assert.ok(events.some((event) => event.kind === 'notice' && event.message.includes('still ran in this folder')));
    assert.deepEqual(await labIds(place.path), []);
  });

  for (const [what, lose] of Object.entries({
    deleted: (path: string) => rmSync(path, { recursive: true }),
    'moved to a wastebasket': (path: string) => renameSync(path, join(path, '../../.lab')),
  })) {
    test(`up makes no second set of machines beside one whose .lab was ${what}`, async () => {
      await using place = playground();
      const tp1 = place.make('tp1');
      await bringUp(tp1);
      const [old] = await labIds(place.path);
      lose(join(tp1, '.lab'));
      const { context, events } = testContext(tp1);
      assert.equal((await up(context, { recreate: false })).made, true);
      const now = await labIds(place.path);
      assert.deepEqual([now.length, now[0] === old], [1, false]);
      assert.ok(events.some((event) => event.kind === 'notice' && event.message.includes('still ran in this folder')));
    });
  }

  test('a state and a journal that are both lost do not keep down from ending what runs', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    writeFileSync(join(tp1, '.lab/state.json'), 'null');
    writeFileSync(join(tp1, '.lab/journal.ndjson'), '\0\0\0');
    assert.equal((await takeDown(tp1)).lab, 'small');
    assert.deepEqual([await labIds(place.path), existsSync(join(tp1, '.lab/journal.ndjson'))], [[], false]);
  });

  test('the label of a program in a machine is not believed', async () => {
    await using place = playground();
    const tp1 = place.make('tp1');
    await bringUp(tp1);
    // What a hostile program would do so that `lab gc` removes a folder of its user.
    await run(
      tp1,
      `echo 'sleep 60' > executor.pl; sudo setsid perl "$PWD/executor.pl" --lab forged forged '${place.path}' > /dev/null 2>&1 < /dev/null &`,
    );
    const disguised = [...processes()].some(({ args }) => args.includes('forged') && args.at(-1) === place.path);
    const known = (await (await allProviders.named('netns')).list()).map(({ labId }) => labId);
    assert.deepEqual([disguised, known.includes('forged')], [true, false]);
  });
});
