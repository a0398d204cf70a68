import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { intruderOnTheWay } from '../../src/host/files/intruder.ts';
import { cacheFolder, findCacheFolder, makeCacheFolder, makeTemporaryFolder } from '../../src/host/files/own-folder.ts';
import { findTool, toolsFolder } from '../../src/host/tools.ts';
import { cachedImages } from '../../src/providers/qemu/images/image-store.ts';
import { runCli } from '../helpers/cli.ts';
import { cannotBe, finish, ordinaryUser } from '../helpers/lab-command.ts';

/** Somebody who is neither root nor who runs the tests. */
const stranger = 4711;
const needsRoot = { skip: process.geteuid?.() !== 0 && 'only root can play another user' };
const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-own-'));

/** A folder that every user may write to and where each keeps what is his, as /tmp is. */
function shared(path: string): string {
  mkdirSync(path);
  chmodSync(path, 0o1777);
  return path;
}

function ofStranger(path: string, mode = 0o777): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  chownSync(path, stranger, stranger);
  return path;
}

/** What `work` gives with these variables of the environment; undefined removes one. */
function withEnv<T>(variables: Readonly<Record<string, string | undefined>>, work: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  setEnv(Object.entries(variables));
  try {
    return work();
  } finally {
    setEnv(before);
  }
}

function setEnv(variables: Iterable<readonly [string, string | undefined]>): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

describe('the way to a folder', () => {
  test('of this user alone, also through a shared folder and through links of the user, has no intruder', () => {
    using folder = temporaryFolder();
    const own = join(shared(join(folder.path, 'shared')), 'own');
    mkdirSync(join(own, 'sub'), { recursive: true });
    symlinkSync('shared/own', join(folder.path, 'relative'));
    symlinkSync(join(folder.path, 'relative'), join(folder.path, 'absolute'));
    for (const path of [own, join(own, 'not/yet/there'), join(folder.path, 'absolute/sub'), '/'])
      assert.equal(intruderOnTheWay(path), undefined, path);
  });

  test('is not safe below a folder where others may write', () => {
    using folder = temporaryFolder();
    const open = join(folder.path, 'open');
    mkdirSync(join(open, 'own'), { recursive: true });
    chmodSync(open, 0o777);
    symlinkSync('open/own', join(folder.path, 'link'));
    const expected = { path: open, why: 'can be changed by every user', isOurs: true };
    for (const path of [open, join(open, 'own'), join(open, 'new'), join(folder.path, 'link')])
      assert.deepEqual(intruderOnTheWay(path), expected, path);
  });

  test('is not safe where another user owns a folder or a link on it', needsRoot, () => {
    using folder = temporaryFolder();
    const common = shared(join(folder.path, 'shared'));
    mkdirSync(join(folder.path, 'own'));
    symlinkSync('../own', join(common, 'link'));
    lchownSync(join(common, 'link'), stranger, stranger);
    ofStranger(join(common, 'theirs'), 0o755);
    const why = `belongs to another user (user ID ${stranger})`;
    for (const name of ['link', 'theirs'])
      assert.deepEqual(intruderOnTheWay(join(common, name, 'sub')), { path: join(common, name), why, isOurs: false });
  });

  test('is not safe where a group may write that has other members; that of the user alone may', needsRoot, () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'group');
    mkdirSync(path);
    chmodSync(path, 0o775);
    chownSync(path, 0, stranger);
    assert.match(intruderOnTheWay(path)?.why ?? '', /a group of users \(group ID 4711\)/);
    chownSync(path, 0, 0);
    assert.equal(intruderOnTheWay(path), undefined);
  });

  test('that leads in a circle is reported as such', () => {
    using folder = temporaryFolder();
    symlinkSync('link', join(folder.path, 'link'));
    assert.match(intruderOnTheWay(join(folder.path, 'link'))?.why ?? '', /in a circle/);
  });
});

describe('the cache', () => {
  test('is made for its user alone, and one that others may enter is closed', () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, '.cache/lab'), { recursive: true, mode: 0o755 });
    const made = withEnv({ HOME: folder.path, XDG_CACHE_HOME: undefined }, () => makeCacheFolder('new'));
    assert.equal(made, join(folder.path, '.cache/lab/new'));
    for (const path of [made, dirname(made)]) assert.equal(statSync(path).mode & 0o777, 0o700, path);
  });

  test('a relative XDG_CACHE_HOME does not count, nor a HOME that is none', () => {
    using folder = temporaryFolder();
    assert.equal(withEnv({ HOME: folder.path, XDG_CACHE_HOME: 'cache' }, cacheFolder), join(folder.path, '.cache/lab'));
    const usual = withEnv({ HOME: undefined, XDG_CACHE_HOME: undefined }, findCacheFolder);
    writeFileSync(join(folder.path, 'file'), '');
    for (const HOME of ['', 'home', join(folder.path, 'missing'), join(folder.path, 'file')])
      assert.equal(withEnv({ HOME, XDG_CACHE_HOME: undefined }, findCacheFolder), usual, HOME);
  });

  test('one of another user is not used: neither its tools nor its images', needsRoot, () => {
    using folder = temporaryFolder();
    const XDG_CACHE_HOME = ofStranger(join(folder.path, 'cache'));
    for (const use of [cacheFolder, makeCacheFolder, toolsFolder, () => findTool('no-such-tool'), cachedImages]) {
      assert.throws(() => withEnv<unknown>({ XDG_CACHE_HOME }, use), {
        code: 'folder-not-own',
        hint: 'Unset XDG_CACHE_HOME, or let it name a folder that only you can write to.',
      });
    }
    assert.deepEqual(readdirSync(XDG_CACHE_HOME), []);
  });

  test('with the HOME of another user, that of the account is taken', needsRoot, () => {
    using folder = temporaryFolder();
    const usual = withEnv({ HOME: undefined, XDG_CACHE_HOME: undefined }, cacheFolder);
    assert.equal(
      withEnv({ HOME: ofStranger(join(folder.path, 'home'), 0o755), XDG_CACHE_HOME: undefined }, cacheFolder),
      usual,
    );
  });

  test('folders in it that another user planted are not used', needsRoot, () => {
    using folder = temporaryFolder();
    const variables = { HOME: folder.path, XDG_CACHE_HOME: undefined };
    for (const name of ['tools', 'images', 'compiled']) ofStranger(join(folder.path, '.cache/lab', name));
    for (const use of [toolsFolder, cachedImages, () => makeCacheFolder('compiled')])
      assert.throws(() => withEnv<unknown>(variables, use), { code: 'folder-not-own' });
  });
});

describe('temporary files', () => {
  test('lie in TMPDIR, in a folder that only this user may enter', () => {
    using folder = temporaryFolder();
    const made = withEnv({ TMPDIR: folder.path }, () => makeTemporaryFolder('test'));
    assert.equal(dirname(made), folder.path);
    assert.equal(statSync(made).mode & 0o777, 0o700);
  });

  test('lie in /tmp where TMPDIR is missing, relative, or open to others', () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o777);
    for (const TMPDIR of [folder.path, join(folder.path, 'missing'), 'tmp', '']) {
      const made = withEnv({ TMPDIR }, () => makeTemporaryFolder('test'));
      rmSync(made, { recursive: true });
      assert.equal(dirname(made), '/tmp', TMPDIR);
    }
  });
});

describe('compiled code that another user planted', { skip: needsRoot.skip || cannotBe('ordinary') }, () => {
  test('is not run by root, who has a place of its own for that', async () => {
    using folder = temporaryFolder();
    const tmp = shared(join(folder.path, 'tmp'));
    const planted = ofStranger(join(tmp, 'node-compile-cache'));
    mkdirSync(join(folder.path, 'home'));
    await runCli(['help'], {
      cwd: folder.path,
      env: { TMPDIR: tmp, HOME: join(folder.path, 'home'), XDG_CACHE_HOME: '', NODE_COMPILE_CACHE: '' },
    });
    assert.deepEqual(readdirSync(planted), []);
    const kept = join(folder.path, 'home/.cache/lab/compiled');
    assert.equal(statSync(kept).mode & 0o777, 0o700);
    assert.notDeepEqual(readdirSync(kept), []);
  });

  test('is not run by an ordinary user, wherever it was planted and whatever the environment says', async () => {
    const folders = '$home/tmp/node-compile-cache $home/.cache/lab/compiled $home/theirs';
    const plant = `mkdir -p $home/tmp ${folders}; chmod 1777 $home/tmp; chmod 777 ${folders}; chown -R ${stranger} ${folders} $home/.cache`;
    await using user = ordinaryUser([], { host: [plant] });
    const theirs = join(user.folder, 'theirs');
    for (const more of [['-u', 'XDG_CACHE_HOME'], [`XDG_CACHE_HOME=${theirs}`], [`NODE_COMPILE_CACHE=${theirs}`]]) {
      const { stdout, stderr } = await finish(
        user.command(['env', ...more, `TMPDIR=${join(user.folder, 'tmp')}`, user.executable, 'status']),
      );
      assert.match(stdout, /not up/, stderr);
    }
    for (const path of ['tmp/node-compile-cache', '.cache/lab/compiled', 'theirs'])
      assert.deepEqual(readdirSync(join(user.folder, path)), [], path);
  });
});
