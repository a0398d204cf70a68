import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  globSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureStateFolder } from '../../src/state/state-folder.ts';
import { callerOf, handBack } from '../../src/state/folder-owner.ts';
import { cannotBe, finish, ordinaryUser, repository, type Finished, type LabUser } from '../helpers/lab-command.ts';

const isRoot = process.geteuid?.() === 0;
const needsRoot = { skip: !isRoot && 'only root can play root and a user' };
const caller = { uid: 4711, gid: 4712 };

function ownerOf(path: string): number {
  return lstatSync(path).uid;
}

function ownersIn(folder: string): number[] {
  return [...new Set([folder, ...globSync('**/*', { cwd: folder }).map((name) => join(folder, name))].map(ownerOf))];
}

/** Works in a folder of the caller, as if sudo had been called by them; `lab` is where `.lab` belongs. */
async function withFolder(work: (lab: string, folder: string) => unknown): Promise<void> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-whose-'));
  const outer = [process.env['SUDO_UID'], process.env['SUDO_GID']];
  [process.env['SUDO_UID'], process.env['SUDO_GID']] = [String(caller.uid), String(caller.gid)];
  try {
    chownSync(folder.path, caller.uid, caller.gid);
    await work(join(folder.path, '.lab'), folder.path);
  } finally {
    for (const [index, name] of ['SUDO_UID', 'SUDO_GID'].entries()) {
      if (outer[index] === undefined) delete process.env[name];
      else process.env[name] = outer[index];
    }
  }
}

describe('of a lab', { skip: needsRoot.skip || cannotBe('ordinary') }, () => {
  let user: LabUser;
  let uid: number;
  before(() => {
    user = ordinaryUser();
    uid = statSync(user.folder).uid;
    const file = join(user.folder, 'lab.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('nat: true', 'nat: false'));
  });
  after(() => user[Symbol.asyncDispose]());

  /** As `sudo lab` or, without `env`, as a root who has nothing to do with that user. */
  const root = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
    finish(
      spawn(join(repository, 'scripts/lab'), words, {
        cwd: user.folder,
        env: { ...process.env, NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  const sudo = (...words: string[]): Promise<Finished> => root(words, { SUDO_UID: String(uid), SUDO_GID: String(uid) });

  test('that sudo brought up, its owner is told whose the machines are, and keeps the folder', async () => {
    const up = await sudo('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.deepEqual(ownersIn(join(user.folder, '.lab')), [uid]);
    for (const words of [['status'], ['ssh', 'vm1', 'true'], ['up'], ['down']]) {
      const { exitCode, stderr } = await user.lab(...words);
      assert.equal(exitCode, 3, words.join(' '));
      assert.match(
        stderr,
        /error: the machines of tp1 belong to root \(user ID 0\), who brought them up\nhint: Run it as root: sudo lab …\n$/,
      );
    }
    const down = await sudo('down');
    assert.match(down.stdout, /Lab tp1 is down/, down.stderr);
    assert.deepEqual(ownersIn(join(user.folder, '.lab')), [uid]);
  });

  test('that a user brought up, root is told whose it is, and how to go on', async () => {
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    const [looking, ending] = [await root(['status']), await sudo('down')];
    assert.match(
      looking.stderr,
      new RegExp(
        `^error: the machines of tp1 belong to another user \\(user ID ${uid}\\), who brought them up\nhint: Run it as that user: sudo -u '#${uid}' lab …\n$`,
      ),
    );
    assert.match(ending.stderr, /hint: Run it without sudo: lab …\n$/);
    assert.deepEqual([looking.exitCode, ending.exitCode], [3, 3]);
    const down = await user.lab('down');
    assert.match(down.stdout, /Lab tp1 is down/, down.stderr);
  });

  test('that another user prepared is not believed, nor is anything run that it says', async () => {
    const [lab, mark] = [join(user.folder, 'planted/.lab'), join(user.folder, 'planted/was-run')];
    mkdirSync(lab, { recursive: true });
    const route = {
      host: '127.0.0.1',
      port: 1,
      user: 'x',
      alias: 'x',
      jumps: [],
      keyFiles: [],
      knownHostsFiles: [],
      algorithms: {},
      proxyCommand: `touch ${mark}`,
    };
    const machine = { name: 'vm1', user: 'x', image: 'x', interfaces: [] };
    const state = {
      schemaVersion: 1,
      labId: 'planted',
      name: 'planted',
      provider: 'ssh',
      createdAt: '',
      fingerprint: '',
      networks: [],
      machines: [machine],
      programs: [],
      providerState: { machines: { vm1: { route, facts: {} } } },
    };
    writeFileSync(join(lab, 'state.json'), JSON.stringify(state));
    writeFileSync(
      join(lab, 'journal.ndjson'),
      `${JSON.stringify({ at: '', kind: 'ssh-machine', machine: 'vm1', route })}\n`,
    );
    for (const path of [lab, join(lab, 'state.json'), join(lab, 'journal.ndjson')]) chownSync(path, 4711, 4711);
    for (const words of [['status'], ['ssh', 'vm1', 'true'], ['down']]) {
      const { exitCode, stderr } = await user.lab('-f', 'planted/lab.yaml', ...words);
      assert.equal(exitCode, 3, words.join(' '));
      assert.match(stderr, /planted\/\.lab belongs to another user \(user ID 4711\), who ran this lab before you/);
    }
    assert.equal(existsSync(mark), false);
  });

  test('whose folder another user may not enter, it is said whose that is', async () => {
    mkdirSync(join(user.folder, 'roots'));
    mkdirSync(join(user.folder, 'roots/.lab'), { mode: 0o700 });
    writeFileSync(join(user.folder, 'roots/lab.yaml'), readFileSync(join(user.folder, 'lab.yaml')));
    const { exitCode, stderr } = await user.lab('-f', 'roots/lab.yaml', 'logs');
    assert.equal(exitCode, 3);
    assert.match(
      stderr,
      /roots\/\.lab belongs to root \(user ID 0\), who ran this lab before you\nhint: Run it as root: sudo lab …/,
    );
  });
});

describe('root, called by sudo,', needsRoot, () => {
  test('acts for the caller in the folder of the caller only', () =>
    withFolder((lab, folder) => {
      assert.deepEqual(callerOf(lab), caller);
      chownSync(folder, 4000, 4000);
      assert.equal(callerOf(lab), undefined);
      mkdirSync(lab);
      chownSync(lab, caller.uid, caller.gid);
      assert.deepEqual(callerOf(lab), caller);
    }));

  test('gives back what root made, and nothing that a link or a second name leads to', () =>
    withFolder((lab, folder) => {
      const [secret, elsewhere] = [join(folder, 'secret'), join(folder, 'elsewhere')];
      mkdirSync(join(lab, 'runs/one'), { recursive: true });
      mkdirSync(elsewhere);
      for (const path of [secret, join(elsewhere, 'file'), join(lab, 'runs/one/run.json')]) writeFileSync(path, '');
      symlinkSync(elsewhere, join(lab, 'link'));
      linkSync(secret, join(lab, 'second-name'));
      handBack(lab, caller);
      assert.deepEqual(
        [lab, 'runs', 'runs/one', 'runs/one/run.json', 'link'].map((name) =>
          ownerOf(name === lab ? lab : join(lab, name)),
        ),
        [4711, 4711, 4711, 4711, 4711],
      );
      assert.deepEqual([secret, elsewhere, join(elsewhere, 'file')].map(ownerOf), [0, 0, 0]);
      symlinkSync(elsewhere, join(folder, 'as-a-link'));
      handBack(join(folder, 'as-a-link'), caller);
      assert.equal(ownerOf(elsewhere), 0);
    }));

  test('does not follow a link that the caller put in the place of .lab, or in it', () =>
    withFolder(async (lab, folder) => {
      const elsewhere = join(folder, 'elsewhere');
      mkdirSync(elsewhere, { mode: 0o755 });
      symlinkSync(elsewhere, lab);
      lchownSync(lab, caller.uid, caller.gid);
      await assert.rejects(ensureStateFolder(lab), { code: 'state-folder-foreign' });
      rmSync(lab);
      mkdirSync(join(lab, 'sub'), { recursive: true });
      symlinkSync(elsewhere, join(lab, 'sub/keys'));
      chownSync(lab, caller.uid, caller.gid);
      await assert.rejects(ensureStateFolder(lab), {
        code: 'state-folder-link',
        message: new RegExp(`^${lab}/sub/keys is a link`),
      });
      assert.deepEqual(readdirSync(elsewhere), []);
      assert.equal(statSync(elsewhere).mode & 0o777, 0o755);
      assert.equal(existsSync(join(lab, '.gitignore')), false);
    }));
});
