import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { replay } from '../../src/commands/runs/replay.ts';
import { runCli } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { onTerminal } from '../helpers/on-terminal.ts';
import { storedRun, storedRunId } from '../helpers/stored-run.ts';

describe('lab replay', () => {
  test('plays both terminals next to each other, on a screen that is gone afterwards', async () => {
    using run = storedRun();
    const { shown, exitCode } = await onTerminal(run.path, ['replay', '--speed', '20']);
    assert.equal(exitCode, 0);
    assert.match(shown, /^\x1b\[\?1049h\x1b\[\?25l/);
    const [played = '', after = ''] = shown.split('\x1b[?25h\x1b[?1049l');
    assert.match(played, /Listening \.\.\. +│/);
    assert.match(
      after,
      /^server · vm1  \(exit 0\) +│ client · vm2  \(exit 0\)\r\n[^]*from client 'Hello vm1' +│ client@vm2:7999\$ exit\r\n/,
    );
  });

  test('gives the terminal back when it is interrupted', async () => {
    using run = storedRun();
    const { shown, exitCode } = await onTerminal(run.path, ['replay', '--speed', '0.001'], {
      when: /Ctrl-C ends/,
      press: '\x03',
    });
    assert.equal(exitCode, 130);
    assert.match(shown, /\x1b\[\?25h\x1b\[\?1049l[^\x1b]*$/);
  });

  test('prints the last picture at once where there is no terminal', async () => {
    using run = storedRun();
    const { stdout, exitCode } = await runCli(['replay'], { cwd: run.path });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^server · vm1 {2}\(exit 0\) +│ client · vm2 {2}\(exit 0\)\n─+ │ ─+\nTP1 Server +│ TP1 CLI\n/);
    assert.doesNotMatch(stdout, /\x1b/);
  });

  test('draws nothing on a terminal that cannot show it', async () => {
    using run = storedRun();
    const { shown, exitCode } = await onTerminal(run.path, ['replay'], { term: 'dumb' });
    assert.equal(exitCode, 0);
    assert.match(shown, /^server · vm1 {2}\(exit 0\) +│ client · vm2 {2}\(exit 0\)\r\n/);
    assert.doesNotMatch(shown, /\x1b/);
  });

  test('slows down a run that was too short, and plays it as it was when asked to', async () => {
    using run = storedRun();
    const { context } = testContext(run.path);
    const [readable, real, slow] = await Promise.all(
      [undefined, 1, 0.1].map((speed) => replay(context, { run: storedRunId, speed, play: false })),
    );
    assert.ok(readable!.durationMs > 3000 && real!.durationMs < 1000, `${readable!.durationMs} ${real!.durationMs}`);
    assert.ok(Math.abs(slow!.durationMs - real!.durationMs * 10) < 1);
  });

  test('wants a speed above zero, and a run that is there', async () => {
    using run = storedRun();
    for (const speed of ['0', '-1', 'fast', '1e9']) {
      const { exitCode, stderr } = await runCli(['replay', `--speed=${speed}`], { cwd: run.path });
      assert.equal(exitCode, 2, stderr);
    }
    await assert.rejects(replay(testContext(run.path).context, { run: 'other', speed: 1, play: false }), {
      code: 'run-unknown',
    });
  });
});
