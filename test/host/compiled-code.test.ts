import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { repository } from '../helpers/lab-command.ts';

/** A file as the build writes it, and a cache of its own; each run is a process of its own, as each command is. */
function program(folder: string, body = 'module.exports = { answer: (n) => n * 2 };') {
  const file = join(folder, 'program.cjs');
  const write = (text: string): void =>
    writeFileSync(file, `(function (module, require, __dirname, __url) {${text}\n})`);
  const loader = pathToFileURL(join(repository, 'src/host/compiled-code.ts')).href;
  const script = `
    import { runCompiled } from ${JSON.stringify(loader)};
    const [, command, code] = process.argv;
    const { answer } = runCompiled(new URL(${JSON.stringify(pathToFileURL(file).href)}), command);
    process.stdout.write(String(answer(21)));
    process.exitCode = Number(code);`;
  const cache = join(folder, 'cache');
  write(body);
  const run = (command: string, exitCode = 0): string => {
    try {
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      return execFileSync(process.execPath, ['--input-type=module', '-e', script, command, String(exitCode)], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  const compiled = join(cache, 'lab/compiled');
  const builds = (): string[] => readdirSync(compiled).toSorted();
  const kept = (): string[] => builds().flatMap((build) => readdirSync(join(compiled, build)));
  return { compiled, write, run, builds, kept };
}

function folderOfTest() {
  return mkdtempDisposableSync(join(tmpdir(), 'lab-compiled-'));
}

test('each command keeps what was compiled for it, unless it was refused or interrupted', () => {
  using folder = folderOfTest();
  const { run, kept } = program(folder.path);
  assert.equal(run('up', 130), '42');
  assert.deepEqual(kept(), []);
  assert.equal(run('up', 1), '42');
  assert.deepEqual(kept(), ['up']);
});

test('what is kept is used by the next run, and compiled again when it was damaged', () => {
  using folder = folderOfTest();
  const { run, kept, builds, compiled } = program(folder.path);
  assert.equal(run('up'), '42');
  assert.equal(run('down', 1), '42');
  assert.deepEqual(kept().toSorted(), ['down', 'up']);

  const file = join(compiled, builds()[0]!, 'up');
  const whole = readFileSync(file);
  utimesSync(file, 0, 0);
  assert.equal(run('up'), '42');
  assert.equal(statSync(file).mtimeMs, 0, 'it is not written again');

  const damaged = Buffer.from(whole);
  damaged[whole.length >> 1]! ^= 0xff;
  for (const bytes of [damaged, whole.subarray(0, 40), Buffer.alloc(0)]) {
    writeFileSync(file, bytes);
    assert.equal(run('up'), '42');
    assert.ok(!readFileSync(file).equals(bytes), 'it is written again');
  }
});

test('another source of the same length is not run with the code of this one', () => {
  using folder = folderOfTest();
  const { run, write, builds } = program(folder.path);
  assert.equal(run('up'), '42');
  write('module.exports = { answer: (n) => n * 3 };');
  assert.equal(run('up'), '63');
  assert.equal(builds().length, 2);
});

test('two other builds are kept, and no more', () => {
  using folder = folderOfTest();
  const { run, compiled, builds } = program(folder.path);
  for (const [age, name] of ['newest', 'second', 'third', 'oldest'].entries()) {
    mkdirSync(join(compiled, name), { recursive: true, mode: 0o700 });
    const time = new Date(Date.now() - (age + 1) * 60_000);
    utimesSync(join(compiled, name), time, time);
  }
  run('up');
  const others = builds().filter((name) => /^[a-z]+$/.test(name));
  assert.deepEqual(others, ['newest', 'second']);
});

test('without a place of its own the program runs all the same', () => {
  using folder = folderOfTest();
  const { run, compiled } = program(folder.path);
  mkdirSync(join(folder.path, 'cache'), { mode: 0o700 });
  writeFileSync(join(folder.path, 'cache/lab'), 'in the way');
  assert.equal(run('up'), '42');
  assert.throws(() => readdirSync(compiled), { code: 'ENOTDIR' });
});
