import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { retryUntil } from '../../src/core/time/retry.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { mainFile, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { storedRun } from '../helpers/stored-run.ts';

/** Runs `lab` with one of its outputs on a disk that is full. */
async function withFull(
  output: 'stdout' | 'stderr',
  args: readonly string[],
  cwd: string,
): Promise<{ readonly exitCode: number | null; readonly told: string }> {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '' },
    stdio: ['ignore', output === 'stdout' ? full : 'pipe', output === 'stderr' ? full : 'pipe'],
  });
  closeSync(full);
  const [told, [exitCode]] = await Promise.all([
    text((child.stdout ?? child.stderr)!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { exitCode, told };
}

describe('our own output', { concurrency: true, skip: process.platform !== 'linux' && 'this needs /dev/full' }, () => {
  for (const line of ['status', '--json status', 'logs', 'report --format md -o -', '--help']) {
    test(`on a full disk ends "lab ${line}" with one sentence and exit 3`, async () => {
      using run = storedRun({ labFile: smallLab });
      const { exitCode, told } = await withFull('stdout', line.split(' '), run.path);
      assert.deepEqual(
        [exitCode, told],
        [3, 'error: cannot write the output: the disk is full\nhint: Write it to another place.\n'],
      );
    });
  }

  test('for talk only, on a full disk, changes nothing', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    assert.deepEqual(await withFull('stderr', ['status'], folder.path), {
      exitCode: 0,
      told: 'This lab is not up. Run "lab up".\n',
    });
    assert.equal((await withFull('stderr', ['frobnicate'], folder.path)).exitCode, 2);
  });

  // A shell that is told so passes it on, some of them twice; without one, what is written cannot be.
  for (const { how, prefix, speed } of [
    { how: 'with the signal that says so', prefix: '', speed: '0.001' },
    { how: 'without a signal', prefix: 'setsid -w ', speed: '0.05' },
  ]) {
    test(`on a terminal that goes away ${how} ends the command in good order, with 143`, async () => {
      using run = storedRun();
      const result = join(run.path, 'result');
      const lab = quoteCommand([process.execPath, mainFile, 'replay', '--speed', speed]);
      const shell = quoteCommand([
        'sh',
        '-c',
        `${lab} 2>errors & p=$!; trap 'kill -s HUP $p; kill -s HUP $p' HUP; wait $p; r=$?; [ $r -ne 129 ] || { wait $p; r=$?; }; echo $r >${result}.tmp; mv ${result}.tmp ${result}`,
      ]);
      // Without its master a terminal is gone.
      const terminal = spawn('script', ['-qec', `exec ${prefix}${shell}`, '/dev/null'], {
        cwd: run.path,
        env: { ...process.env, TERM: 'xterm' },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const shown = terminal.stdout.setEncoding('utf8');
      for await (const piece of shown) if (String(piece).includes('Ctrl-C ends')) break;
      process.kill(terminal.pid!, 'SIGKILL');
      await retryUntil(() => (existsSync(result) ? { value: true } : { seen: 'nothing' }), {
        what: 'the exit code',
        timeoutMs: 20_000,
      });
      assert.equal(readFileSync(result, 'utf8'), '143\n', readFileSync(join(run.path, 'errors'), 'utf8'));
      assert.doesNotMatch(readFileSync(join(run.path, 'errors'), 'utf8'), /EIO|at .*:\d+:\d+/);
    });
  }
});
