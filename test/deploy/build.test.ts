import assert from 'node:assert/strict';
import { existsSync, mkdtempDisposableSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckError } from '../../src/core/errors.ts';
import type { EventBody } from '../../src/core/events.ts';
import { buildPrograms } from '../../src/deploy/build/build-programs.ts';
import { removePrograms } from '../../src/deploy/remove-programs.ts';
import { labOf, program, startMachine, tree } from './fixtures/machine.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-build-'));

function run(
  folder: string,
  builds: Readonly<Record<string, readonly string[] | undefined>>,
  events: EventBody[] = [],
  signal = new AbortController().signal,
): Promise<ReadonlyMap<string, string>> {
  const programs = Object.entries(builds).map(([name, build]) => program(name, [], { build }));
  return buildPrograms(labOf('tp1', folder, programs), programs, {
    events: { emit: (event) => void events.push(event) },
    signal,
  });
}

test("a build runs in the lab's folder, and once for all programs that share it", async () => {
  using folder = temporaryFolder();
  const events: EventBody[] = [];
  const build = ['sh', '-c', 'echo built >> log'];
  await run(
    folder.path,
    { server: build, client: build, other: ['sh', '-c', 'echo other >> log'], plain: undefined },
    events,
  );
  assert.equal(readFileSync(join(folder.path, 'log'), 'utf8'), 'built\nother\n');
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'step-finished' ? [event.title] : [])),
    ['build server, client', 'build other'],
  );
});

test('a build has UTF-8 where the user has chosen no character set, and else what was chosen', async () => {
  const names = ['LC_ALL', 'LC_CTYPE', 'LANG'] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  const seen = async (chosen: Partial<Record<(typeof names)[number], string>>): Promise<string> => {
    using folder = temporaryFolder();
    for (const name of names) delete process.env[name];
    Object.assign(process.env, chosen);
    await run(folder.path, { server: ['sh', '-c', 'echo "$LC_ALL $LC_CTYPE $LANG" > said'] });
    return readFileSync(join(folder.path, 'said'), 'utf8').trim();
  };
  try {
    assert.equal(await seen({}), 'C.UTF-8');
    assert.equal(await seen({ LC_CTYPE: 'fr_FR.ISO-8859-1' }), 'fr_FR.ISO-8859-1');
    assert.equal(await seen({ LANG: 'C' }), 'C');
  } finally {
    for (const name of names) delete process.env[name];
    Object.assign(process.env, Object.fromEntries(before.filter(([, value]) => value !== undefined)));
  }
});

test('a build that fails is a failed check, with its command, its status and the end of its output', async () => {
  using folder = temporaryFolder();
  await assert.rejects(
    run(folder.path, { server: ['sh', '-c', 'seq 100; echo "main.c:1: error" >&2; exit 2'] }),
    (error: unknown) => {
      assert.ok(error instanceof CheckError);
      assert.equal(error.code, 'build-failed');
      assert.equal(
        error.message,
        `the build of server failed: sh -c 'seq 100; echo "main.c:1: error" >&2; exit 2' ended with status 2`,
      );
      assert.match(error.detail ?? '', /^… 61 lines before\n62\n(.+\n)+100\nmain\.c:1: error$/);
      assert.equal(error.hint, `Run it by hand in ${folder.path}, and correct what it complains about.`);
      return true;
    },
  );
});

test('what a build says though it succeeds is reported, once for all programs that it makes, and given back', async () => {
  using folder = temporaryFolder();
  const events: EventBody[] = [];
  const build = ['sh', '-c', 'echo compiling; echo "a.c:3:5: warning: unused variable" >&2'];
  const other = ['sh', '-c', 'echo "Compiling a v0.1" >&2'];
  const said = await run(folder.path, { server: build, client: build, other, quiet: ['echo', 'made'] }, events);
  assert.deepEqual(
    [...said],
    [
      ['server', 'a.c:3:5: warning: unused variable'],
      ['client', 'a.c:3:5: warning: unused variable'],
      ['other', 'Compiling a v0.1'],
    ],
  );
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'notice' ? [`${event.level} ${event.message}`] : [])),
    [
      'warning the build of server, client succeeded, and said:\na.c:3:5: warning: unused variable',
      'info the build of other succeeded, and said:\nCompiling a v0.1',
    ],
  );
});

test('a build command that does not exist is reported as such', async () => {
  using folder = temporaryFolder();
  await assert.rejects(run(folder.path, { server: ['lab-no-such-compiler'] }), { code: 'cannot-start', exitCode: 3 });
});

test('an interrupt ends a build', async () => {
  using folder = temporaryFolder();
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const building = run(folder.path, { server: ['sleep', '100'] }, [], controller.signal);
  controller.abort(reason);
  await assert.rejects(building, reason);
});

test('what a build makes is what is deployed', async () => {
  await using machine = await startMachine();
  const built = program('server', [join(machine.host, 'server')], { build: ['sh', '-c', 'echo made > server'] });
  await machine.deploy([built]);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/server'), 'utf8'), 'made\n');
});

test('a build whose result is a link that leads out is refused', async () => {
  await using machine = await startMachine();
  const secret = join(machine.home, 'private-key');
  writeFileSync(secret, 'SECRET');
  const server = program('server', [join(machine.host, 'client.py')], { build: ['ln', '-sf', secret, 'client.py'] });
  await assert.rejects(machine.deploy([server]), {
    code: 'program-file-outside',
    message: /^program server: .*client\.py leads out of the folder of the lab: it is .*private-key$/,
  });
  assert.equal(existsSync(join(machine.home, 'lab')), false);
});

/** A program that is made on the machine: `cat` as a compiler, which warns. */
const MAKE = 'cat source.txt lib/part.txt > made.txt && echo "source.txt: warning: dull" >&2 && echo done';

async function sources() {
  const machine = await startMachine();
  const files = [machine.file('source.txt', 'one\n'), machine.file('lib/part.txt', 'two\n')];
  const server = program('server', [files[0]!, join(machine.host, 'lib')], {
    build: ['sh', '-c', MAKE],
    buildOn: 'vm1',
  });
  const made = join(machine.home, 'lab/tp1/server/made.txt');
  return {
    machine,
    server,
    made,
    content: () => readFileSync(made, 'utf8'),
    built: () =>
      machine.events.filter((event) => event.kind === 'step-started' && event.title.startsWith('build')).length,
    notices: () => machine.events.flatMap((event) => (event.kind === 'notice' ? [event.message] : [])),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

test('a build on the machine runs there in the folder of the program; what it makes stays there', async () => {
  await using set = await sources();
  const { machine, server } = set;
  const [deployed] = await machine.deploy([server]);
  assert.equal(set.content(), 'one\ntwo\n');
  assert.ok(!existsSync(join(machine.host, 'made.txt')));
  assert.equal(deployed?.buildSaid, 'source.txt: warning: dull');
  assert.deepEqual(set.notices(), ['the build of server succeeded, and said:\nsource.txt: warning: dull']);
  assert.deepEqual(
    machine.events.flatMap((event) => (event.kind === 'step-finished' ? [event.title] : [])),
    ['put the programs there', 'build server on vm1'],
  );
});

test('it runs again only when a source, its command, or what it made is no longer the same', async () => {
  await using set = await sources();
  const { machine, server } = set;
  await machine.deploy([server]);
  const before = machine.roundTrips();
  const [again] = await machine.deploy([server]);
  assert.deepEqual([set.built(), machine.roundTrips() - before], [1, 1], 'one round trip when nothing changed');
  assert.equal(again?.buildSaid, 'source.txt: warning: dull', 'what it said is remembered');
  assert.equal(set.notices().length, 1, 'and not said twice');

  machine.file('lib/part.txt', 'three\n');
  await machine.deploy([server]);
  assert.deepEqual([set.built(), set.content()], [2, 'one\nthree\n']);

  await machine.deploy([{ ...server, build: ['sh', '-c', 'echo new > made.txt'] }]);
  assert.deepEqual([set.built(), set.content()], [3, 'new\n']);

  await machine.deploy([server]);
  rmSync(set.made);
  await machine.deploy([server]);
  assert.deepEqual([set.built(), set.content()], [5, 'one\nthree\n']);

  writeFileSync(join(machine.home, 'lab/tp1/server/source.txt'), 'edited there\n');
  await machine.deploy([server]);
  assert.deepEqual([set.built(), set.content()], [6, 'one\nthree\n'], 'built from what lab.yaml names');
});

test('a build on the machine that fails says so with its output, and is tried again', async () => {
  await using set = await sources();
  const { machine, server } = set;
  const failing = { ...server, build: ['sh', '-c', 'echo "source.txt:1: error: no" >&2; exit 2'] };
  for (let count = 0; count < 2; count++) {
    await assert.rejects(machine.deploy([failing]), (error: unknown) => {
      assert.ok(error instanceof CheckError);
      assert.match(error.message, /^the build of server on vm1 failed: sh -c .* ended with status 2$/);
      assert.equal(error.detail, 'source.txt:1: error: no');
      assert.match(error.hint ?? '', /By hand: lab exec vm1 -- sh -c 'cd lab\/tp1\/server && sh -c /);
      return true;
    });
  }
  assert.equal(set.built(), 2);
  await assert.rejects(machine.deploy([{ ...server, build: ['lab-no-such-compiler', '-o'] }]), {
    code: 'build-failed',
    hint: /Look: lab exec vm1 -- which lab-no-such-compiler; .* build: \[lab-no-such-compiler, -o\]/,
  });
});

test('a build that changes one of its own sources is no edit of the user', async () => {
  await using set = await sources();
  const { machine, server } = set;
  const changing = { ...server, build: ['sh', '-c', 'echo more >> source.txt'] };
  for (let count = 0; count < 3; count++) {
    await machine.deploy([changing]);
    assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/source.txt'), 'utf8'), 'one\nmore\n');
  }
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['lib', 'lib/part.txt', 'source.txt']);
  assert.deepEqual(set.notices(), []);
});

test('what was built goes with the lab; what the user or the program added stays', async () => {
  await using set = await sources();
  const { machine, server } = set;
  await machine.deploy([server]);
  machine.file('lib/part.txt', 'three\n');
  await machine.deploy([server]);
  const signal = new AbortController().signal;
  assert.deepEqual(await removePrograms(machine.shell, 'tp1', signal), []);
  assert.ok(!existsSync(join(machine.home, 'lab')));
  await machine.deploy([server]);
  writeFileSync(join(machine.home, 'lab/tp1/server/got.jpg'), 'x');
  assert.match((await removePrograms(machine.shell, 'tp1', signal)).join('\n'), /^~\/lab\/tp1\/server\/got\.jpg stays/);
});
