import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../helpers/cli.ts';
import { repository } from '../helpers/lab-command.ts';

const signalsFile = join(repository, 'src/cli/signals.ts');

/** A process that reacts to signals as lab does, and whose work then takes its time to clean up. */
async function startProcess(
  cleanup: string,
): Promise<{
  readonly pid: number;
  readonly end: () => Promise<{ code: number | null; endedBy: NodeJS.Signals | null; stderr: string }>;
}> {
  const script = `
    import { open } from 'node:fs/promises';
    import { endInterrupted, interruption } from ${JSON.stringify(signalsFile)};
    const signal = interruption();
    const alive = setInterval(() => {}, 1000);
    signal.addEventListener('abort', async () => { ${cleanup} clearInterval(alive); process.exit(signal.reason.exitCode); });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = text(child.stderr);
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await once(child.stdout, 'data');
  child.stdout.resume();
  return {
    pid: child.pid!,
    end: async () => ({ code: (await closed)[0], endedBy: (await closed)[1], stderr: await errors }),
  };
}

describe('signals', { concurrency: true }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const) {
    test(`${signal} lets clean-up run, then exits ${code}`, async () => {
      const { pid, end } = await startProcess(`process.stderr.write('cleaned\\n');`);
      process.kill(pid, signal);
      const { code: exitCode, stderr } = await end();
      assert.equal(exitCode, code);
      assert.match(stderr, /cleaning up.*\ncleaned\n$/);
    });
  }

  test('a second signal ends clean-up that hangs', async () => {
    const { pid, end } = await startProcess(
      `console.error('hanging'); process.kill(process.pid, 'SIGINT'); await new Promise(() => {});`,
    );
    process.kill(pid, 'SIGINT');
    const { code, stderr } = await end();
    assert.equal(code, 130);
    assert.match(stderr, /stopped before clean-up was done; "lab down" removes what is left\.\n$/);
  });

  test('a system call that never returns does not keep the process', async () => {
    using folder = temporaryFolder();
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const hang = `open(${JSON.stringify(pipe)}).catch(() => {});`;
    const [inCleanup, atEnd] = await Promise.all([
      startProcess(
        `${hang} console.error('hanging'); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50); await new Promise(() => {});`,
      ),
      startProcess(`${hang} await endInterrupted(signal.reason);`),
    ]);
    process.kill(inCleanup.pid, 'SIGTERM');
    process.kill(atEnd.pid, 'SIGINT');
    assert.equal((await inCleanup.end()).endedBy, 'SIGTERM');
    assert.equal((await atEnd.end()).endedBy, 'SIGINT');
  });

  test('a terminal that goes away is reported more than once, and that ends no clean-up', async () => {
    const { pid, end } = await startProcess(
      `process.kill(process.pid, 'SIGHUP'); setImmediate(() => setTimeout(() => { process.stderr.write('cleaned\\n'); process.exit(143); }, 50)); await new Promise(() => {});`,
    );
    process.kill(pid, 'SIGHUP');
    const { code, stderr } = await end();
    assert.equal(code, 143);
    assert.match(stderr, /cleaning up.*\ncleaned\n$/);
  });

  test('clean-up that hangs is left after five seconds', async () => {
    const { pid, end } = await startProcess(`await new Promise(() => {});`);
    const started = performance.now();
    process.kill(pid, 'SIGTERM');
    const { code, stderr } = await end();
    assert.equal(code, 143);
    assert.match(stderr, /clean-up takes too long; "lab down" removes what is left\.\n$/);
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds > 4.5 && seconds < 7, `${seconds} s`);
  });
});
