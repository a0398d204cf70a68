import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { program, startMachine, tree } from './fixtures/machine.ts';

test("files land in the program's folder under their own names, executable as on the host", async () => {
  await using machine = await startMachine();
  const files = [machine.file('src/run', '#!/bin/sh\n', 0o755), machine.file('data.txt', 'data', 0o600)];
  const [deployed] = await machine.deploy([program('server', files)]);
  assert.equal(deployed?.folder, 'lab/tp1/server');
  const folder = join(machine.home, 'lab/tp1/server');
  assert.deepEqual(tree(folder), ['data.txt', 'run']);
  assert.equal(readFileSync(join(folder, 'data.txt'), 'utf8'), 'data');
  assert.equal(statSync(join(folder, 'run')).mode & 0o111, 0o111);
  assert.equal(statSync(join(folder, 'data.txt')).mode & 0o111, 0);
  assert.deepEqual([deployed.sent, deployed.skipped, deployed.bytes], [2, 0, 14]);
  assert.deepEqual(tree(join(machine.home, '.lab/incoming')), []);
});

test('the first deployment takes two round trips, one with nothing to do takes exactly one and writes nothing', async () => {
  await using machine = await startMachine();
  const programs = [
    program('server', [machine.file('server.js', 'one')]),
    program('client', [machine.file('client.js', 'two')]),
  ];
  await machine.deploy(programs);
  assert.equal(machine.roundTrips(), 2);
  const target = join(machine.home, 'lab/tp1/server/server.js');
  const before = statSync(target);
  const again = await machine.deploy(programs);
  assert.equal(machine.roundTrips(), 3);
  assert.deepEqual(
    again.map(({ sent, skipped, bytes }) => [sent, skipped, bytes]),
    [
      [0, 1, 0],
      [0, 1, 0],
    ],
  );
  assert.equal(statSync(target).ino, before.ino);
  const notes = machine.events.filter((event) => event.kind === 'step-finished').map(({ note }) => note);
  assert.deepEqual(notes, ['2 files written (6 B sent)', 'nothing changed']);
});

test('of several files only the changed one is sent', async () => {
  await using machine = await startMachine();
  const files = [machine.file('a', 'aaaa'), machine.file('b', 'bb')];
  await machine.deploy([program('server', files)]);
  machine.file('b', 'bbbbbb');
  const [deployed] = await machine.deploy([program('server', files)]);
  assert.deepEqual([deployed?.sent, deployed?.skipped, deployed?.bytes], [1, 1, 6]);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/b'), 'utf8'), 'bbbbbb');
});

test('the content of the last two versions is kept, so going back sends nothing; older content is removed', async () => {
  await using machine = await startMachine();
  const stored = (): number => readdirSync(join(machine.home, '.lab/cas')).length;
  const write = async (content: string) =>
    (await machine.deploy([program('server', [machine.file('a', content)])]))[0]!;
  await write('version 1');
  await write('version 2');
  assert.equal(stored(), 2);
  assert.equal((await write('version 1')).bytes, 0);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/a'), 'utf8'), 'version 1');
  await write('version 3');
  assert.equal(stored(), 2);
  assert.equal((await write('version 2')).bytes, 9);
});

test('a change of the executable bit alone is carried over', async () => {
  await using machine = await startMachine();
  const deploy = () => machine.deploy([program('server', [join(machine.host, 'run')])]);
  machine.file('run', 'x', 0o644);
  await deploy();
  machine.file('run', 'x', 0o755);
  await deploy();
  assert.equal(statSync(join(machine.home, 'lab/tp1/server/run')).mode & 0o100, 0o100);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['run']);
});

test('names with spaces, quotes, backslashes, dashes and letters of all alphabets arrive as they are', async () => {
  await using machine = await startMachine();
  const names = ['-rf', 'two words ', "it's", 'say "hi"', 'back\\slash', '$HOME `id`', 'été-日本', '*', '!x'];
  const programs = [
    program(
      'server',
      names.map((name) => machine.file(name, name)),
    ),
  ];
  await machine.deploy(programs);
  const folder = join(machine.home, 'lab/tp1/server');
  assert.deepEqual(readdirSync(folder).toSorted(), names.toSorted());
  for (const name of names) assert.equal(readFileSync(join(folder, name), 'utf8'), name);
  assert.equal((await machine.deploy(programs))[0]?.sent, 0);
});

test('an empty file and one of some megabytes arrive whole', async () => {
  await using machine = await startMachine();
  const large = 'line of text\n'.repeat(400_000);
  await machine.deploy([program('server', [machine.file('empty', ''), machine.file('large', large)])]);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/empty'), 'utf8'), '');
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/large'), 'utf8'), large);
  assert.ok(
    machine.events.some((event) => event.kind === 'step-progress' && /^vm1: .+ of 5\.2 MB$/.test(event.note)),
    'a large transfer is told while it goes on',
  );
});

test('a file that the program no longer has is removed, and its empty folders with it', async () => {
  await using machine = await startMachine();
  const [keep, lib] = [machine.file('keep', '1'), join(machine.host, 'lib')];
  machine.file('lib/deep/gone', '2');
  await machine.deploy([program('server', [keep, lib])]);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['keep', 'lib', 'lib/deep', 'lib/deep/gone']);
  await machine.deploy([program('server', [keep])]);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['keep']);
});

test('what was a folder may become a file', async () => {
  await using machine = await startMachine();
  machine.file('a/thing/inner', '1');
  await machine.deploy([program('server', [join(machine.host, 'a/thing')])]);
  await machine.deploy([program('server', [machine.file('b/thing', '2')])]);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/thing'), 'utf8'), '2');
});

test('only the programs that were asked for are deployed', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('a', '1')]), program('client', [machine.file('b', '2')])];
  const deployed = await machine.deploy(programs, { only: ['client'] });
  assert.deepEqual(
    deployed.map((item) => item.program.name),
    ['client'],
  );
  assert.deepEqual(tree(join(machine.home, 'lab/tp1')), ['client', 'client/b']);
});

test('a program without files has a folder to run in', async () => {
  await using machine = await startMachine();
  await machine.deploy([program('listener', [], { command: ['nc', '-l', '7999'] })]);
  assert.ok(existsSync(join(machine.home, 'lab/tp1/listener')));
  await machine.deploy([program('listener', [])]);
  assert.equal(machine.roundTrips(), 3);
});

test('stored content that was damaged on the machine is noticed and sent again', async () => {
  await using machine = await startMachine();
  await machine.deploy([program('server', [machine.file('a', 'version 1')])]);
  await machine.deploy([program('server', [machine.file('a', 'version 2')])]);
  const store = join(machine.home, '.lab/cas');
  for (const name of readdirSync(store)) writeFileSync(join(store, name), 'damaged');
  const [deployed] = await machine.deploy([program('server', [machine.file('a', 'version 1')])]);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/a'), 'utf8'), 'version 1');
  assert.equal(deployed?.bytes, 9);
});

test('two labs that deploy to one account at the same time do not disturb each other', async () => {
  await using machine = await startMachine();
  const shells = await Promise.all([machine.reconnect(), machine.reconnect()]);
  const rounds = ['1', '2', '3', '4'];
  await Promise.all(
    shells.map(async (shell, number) => {
      for (const round of rounds) {
        await machine.deploy([program('server', [machine.file(`${number}/a`, `${number}-${round}`)])], {
          shell,
          labName: `lab${number}`,
        });
        assert.equal(readFileSync(join(machine.home, `lab/lab${number}/server/a`), 'utf8'), `${number}-${round}`);
      }
    }),
  );
  assert.deepEqual(tree(join(machine.home, '.lab/incoming')), []);
});

test('a folder is sent with what is in it; what changes in it is sent again, what is gone there goes here', async () => {
  await using machine = await startMachine();
  machine.file('www/index.html', 'one');
  machine.file('www/css/site.css', 'two');
  const server = program('server', [machine.file('server.py', 'x'), join(machine.host, 'www')]);
  await machine.deploy([server]);
  const folder = join(machine.home, 'lab/tp1/server');
  assert.deepEqual(tree(folder), ['server.py', 'www', 'www/css', 'www/css/site.css', 'www/index.html']);
  rmSync(join(machine.host, 'www/css'), { recursive: true });
  machine.file('www/index.html', 'three');
  machine.file('www/img/logo', 'four');
  const [deployed] = await machine.deploy([server]);
  assert.deepEqual([deployed?.sent, deployed?.skipped, deployed?.bytes], [2, 1, 9]);
  assert.deepEqual(tree(folder), ['server.py', 'www', 'www/img', 'www/img/logo', 'www/index.html']);
  assert.equal(readFileSync(join(folder, 'www/index.html'), 'utf8'), 'three');
});

test('a folder that became a file, and a file that became a folder, take the place of what was there', async () => {
  await using machine = await startMachine();
  machine.file('a/x', '1');
  const server = program('server', [join(machine.host, 'a'), machine.file('b', '2')]);
  await machine.deploy([server]);
  for (const name of ['a', 'b']) rmSync(join(machine.host, name), { recursive: true });
  machine.file('a', '3');
  machine.file('b/y', '4');
  await machine.deploy([server]);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['a', 'b', 'b/y']);
});

test('a program may have 2,000 files, however few a process may open, and no more', async () => {
  await using machine = await startMachine();
  for (let count = 0; count < 2000; count++) machine.file(`data/${count % 7}/${count}`, `content ${count}`);
  const server = program('server', [join(machine.host, 'data')]);
  const [deployed] = await machine.deploy([server]);
  assert.equal(deployed?.sent, 2000);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/data/4/1999'), 'utf8'), 'content 1999');
  machine.file('data/more', '');
  await assert.rejects(machine.deploy([server]), {
    code: 'program-files-wrong',
    message: 'program server has 2001 files; a program may have 2000',
  });
});
