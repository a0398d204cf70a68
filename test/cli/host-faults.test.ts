import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { explainSystemError } from '../../src/host/system-error.ts';
import { mainFile, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { cannotBe, finish, ordinaryUser, repository } from '../helpers/lab-command.ts';

const needsRoot = {
  skip: process.geteuid?.() !== 0 && 'only root can give a process a user ID without an account, or take /proc away',
};

/** What lab says after these lines of a shell; `$lab` is how it is called. */
function afterLines(
  lines: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('/bin/sh', ['-c', `lab='${process.execPath} ${mainFile}'; ${lines}`], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
}

test('a shell whose folder was removed is told so, with the next step', () => {
  using folder = temporaryFolder({ 'lab.yaml': smallLab });
  mkdirSync(join(folder.path, 'gone'));
  const { status, stderr } = afterLines('cd gone && rmdir ../gone && exec $lab status', folder.path);
  assert.equal(status, 3);
  assert.match(
    stderr,
    /^error: the folder that this shell stands in was removed\nhint: Go to one that is there, for example: cd ~\n$/m,
  );
});

for (const HOME of [undefined, '/etc/passwd']) {
  test(`lab looks at the lab and the host with HOME ${HOME ?? 'unset'}, no PATH and a TMPDIR that is not there`, () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const lines = `unset PATH XDG_CACHE_HOME HOME; ${HOME === undefined ? '' : `export HOME='${HOME}';`} $lab validate && exec $lab status`;
    const { status, stdout, stderr } = afterLines(lines, folder.path, { TMPDIR: join(folder.path, 'missing') });
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /No problems.*not up/s);
  });
}

test('too few open files are a limit of the host, and the limit is named', () => {
  using folder = temporaryFolder({ 'lab.yaml': smallLab });
  const code = `
    import { openSync } from 'node:fs';
    import { describeFailure } from '${repository}/src/cli/show/show-failure.ts';
    try { for (;;) openSync('/dev/null'); } catch (error) { console.log(JSON.stringify(describeFailure(error, { style: (_, text) => text, verbose: false }))); }
  `;
  writeFileSync(join(folder.path, 'open.mts'), code);
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', `ulimit -n 64; exec ${process.execPath} open.mts`], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  const { exitCode, text } = JSON.parse(stdout || '{}') as { exitCode?: number; text?: string };
  assert.equal(exitCode, 3, stderr);
  assert.equal(
    text,
    'error: this shell lets a program open too few files at once (open /dev/null)\nhint: Raise that limit, then run the command again: ulimit -n 1024\n',
  );
});

test('a refusal of the system names what was refused; a bug of ours stays one', () => {
  assert.throws(
    () => openSync('/no/such/file', 'r'),
    (error: unknown) => explainSystemError(error) === undefined,
  );
  const refused = Object.assign(new Error('EROFS: read-only file system, open'), {
    code: 'EROFS',
    syscall: 'open',
    path: '/x',
  });
  assert.deepEqual(
    [explainSystemError(refused)?.message, explainSystemError(refused)?.exitCode],
    ['the file system is read-only (open /x)', 3],
  );
  assert.equal(explainSystemError(new TypeError('x is not a function')), undefined);
});

describe('for an ordinary user on an odd host', { skip: needsRoot.skip || cannotBe('ordinary') }, () => {
  test('a user ID without an account and without HOME is no bug of lab', async () => {
    await using user = ordinaryUser([], { host: ['umount /etc/passwd; ! grep -q "^[^:]*:[^:]*:$uid:" /etc/passwd'] });
    const unset = ['HOME', 'USER', 'LOGNAME', 'XDG_CACHE_HOME'].flatMap((name) => ['-u', name]);
    for (const words of [['doctor'], ['--provider', 'ssh', 'validate'], ['up'], ['images', 'list']]) {
      const { exitCode, stderr } = await finish(user.command(['env', ...unset, user.executable, ...words]));
      assert.ok(exitCode === 0 || exitCode === 3, `${words.join(' ')}: ${exitCode} ${stderr}`);
      assert.doesNotMatch(stderr, /fault of lab/);
    }
  });

  test('a host without /proc is told so where machines are looked for, and nothing is taken for gone', async () => {
    await using user = ordinaryUser([], { host: ['mount -t tmpfs none /proc'] });
    const { exitCode, stderr } = await user.lab('gc');
    assert.equal(exitCode, 3);
    assert.match(
      stderr,
      /^error: \/proc is not mounted on this host, and lab finds its machines there\nhint: Mount it: sudo mount -t proc proc \/proc\n$/,
    );
  });
});
