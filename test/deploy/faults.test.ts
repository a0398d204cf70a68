import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConnectionError, EnvironmentError } from '../../src/core/errors.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { isRoot } from '../helpers/ssh/sshd.ts';
import { program, startMachine, tree } from './fixtures/machine.ts';

const megabytes = (count: number): string => 'x'.repeat(count * 1_000_000);

test('a connection that is lost in mid-upload is reported as such; the next try completes it and leaves nothing of the first', async () => {
  await using machine = await startMachine();
  const files = [machine.file('small', 'old')];
  await machine.deploy([program('server', files)]);
  files.push(machine.file('large', megabytes(8)));
  machine.file('small', 'new');
  let isCut = false;
  const cutOnce = (): void => {
    if (!isCut) machine.cut();
    isCut = true;
  };
  const broken = machine.deploy([program('server', files)], {
    events: { emit: (event) => (event.kind === 'step-progress' ? cutOnce() : undefined) },
  });
  await assert.rejects(broken, ConnectionError);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/small'), 'utf8'), 'old');
  const [deployed] = await machine.deploy([program('server', files)], { shell: await machine.reconnect() });
  assert.equal(deployed?.sent, 2);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['large', 'small']);
  // The first try may take a moment to notice that it is alone.
  const left = () => readdirSync(join(machine.home, '.lab/incoming'));
  await retryUntil(() => (left().length === 0 ? { value: true } : { seen: left().join(' ') }), {
    what: 'the first try to clean up',
    timeoutMs: 5000,
  });
});

test('a deployment that is interrupted stops, and the next one completes it', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('large', megabytes(8))])];
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const stopped = machine.deploy(programs, {
    signal: controller.signal,
    events: { emit: (event) => (event.kind === 'step-progress' ? controller.abort(reason) : undefined) },
  });
  await assert.rejects(stopped, reason);
  assert.ok(!existsSync(join(machine.home, 'lab/tp1/server/large')));
  await machine.deploy(programs);
  assert.deepEqual(tree(join(machine.home, 'lab/tp1/server')), ['large']);
});

test('what a killed deployment left is removed by the next', async () => {
  await using machine = await startMachine();
  mkdirSync(join(machine.home, '.lab/incoming/999999999/blobs'), { recursive: true });
  await machine.deploy([program('server', [machine.file('a', '1')])]);
  assert.deepEqual(readdirSync(join(machine.home, '.lab/incoming')), []);
});

test('a file that is written to while it is sent is reported as such, and the old one stays', async () => {
  await using machine = await startMachine();
  const programs = [program('server', [machine.file('a', 'old')])];
  await machine.deploy(programs);
  machine.file('a', 'new');
  const changing = machine.deploy(programs, {
    events: { emit: ({ kind }) => (kind === 'step-started' ? void machine.file('a', 'New') : undefined) },
  });
  await assert.rejects(changing, {
    code: 'program-file-changed',
    message: `${machine.host}/a was changed while it was sent`,
  });
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/a'), 'utf8'), 'old');
  await machine.deploy(programs);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/a'), 'utf8'), 'New');
});

test('too little space is reported before anything is sent, and the old files stay', async () => {
  await using machine = await startMachine();
  await machine.deploy([program('server', [machine.file('a', 'old')])]);
  machine.addTool(
    'df',
    'echo "Filesystem 1024-blocks Used Available Capacity Mounted"; echo "/dev/sda1 1000 0 300 99% /"',
  );
  await assert.rejects(machine.deploy([program('server', [machine.file('a', megabytes(1))])]), (error: unknown) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(error.message, 'vm1: the disk is full; the programs there are as they were');
    assert.equal(error.detail, `${machine.home} has 307 kB free, 1.26 MB are needed`);
    assert.equal(error.hint, "What takes the space there: lab ssh vm1 'du -ahx ~ | sort -h | tail'.");
    return true;
  });
  assert.equal(machine.roundTrips(), 3);
  assert.equal(readFileSync(join(machine.home, 'lab/tp1/server/a'), 'utf8'), 'old');
});

test(
  'a file needs its own size and no more where the disk is small, and goes back to what it was',
  { skip: !isRoot && 'only root can give the machine a small disk' },
  async () => {
    await using machine = await startMachine({ mount: 'mount -t tmpfs -o size=5m tmpfs "$HOME"' });
    const deploy = (content: string) =>
      machine.deploy([
        program('server', [
          machine.file('large', content),
          machine.file('same', content.slice(0, 1000)),
          machine.file('again/run', content.slice(0, 1000), 0o755),
        ]),
      ]);
    await deploy(`1${megabytes(3)}`);
    const look = async () =>
      (
        await machine.shell.exec({
          script: 'cd; ls .lab/incoming; ls -ln lab/tp1/server; cut -c 1 lab/tp1/server/large',
        })
      ).stdout;
    // The time of day stands only beside files that are not old.
    assert.match(
      await look(),
      /^total \d+\n-rw-r--r-- .* 3000001 \w+ +\d+ \d\d:\d\d large\n-rwxr-xr-x .* 1000 .* run\n-rw-r--r-- .* 1000 .* same\n1\n$/,
    );
    const [again] = await deploy(`1${megabytes(3)}`);
    assert.deepEqual([again?.sent, again?.bytes], [0, 0]);
    await deploy('2');
    await deploy(`3${megabytes(3)}`);
    assert.match(await look(), /3000001 .* large\n.*\n.*\n3\n$/);
  },
);

test(
  'a disk that fills up while we write is reported as such, and the old files stay',
  { skip: !isRoot && 'only root can give the machine a small disk' },
  async () => {
    await using machine = await startMachine({ mount: 'mount -t tmpfs -o size=600k tmpfs "$HOME"' });
    machine.addTool('df', 'exit 1');
    await machine.deploy([program('server', [machine.file('a', 'old')])]);
    for (const content of [megabytes(2), 'x'.repeat(400_000)]) {
      await assert.rejects(machine.deploy([program('server', [machine.file('a', content)])]), (error: unknown) => {
        assert.ok(error instanceof EnvironmentError);
        assert.equal(error.code, 'machine-disk-full');
        assert.match(error.detail ?? '', /No space left on device/);
        return true;
      });
      const { stdout } = await machine.shell.exec({
        script: 'cd; cat lab/tp1/server/a; ls .lab/incoming; ls -A lab/tp1/server',
      });
      assert.equal(stdout, 'olda\n');
    }
  },
);

test('a home folder that may not be written to is reported as such', async () => {
  const readOnly = 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME"';
  await using machine = await startMachine({ mount: isRoot ? readOnly : undefined });
  if (!isRoot) chmodSync(machine.home, 0o500);
  await assert.rejects(machine.deploy([program('server', [machine.file('a', '1')])]), (error: unknown) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(error.code, 'machine-no-right');
    assert.equal(error.message, 'vm1: no right to write ~/.lab; the programs there are as they were');
    return true;
  });
  if (!isRoot) chmodSync(machine.home, 0o700);
});

test('a machine without tar is reported with what it lacks', async () => {
  await using machine = await startMachine();
  machine.removeTool('tar');
  await assert.rejects(machine.deploy([program('server', [machine.file('a', '1')])]), {
    code: 'machine-tool-missing',
    message: 'vm1 lacks tar, without which no program can be put there',
  });
});

test('a machine without a home folder is reported as such', async () => {
  await using machine = await startMachine();
  await assert.rejects(
    machine.deploy([program('server', [machine.file('a', '1')])], {
      shell: await machine.reconnect(`${machine.home}/none`),
    }),
    { code: 'deploy-survey-failed', message: `vm1: cannot look at the home folder of ${machine.shell.user}` },
  );
});
