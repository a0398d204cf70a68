import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findOnHost, toolsFolder } from '../../src/host/tools.ts';
import { subordinateRange } from '../../src/host/subordinate-ids.ts';
import { borrowInstallBase, layCompiledCode } from './used-before.ts';

export const repository = join(import.meta.dirname, '..', '..');

export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user of the real `lab` command, with a folder of its own that holds the reference practical. */
export interface LabUser extends AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  /** Path of `lab` as this user sees it. */
  readonly executable: string;
  /** Runs `lab` to its end. */
  lab(...args: string[]): Promise<Finished>;
  /** Starts `lab` and leaves the rest to the test. `pid` is that of lab itself. */
  start(...args: string[]): ChildProcess;
  /** The same for any command of this user. */
  command(command: readonly string[], stdin?: 'ignore' | 'pipe'): ChildProcess;
}

/** Why the embedded provider cannot be tested as that kind of user here; false when it can. */
export function cannotBe(kind: 'root' | 'ordinary'): string | false {
  const isRoot = process.getuid?.() === 0;
  if (kind === 'root') return isRoot ? false : 'this needs root';
  if (findOnHost('newuidmap') === undefined) return 'this needs newuidmap (package uidmap)';
  if (!isRoot && subordinateRange('/etc/subuid') === undefined)
    return 'this user has no subordinate IDs in /etc/subuid';
  return false;
}

/** The user that runs the tests. `within` is put before each command: `nsenter …`. */
export function currentUser(within: readonly string[] = []): LabUser {
  const folder = mkdtempSync(join(tmpdir(), 'lab-test-'));
  return makeUser({
    name: process.getuid?.() === 0 ? 'root' : 'ordinary user',
    folder,
    prefix: within,
    lab: join(repository, 'scripts/lab'),
    env: {},
    owner: undefined,
  });
}

export interface OrdinaryUserOptions {
  /** Whether the user has ranges in /etc/subuid and /etc/subgid; yes, unless told otherwise. */
  readonly subordinateIds?: boolean;
  /** What root does to the host as this user sees it, as lines for a shell; `$home` and `$uid` are the user's. Works only when root runs the tests. */
  readonly host?: readonly string[];
}

/**
 * An ordinary user. When root runs the tests it is one that exists only in a mount namespace of its own, where /etc/passwd and /etc/subuid know it and the
 * checkout can be read; so the host gets no account.
 */
export function ordinaryUser(within: readonly string[] = [], options: OrdinaryUserOptions = {}): LabUser {
  if (process.getuid?.() !== 0) return currentUser(within);
  const uid = 30_000 + (process.pid % 10_000);
  const base = mkdtempSync(join(tmpdir(), 'lab-user-'));
  chmodSync(base, 0o755);
  const paths = Object.fromEntries(
    ['home', 'checkout', 'tools', 'etc'].map((name) => [name, join(base, name)]),
  ) as Record<'home' | 'checkout' | 'tools' | 'etc', string>;
  for (const path of Object.values(paths)) mkdirSync(path);
  chownSync(paths.home, uid, uid);
  const { subordinateIds = true, host = [] } = options;
  const ranges = subordinateIds ? `tester:${uid}00000:65536` : '';
  const added: Readonly<Record<string, string>> = {
    passwd: `tester:x:${uid}:${uid}::${paths.home}:/bin/bash`,
    group: `tester:x:${uid}:`,
    subuid: ranges,
    subgid: ranges,
  };
  for (const [name, line] of Object.entries(added))
    writeFileSync(join(paths.etc, name), `${linesOfOthers(`/etc/${name}`)}${line}\n`);
  const tools = join(paths.tools, toolsFolder().slice(toolsFolder().indexOf('lab/tools/')));
  mkdirSync(tools, { recursive: true });
  for (const path of [paths.tools, join(paths.tools, 'lab')]) chownSync(path, uid, uid);
  layCompiledCode(join(paths.tools, 'lab/compiled'), uid);
  const installBase = borrowInstallBase(join(repository, 'node_modules/.cache/install-bases'), uid);
  mkdirSync(join(paths.tools, 'lab/install-base'));
  const script = [
    'set -e; mount --make-rprivate /',
    ...Object.keys(added).map(
      (name) => `[ -e /etc/${name} ] || : >/etc/${name}; mount --bind ${paths.etc}/${name} /etc/${name}`,
    ),
    `mount --bind ${repository} ${paths.checkout}`,
    // Most systems let everybody open this device; some test machines do not.
    `[ ! -e /dev/net/tun ] || { [ -e ${base}/tun ] || mknod -m 666 ${base}/tun c 10 200; mount --bind ${base}/tun /dev/net/tun; }`,
    `[ ! -d ${toolsFolder()} ] || mount --bind ${toolsFolder()} ${tools}`,
    `mount --bind ${installBase.path} ${paths.tools}/lab/install-base`,
    `home=${paths.home} uid=${uid}`,
    ...host,
    `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups --inh-caps=-all -- "$@"`,
  ].join('; ');
  return makeUser({
    name: 'ordinary user',
    folder: paths.home,
    prefix: [...within, 'unshare', '-m', 'sh', '-c', script, 'sh'],
    lab: join(paths.checkout, 'scripts/lab'),
    env: { HOME: paths.home, USER: 'tester', LOGNAME: 'tester', XDG_CACHE_HOME: paths.tools },
    owner: uid,
    remove: () => {
      installBase[Symbol.dispose]();
      rmSync(base, { recursive: true, force: true });
    },
  });
}

/** An ordinary user without subordinate IDs, in whose machines everybody is root. As `ordinaryUser`. */
export function userWithoutRanges(within: readonly string[] = []): LabUser {
  return ordinaryUser(within, { subordinateIds: false });
}

/** An account file of the host, without a user of its own that is called as ours. */
function linesOfOthers(path: string): string {
  if (!existsSync(path)) return '';
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('tester:'))
    .map((line) => `${line}\n`)
    .join('');
}

interface UserParts {
  readonly name: string;
  readonly folder: string;
  readonly prefix: readonly string[];
  readonly lab: string;
  readonly env: Readonly<Record<string, string>>;
  readonly owner: number | undefined;
  readonly remove?: () => void;
}

function makeUser({ name, folder, prefix, lab, env, owner, remove }: UserParts): LabUser {
  layPractical(folder, owner);
  const command = (words: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess => {
    const [file = '', ...args] = [...prefix, ...words];
    return spawn(file, args, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', GITHUB_ACTIONS: '', ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    });
  };
  const start = (...args: string[]): ChildProcess => command([lab, ...args]);
  return {
    name,
    folder,
    executable: lab,
    command,
    start,
    lab: (...args) => finish(start(...args)),
    async [Symbol.asyncDispose]() {
      if (existsSync(join(folder, '.lab'))) await finish(start('down'));
      rmSync(folder, { recursive: true, force: true });
      remove?.();
    },
  };
}

/** Waits for the end of a child and gives all that it printed. */
export async function finish(child: ChildProcess): Promise<Finished> {
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { exitCode, signal, stdout, stderr };
}

/** The reference practical with the compiled programs, as `lab init` and a student's work would leave it. */
function layPractical(folder: string, owner: number | undefined): void {
  copyFileSync(join(repository, 'lab.yaml'), join(folder, 'lab.yaml'));
  cpSync(join(repository, 'dist/programs'), join(folder, 'dist/programs'), { recursive: true });
  if (owner === undefined) return;
  for (const path of ['lab.yaml', 'dist', 'dist/programs', 'dist/programs/server.js', 'dist/programs/client.js'])
    chownSync(join(folder, path), owner, owner);
}
