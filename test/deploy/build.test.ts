import assert from 'node:assert/strict';
import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckError } from '../../src/core/errors.ts';
import type { EventBody } from '../../src/core/events.ts';
import { buildPrograms } from '../../src/deploy/build-programs.ts';
import { labOf, program, startMachine } from './fixtures/machine.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-build-'));

function run(
  folder: string,
  builds: Readonly<Record<string, readonly string[] | undefined>>,
  events: EventBody[] = [],
  signal = new AbortController().signal,
): Promise<void> {
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
