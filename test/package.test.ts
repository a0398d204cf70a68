import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findOnHost } from '../src/host/tools.ts';
import { temporaryFolder } from './helpers/cli.ts';
import { cannotBe, currentUser, finish, ordinaryUser, repository, type LabUser } from './helpers/lab-command.ts';
import { without } from './helpers/tools.ts';

/*
 * What "npm pack" gives to others, and that it is enough for them: a prefix, any Node.js from 22 on, no checkout, no network.
 */

/** Whatever the package may hold, by pattern. Nothing of `src`, `test` or of how lab is made. */
const LISTED = [
  /^(package\.json|LICENSE|README(\.fr)?\.md|scripts\/lab\.js)$/,
  /^dist\/(lab\.schema\.json|third-party-licences\.txt)$/,
  /^dist\/cli\/[a-z0-9-]+(\.min)?\.(c?js|pl|py|sh|yaml|json|css)$/,
  /^dist\/cli\/topics\/[a-z]{2}\/[a-z.-]+\.md$/,
  /^dist\/api\/index\.(js|d\.ts)$/,
  /^dist\/programs\/(server\.js|client\.js|package\.json)$/,
  /^dist\/man\/lab\.1$/,
  /^templates\/[a-z0-9-]+\/(lab\.yaml|variants\.yaml|task\.(en|fr)\.md)$/,
  /^templates\/[a-z0-9-]+\/programs\/(python|c|java|typescript)\/[A-Za-z0-9-]+\.(py|c|h|java|ts)$/,
  /^templates\/[a-z0-9-]+\/files\/[a-z0-9./-]+$/,
  /^dist\/completions\/(lab\.bash|_lab|lab\.fish)$/,
];
/** Fields of package.json: what would have to be installed with it. */
const NOT_THERE = /^(private|dependencies|optionalDependencies|peerDependencies|bundle)/;
const MOST_BYTES = 5_000_000;

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly types?: string;
  readonly man?: string | readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
}

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let names: readonly string[];

before(() => {
  folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  file = pack(repository, folder.path);
  names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
});
after(() => folder[Symbol.dispose]());

/** The packed file of a compiled checkout. */
function pack(checkout: string, into: string): string {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into], {
      cwd: checkout,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }];
  return join(into, filename);
}

function manifest(): Manifest & Readonly<Record<string, unknown>> {
  return JSON.parse(execFileSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' })) as Manifest &
    Record<string, unknown>;
}

test('the package holds what runs and nothing else', () => {
  assert.deepEqual(
    names.filter((name) => !LISTED.some((pattern) => pattern.test(name))),
    [],
  );
  for (const name of [
    'LICENSE',
    'README.md',
    'dist/cli/run-cli.cjs',
    'dist/cli/executor.pl',
    'templates/tp1/lab.yaml',
    'templates/tp1/programs/python/server.py',
    'dist/man/lab.1',
    'dist/programs/server.js',
    'dist/cli/asciinema-player.min.js',
  ])
    assert.ok(names.includes(name), `${name} is not in the package`);
  assert.ok(statSync(file).size < MOST_BYTES, `it has ${statSync(file).size} bytes`);
});

test('the command line is read byte by byte, and all of it is ASCII', () => {
  assert.ok(isAscii(readFileSync(join(repository, 'dist/cli/run-cli.cjs'))));
});

test('the package needs no other, runs nothing when it is installed, and has whatever it names', () => {
  const { bin, exports, types, man = [], scripts, ...rest } = manifest();
  assert.deepEqual(
    Object.keys(rest).filter((field) => NOT_THERE.test(field)),
    [],
  );
  assert.deepEqual(
    Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
    [],
  );
  const named = [
    ...Object.values(bin),
    ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))),
    types ?? [],
    man,
  ].flat();
  assert.ok(named.length >= 3);
  assert.deepEqual(
    named.map((name) => name.replace(/^\.\//, '')).filter((name) => !names.includes(name)),
    [],
  );
});

test('its version stands in one place, and both READMEs say what changed in it', () => {
  const { version } = manifest();
  for (const name of ['README.md', 'README.fr.md'])
    assert.match(
      readFileSync(join(repository, name), 'utf8'),
      new RegExp(`^## Chang\\w+s$[^#]*?^- \\*\\*${version}\\*\\*`, 'm'),
    );
});

test('a checkout elsewhere makes the same bytes', () => {
  using elsewhere = temporaryFolder();
  const copy = join(elsewhere.path, 'a checkout');
  mkdirSync(copy);
  for (const name of [
    'src',
    'scripts',
    'templates',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'LICENSE',
    'README.md',
    'README.fr.md',
  ])
    if (existsSync(join(repository, name))) cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  execFileSync(process.execPath, [join(copy, 'scripts/build.ts')], { cwd: elsewhere.path, stdio: 'ignore' });
  assert.equal(hashOf(pack(copy, elsewhere.path)), hashOf(file));
});

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('without what was compiled, and on an old Node.js, the command says what is missing', () => {
  using checkout = temporaryFolder();
  mkdirSync(join(checkout.path, 'scripts'));
  copyFileSync(join(repository, 'scripts/lab.js'), join(checkout.path, 'scripts/lab.js'));
  copyFileSync(join(repository, 'package.json'), join(checkout.path, 'package.json'));
  const start = (...words: string[]): [number | null, string] => {
    const { status, stderr } = spawnSync(process.execPath, [...words, join(checkout.path, 'scripts/lab.js'), 'up'], {
      encoding: 'utf8',
    });
    return [status, stderr];
  };
  assert.deepEqual(start(), [
    3,
    `lab: it is not built yet.\nRun this once:  npm --prefix ${checkout.path}/ run setup\n`,
  ]);
  const older = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.9.0'})`;
  assert.deepEqual(start('--import', older), [
    3,
    `lab: it needs Node.js 22.11 or newer, and this is 22.9.0 (${process.execPath}).\n`,
  ]);
});

for (const [kind, makeUser] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(
    `installed as ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) || without('node22') },
    () => {
      test('it plays the practical on Node.js 22 of a closed home folder', { timeout: 120_000 }, async () => {
        await using user = makeUser();
        const installed = await install(user);
        const lab = async (...words: string[]): Promise<string> => {
          const { exitCode, stdout, stderr } = await finish(installed(['lab', ...words]));
          assert.equal(exitCode, 0, `lab ${words.join(' ')}\n${stdout}${stderr}`);
          return stdout;
        };
        assert.equal(await lab('--version'), `${manifest().version}\n`);
        const withoutInstalling = ['npx', '--yes', '--offline', '--package', file, 'lab', '--version'];
        assert.equal((await finish(installed(withoutInstalling))).stdout, `${manifest().version}\n`);
        assert.ok(existsSync(join(user.folder, '.local/share/man/man1/lab.1')), 'man lab finds no page');
        await lab('init', '--force', '--template', 'tp1', '--language', 'typescript');
        await lab('up');
        assert.equal(await lab('exec', 'vm1', '--', 'sh', '-c', 'ls /opt/lab/runtime/*'), 'node\n');
        assert.match(await lab('check-port', '7999'), /port 7999 is free/);
        await lab('run');
        await lab('report');
        const { stdout } = await finish(installed(['sh', '-c', 'lab ssh-config >ssh && ssh -F ssh vm2 hostname']));
        assert.equal(stdout, 'vm2\n');
        await lab('down');
      });
    },
  );
}

type Start = (words: readonly string[]) => ReturnType<LabUser['command']>;

/** Puts Node.js 22 and the package into the user's home, which nobody else may enter: as nvm has it, and `npm config set prefix ~/.local`. @returns how to start a command with both on PATH. */
async function install(user: LabUser): Promise<Start> {
  const { uid, gid } = statSync(user.folder);
  const bin = join(user.folder, '.local/bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(findOnHost('node22')!, join(bin, 'node'));
  for (const path of [dirname(bin), bin, join(bin, 'node')]) chownSync(path, uid, gid);
  chmodSync(user.folder, 0o700);
  // "npm test" hands its own settings on, the cache of its user among them.
  const settings = Object.keys(process.env).filter((name) => /^npm_/i.test(name));
  const unset = settings.map((name) => `--unset=${name}`);
  const start: Start = (words) => user.command(['env', ...unset, `PATH=${bin}:${process.env['PATH']}`, ...words]);
  const { exitCode, stderr } = await finish(
    start([
      'npm',
      'install',
      '--global',
      `--prefix=${dirname(bin)}`,
      '--offline',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      file,
    ]),
  );
  assert.deepEqual([exitCode, stderr], [0, '']);
  return start;
}
