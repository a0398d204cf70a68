import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile, utimes } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { LockedError } from '../../src/core/errors.ts';
import type { EventBody } from '../../src/core/events.ts';
import { acquireLock } from '../../src/state/lock/lock.ts';
import { currentProcess, tagOf } from '../../src/host/process-identity.ts';
import { keepSpares, removeSpares } from '../../src/state/runs/spares.ts';
import { deadHolder } from './fixtures/dead-holder.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-lock-'));

/** Takes the lock in another process, which holds it until it is killed. */
async function holdElsewhere(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fixture('hold.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('a lock that was released can be taken again, and leaves no file', async () => {
  using folder = temporaryFolder();
  const first = await acquireLock(folder.path, { command: 'lab up' });
  await first.release();
  await first.release();
  const second = await acquireLock(folder.path, { command: 'lab down' });
  await second.release();
  assert.deepEqual(readdirSync(folder.path), []);
});

test('whoever comes second is told who works on the lab, since when, and how to end it', async () => {
  using folder = temporaryFolder();
  const holder = await holdElsewhere(folder.path);
  try {
    await assert.rejects(acquireLock(folder.path, { command: 'lab down' }), (error: unknown) => {
      assert.ok(error instanceof LockedError);
      assert.equal(error.exitCode, 5);
      assert.match(
        error.message,
        new RegExp(
          `^another lab works on this lab: "lab up" \\(PID ${holder.pid}\\), since \\d\\d:\\d\\d:\\d\\d \\(.+ ago\\)$`,
        ),
      );
      assert.equal(error.hint, `Wait until it ends, or end it: kill ${holder.pid}`);
      return true;
    });
    assert.deepEqual(readdirSync(folder.path), ['lock'], 'the one who is refused leaves nothing');
  } finally {
    await kill(holder);
  }
});

test('a lock whose process was killed with kill -9 is taken over, and the user is told', async () => {
  using folder = temporaryFolder();
  const holder = await holdElsewhere(folder.path);
  await kill(holder);
  const events: EventBody[] = [];
  const lock = await acquireLock(folder.path, {
    command: 'lab down',
    events: { emit: (event) => void events.push(event) },
  });
  assert.equal(events.length, 1);
  const [notice] = events;
  assert.ok(notice?.kind === 'notice');
  assert.match(
    notice.message,
    new RegExp(
      `^took over the lock of "lab up" \\(PID ${holder.pid}\\), which started at .+ and ended without cleaning up$`,
    ),
  );
  assert.equal(JSON.parse(await readFile(join(folder.path, 'lock'), 'utf8')).pid, process.pid);
  await lock.release();
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a program that holds the locks of many labs has one listener for its end', async () => {
  using folder = temporaryFolder();
  const before = process.listenerCount('exit');
  const folders = Array.from({ length: 12 }, (_, index) => join(folder.path, `${index}`));
  for (const each of folders) mkdirSync(each);
  const locks = await Promise.all(folders.map((each) => acquireLock(each, { command: 'lab up' })));
  assert.equal(process.listenerCount('exit'), before + 1);
  await Promise.all(locks.map((lock) => lock.release()));
  assert.equal(process.listenerCount('exit'), before);
});

test('a process that exits without releasing releases its lock', async () => {
  using folder = temporaryFolder();
  const child = spawn(process.execPath, [fixture('hold.ts'), folder.path, 'exit'], { stdio: 'ignore' });
  assert.deepEqual(await once(child, 'exit'), [3, null]);
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a PID that another process has got since does not keep a lock alive', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'lock'), deadHolder('aa'));
  await (await acquireLock(folder.path, { command: 'lab up' })).release();
});

test('a lock of an earlier boot of this host is taken over, one of another host is not', async () => {
  using folder = temporaryFolder();
  const holder = {
    ...currentProcess(),
    bootId: 'earlier',
    token: 'aa',
    command: 'lab up',
    since: '2026-01-02T03:04:05Z',
  };
  writeFileSync(join(folder.path, 'lock'), JSON.stringify(holder));
  await (await acquireLock(folder.path, { command: 'lab up' })).release();

  writeFileSync(join(folder.path, 'lock'), JSON.stringify({ ...holder, host: `not-${hostname()}` }));
  await assert.rejects(acquireLock(folder.path, { command: 'lab up' }), (error: unknown) => {
    assert.ok(error instanceof LockedError);
    assert.match(error.message, new RegExp(`on host not-${hostname()}, since 2026-01-02 `));
    assert.equal(error.hint, `Wait until it ends. If that host is gone, remove ${join(folder.path, 'lock')}.`);
    return true;
  });
});

test('a lock file that a power cut left empty is taken over once it is too old to be in the making', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'lock');
  writeFileSync(path, '');
  await utimes(path, 1000, 1000);
  await (await acquireLock(folder.path, { command: 'lab up' })).release();
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a take-over whose process died in the middle is itself taken over, and its files are swept away', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'lock'), deadHolder('aa'));
  writeFileSync(join(folder.path, 'lock.aa.claim'), deadHolder('bb'));
  writeFileSync(join(folder.path, 'lock.aa.claim.bb.claim'), deadHolder('cc'));
  writeFileSync(join(folder.path, 'lock.dd.new'), deadHolder('dd'));
  const lock = await acquireLock(folder.path, { command: 'lab up' });
  assert.deepEqual(readdirSync(folder.path), ['lock']);
  await lock.release();
});

test('what a process left that died before it had the lock is swept away by the next; what a living one is making stays', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'lock.dd.new'), deadHolder('dd'));
  const living = `${JSON.stringify({ ...currentProcess(), token: 'ee', command: 'lab up', since: new Date().toISOString() })}\n`;
  writeFileSync(join(folder.path, 'lock.ee.new'), living);
  const lock = await acquireLock(folder.path, { command: 'lab down' });
  await lock.release();
  assert.deepEqual(readdirSync(folder.path), ['lock.ee.new']);
});

test('of drafts that are still empty those of processes that have ended are swept away', async () => {
  using folder = temporaryFolder();
  const ended = spawn('true');
  await once(ended, 'exit');
  const living = `lock.bb.${tagOf(currentProcess())}.new`;
  const elsewhere = `lock.cc.${tagOf({ ...currentProcess(), bootId: '01234567-89ab', pid: ended.pid! })}.new`;
  for (const name of [`lock.aa.${tagOf({ ...currentProcess(), pid: ended.pid! })}.new`, living, elsewhere])
    writeFileSync(join(folder.path, name), '');
  const lock = await acquireLock(folder.path, { command: 'lab down' });
  await lock.release();
  assert.deepEqual(readdirSync(folder.path), [living, elsewhere]);
});

test('a claim that was won after the lock had already been taken over does not throw out the new holder', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'lock');
  writeFileSync(path, deadHolder('aa'));
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => acquireLock(folder.path, { command: 'lab up' })),
  );
  const held = results.filter((result) => result.status === 'fulfilled');
  assert.equal(held.length, 1);
  for (const result of results)
    if (result.status === 'rejected') assert.ok(result.reason instanceof LockedError, String(result.reason));
  await held[0]!.value.release();
  assert.deepEqual(readdirSync(folder.path), []);
});

test('of many processes that take over dead locks again and again, two are never inside at once', async () => {
  using folder = temporaryFolder();
  const run = promisify(execFile);
  await Promise.all(
    Array.from({ length: 6 }, () => run(process.execPath, [fixture('contender.ts'), folder.path, '40'])),
  );
  const lock = await acquireLock(folder.path, { command: 'lab up' });
  assert.deepEqual(readdirSync(folder.path), ['lock']);
  await lock.release();
});

/** What has the name of a lock and is none, by what it is. */
const wrecks: Readonly<Record<string, (path: string) => void>> = {
  'a folder with something in it': (path) => mkdirSync(join(path, 'deeper'), { recursive: true }),
  'a FIFO, which nobody waits for': (path) => void execFileSync('mkfifo', [path]),
  'a link to a file': (path) => {
    writeFileSync(
      `${path}-target`,
      JSON.stringify({ ...currentProcess(), token: 'aa', command: 'lab up', since: new Date().toISOString() }),
    );
    symlinkSync(`${path}-target`, path);
  },
  'a link to nowhere': (path) => symlinkSync('nowhere', path),
  'an endless device': (path) => symlinkSync('/dev/zero', path),
  'a holder that is PID 1 and has no start time': (path) =>
    writeFileSync(
      path,
      JSON.stringify({
        pid: 1,
        token: 'aa',
        command: 'lab up',
        since: '2026-01-02T03:04:05Z',
        host: hostname(),
        bootId: currentProcess().bootId,
      }),
    ),
};

for (const [what, make] of Object.entries(wrecks)) {
  test(`a lock that is ${what} is taken over, and nothing of it is left`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'lock');
    make(path);
    const target = existsAsText(`${path}-target`);
    const lock = await acquireLock(folder.path, { command: 'lab down' });
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).pid, process.pid);
    await lock.release();
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name !== 'lock-target'),
      [],
    );
    assert.equal(existsAsText(`${path}-target`), target);
  });
}

for (const content of [
  'null',
  '7',
  '"lock"',
  '{"pid":-1,"token":"aa"}',
  '{"pid":1.5,"token":"aa","command":"x","since":"now","host":"h"}',
  '{"pid":1,"token":"../aa"}',
  '\0\0\0\0',
]) {
  test(`a lock that holds ${JSON.stringify(content)} is taken over once it is too old to be in the making`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'lock');
    writeFileSync(path, content);
    // Also when the clock was set back since.
    await utimes(path, 4_000_000_000, 4_000_000_000);
    await (await acquireLock(folder.path, { command: 'lab up' })).release();
    assert.deepEqual(readdirSync(folder.path), []);
  });
}

test('a lock that was copied along with its folder locks only the original; one that was moved along still locks', async () => {
  using folder = temporaryFolder();
  const [original, copy, moved] = ['original', 'copy', 'moved'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(original);
  const holder = await holdElsewhere(original);
  try {
    cpSync(original, copy, { recursive: true });
    await (await acquireLock(copy, { command: 'lab up' })).release();
    renameSync(original, moved);
    await assert.rejects(acquireLock(moved, { command: 'lab down' }), LockedError);
  } finally {
    await kill(holder);
  }
});

const fullDisks: Readonly<Record<string, { readonly size: string; readonly fill: string }>> = {
  'no block is left': { size: '256k', fill: 'cat /dev/zero > fill 2>/dev/null || true' },
  'no inode is left': { size: '1m,nr_inodes=30', fill: 'i=0; while touch "fill$i" 2>/dev/null; do i=$((i+1)); done' },
};

for (const [what, { size, fill }] of Object.entries(fullDisks)) {
  for (const [state, lock] of Object.entries({ 'was free': undefined, 'a dead process holds': deadHolder('aa') })) {
    test(
      `where ${what}, a lock that ${state} is taken with what was laid by`,
      { skip: !canMount && 'this host lets us mount nothing' },
      () => {
        using folder = temporaryFolder();
        const result = onPrivateDisk(
          folder.path,
          `
        const { acquireLock } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/state/lock/lock.ts'))});
        const { keepSpares } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/state/runs/spares.ts'))});
        const { execFileSync } = await import('node:child_process');
        const { readdirSync, readFileSync, writeFileSync } = await import('node:fs');
        await keepSpares(folder);
        ${lock === undefined ? '' : `writeFileSync(folder + '/lock', ${JSON.stringify(lock)});`}
        execFileSync('sh', ['-c', ${JSON.stringify(fill)}], { cwd: folder });
        const full = (() => { try { writeFileSync(folder + '/more', 'x'); return false; } catch (error) { return error.code; } })();
        const lock = await acquireLock(folder, { command: 'lab down' });
        const second = await acquireLock(folder, { command: 'lab up' }).catch((error) => error.code);
        const holder = JSON.parse(readFileSync(folder + '/lock', 'utf8')).pid === process.pid;
        await lock.release();
        return { full, second, holder, left: readdirSync(folder).filter((name) => name.startsWith('lock')) };
      `,
          { size },
        );
        assert.deepEqual(result, { full: 'ENOSPC', second: 'locked', holder: true, left: [] });
      },
    );
  }
}

test('spare files are laid by once, and gone when nobody needs them', async () => {
  using folder = temporaryFolder();
  await keepSpares(folder.path);
  const names = readdirSync(folder.path);
  await keepSpares(folder.path);
  assert.deepEqual(readdirSync(folder.path), names);
  await removeSpares(folder.path);
  assert.deepEqual(readdirSync(folder.path), []);
});

function existsAsText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
