import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { storedRuns } from '../../src/commands/runs/runs.ts';
import { report } from '../../src/commands/runs/report.ts';
import { up } from '../../src/commands/lab/up.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import type { RunDocument } from '../../src/report/run/run-summary.ts';
import { mainFile, runCli, startCli } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { canMount } from '../state/fixtures/private-disk.ts';

const lab = `version: 1
name: broken
networks: { net: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
programs:
  ticker: { on: vm1, command: [sh, -c, 'while :; do echo tick; sleep 0.02; done'] }
  flood: { on: vm1, command: [sh, -c, 'echo the beginning; yes "all work and no play makes Jack a dull boy" | head -n 60000; echo the end; read -r answer; echo "<$answer>"'] }
scenarios:
  endless: [ { start: ticker }, { expect: { ticker: NEVER }, timeout: 60s } ]
  flood: [ { start: flood }, { expect: { flood: the end }, timeout: 60s }, { send: { flood: hello } }, { expect: { flood: <hello> } }, { exit: { flood: 0 } } ]
`;

interface Result {
  readonly name: string;
  readonly path: string;
  readonly document: RunDocument;
}

/** The run that was stored last. */
function latest(folder: string): Result {
  const path = join(folder, '.lab/runs/latest');
  return {
    name: readFileSync(join(folder, '.lab/runs/order'), 'utf8').trim().split('\n').at(-1)!,
    path,
    document: JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')) as RunDocument,
  };
}

/** Resolves when the program of the run has printed something. */
async function ticking(child: ChildProcess): Promise<void> {
  let shown = '';
  for await (const piece of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false }))
    if ((shown += String(piece)).includes('tick')) return;
  throw new Error(`the run ended: ${shown}`);
}

const skip = await cannotMakeMachines();

describe('a run that does not come to its end', { skip }, () => {
  const folder = labFolder({ 'lab.yaml': lab });
  before(() => up(testContext(folder.path).context, { recreate: false }));
  after(() => folder[Symbol.asyncDispose]());

  test('because its terminal went away was interrupted, is stored, and ends with 143', async () => {
    const command = quoteCommand([
      'sh',
      '-c',
      `trap : HUP; ${quoteCommand([process.execPath, mainFile, 'run', 'endless'])}; echo $? >code.tmp; mv code.tmp code`,
    ]);
    const terminal = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], {
      cwd: folder.path,
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await ticking(terminal);
    process.kill(terminal.pid!, 'SIGKILL');
    const code = join(folder.path, 'code');
    await retryUntil(() => (existsSync(code) ? { value: true } : { seen: 'nothing' }), {
      what: 'the exit code',
      timeoutMs: 30_000,
    });
    assert.equal(readFileSync(code, 'utf8'), '143\n');
    assert.equal(latest(folder.path).document.result, 'interrupted');
    assert.ok(!existsSync(join(folder.path, '.lab/lock')));
  });

  test('because nobody reads what it prints any more was interrupted, too', async () => {
    const child = startCli(['run', 'endless'], { cwd: folder.path });
    await ticking(child);
    child.stdout!.destroy();
    child.stderr!.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.deepEqual([code, latest(folder.path).document.result], [143, 'interrupted']);
  });

  test('because lab was killed broke off, in the list and in the report; the next one is played', async () => {
    const child = startCli(['run', 'endless'], { cwd: folder.path });
    await ticking(child);
    const running = await storedRuns(testContext(folder.path).context);
    assert.deepEqual([running.runs[0]?.result, running.runs[0]?.scenario], ['running', 'endless']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { name } = latest(folder.path);
    const { stdout } = await runCli(['logs', '--list'], { cwd: folder.path });
    assert.match(stdout, new RegExp(String.raw`^${name} +[\d-]+ [\d:]+ +endless +broken off`, 'm'));
    const { file } = await report(testContext(folder.path).context, {
      run: name,
      language: 'en',
      format: 'json',
      output: undefined,
    });
    const { run } = JSON.parse(readFileSync(file!, 'utf8')) as { run: RunDocument };
    assert.equal(run.result, 'broken');
    assert.match(run.reason ?? '', /^lab was ended before the run was: its process \d+ is gone$/);
    assert.equal((await runCli(['run', 'flood'], { cwd: folder.path })).exitCode, 0);
  });

  test('because a program prints without end still is played to its end, within its room', async () => {
    const { exitCode, stdout, stderr } = await runCli(['run', 'flood', '--max-output', '100K'], { cwd: folder.path });
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^! flood prints more than is stored of a program \(100 KiB, in all files of the run\)/m);
    assert.equal(stderr.match(/prints more than is stored/g)!.length, 1);
    // All of it is shown, the repeated line once for all.
    assert.match(stdout, /… the same line 59980 times more\n[^]*│ the end\n/);
    const { document, path } = latest(folder.path);
    const [role] = document.roles;
    assert.deepEqual(
      [document.result, document.maxOutputBytes, (role?.omittedBytes ?? 0) > 2_000_000],
      ['passed', 102_400, true],
    );
    const log = readFileSync(join(path, 'flood.log'), 'utf8');
    assert.match(log, /^the beginning\n[^]*\n\[2\.\d MiB of output are not stored\]\n[^]*the end\nhello\n<hello>\n$/);
    const bytes = readdirSync(path)
      .filter((file) => file !== 'run.json')
      .reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
    assert.ok(bytes <= 102_400 + 8192, `${bytes}`);
    await report(testContext(folder.path).context, { run: undefined, language: 'fr', format: 'md', output: undefined });
    assert.match(readFileSync(join(path, 'report.md'), 'utf8'), /a affiché plus que la place prévue.{1,3}2/);
  });
});

const cannotFill =
  skip ||
  (process.getuid?.() !== 0 && 'this needs root: a mount for a lab') ||
  (!canMount && 'this needs a mount namespace');

describe('a run on a disk that gets full', { skip: cannotFill }, () => {
  test('is broken, exits 3 with the reason, and has its record; when there is room again, all is well', async () => {
    await using folder = labFolder({ 'lab.yaml': lab });
    const cli = quoteCommand([process.execPath, mainFile]);
    const script = `mount --make-rprivate / && mount -t tmpfs -o size=3m tmpfs "$PWD/disk" && cp lab.yaml disk && cd disk && trap '${cli} down >&2' EXIT
      ${cli} up >&2 && { ${cli} run flood --max-output 1G --json >../result 2>../errors; echo $? >../code; ${cli} logs --list >../list; cp .lab/runs/latest/run.json ..
      rm -r .lab/runs/2*; ${cli} run flood --max-output 100K >&2; echo $? >../after; }`;
    execFileSync('mkdir', [join(folder.path, 'disk')]);
    execFileSync('unshare', ['--mount', 'sh', '-c', script], {
      cwd: folder.path,
      stdio: ['ignore', 'inherit', 'ignore'],
      timeout: 120_000,
    });
    const read = (name: string): string => readFileSync(join(folder.path, name), 'utf8');
    const { result, firstFailure } = JSON.parse(read('result')) as {
      result: string;
      firstFailure: { incomplete: boolean; play: { error: { code: string } } };
    };
    assert.deepEqual(
      [read('code'), result, firstFailure.incomplete, firstFailure.play.error.code],
      ['3\n', 'broken', true, 'disk-full'],
    );
    const document = JSON.parse(read('run.json')) as RunDocument;
    assert.equal(document.result, 'broken');
    assert.match(document.reason ?? '', /^cannot write .*: the disk is full$/);
    assert.match(read('list'), /flood +broken off/);
    assert.equal(read('after'), '0\n');
  });
});
