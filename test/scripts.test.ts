import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scriptFile } from '../src/core/files/script-file.ts';
import { without } from './helpers/tools.ts';

/* Shell that runs on machines is run by whatever /bin/sh is there: dash, the ash of BusyBox, bash. */
const root = join(import.meta.dirname, '..');
const onMachines = globSync('src/**/*.sh', { cwd: root }).toSorted();
/** The repository's own; parts of the recipes of images are read by another shell and have no first line that says so. */
const ours = globSync('scripts/**', { cwd: root, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter(
    (path) =>
      /^#!\/bin\/sh\b/.test(readFileSync(path, 'utf8')) || /test-image\/.*\/(recipe|customize|disk)$/.test(path),
  )
  .toSorted();

test('there is shell to check, and every file that the build copies has a name of its own', () => {
  assert.ok(onMachines.length > 0 && ours.length > 0);
  const names = globSync('src/**/*.{pl,py,sh,yaml}', { cwd: root }).map((path) => basename(path));
  assert.equal(new Set(names).size, names.length);
});

test(
  'shellcheck finds nothing in the shell of machines, and nothing in our own',
  { skip: without('shellcheck') },
  () => {
    const run = spawnSync('shellcheck', ['--shell', 'sh', '--format', 'gcc', ...onMachines, ...ours], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(run.stdout + run.stderr, '');
  },
);

/** Each of these programs, by a command that reads it without running it. */
function readAll(paths: readonly string[], command: readonly [string, ...string[]]): void {
  for (const path of paths) execFileSync(command[0], [...command.slice(1), path], { cwd: root, stdio: 'pipe' });
}

for (const [tool, command] of [
  ['dash', ['dash', '-n']],
  ['busybox', ['busybox', 'ash', '-n']],
] as const)
  test(`${tool} can read all shell`, { skip: without(tool) }, () => readAll([...onMachines, ...ours], command));
test('Perl can read what is in Perl', () => readAll(globSync('src/**/*.pl', { cwd: root }), ['perl', '-c']));
test('Python can read what is in Python', () =>
  readAll(globSync('src/**/*.py', { cwd: root }), [
    'python3',
    '-c',
    'import ast, sys; ast.parse(open(sys.argv[1]).read())',
  ]));

/** How Bash understands a program, without its comments. As a function, for of other programs it also prints empty lines. */
function meaningOf(text: string): string {
  return execFileSync('bash', ['-c', `all() {\n${text}\n}\ndeclare -f all`], { encoding: 'utf8' });
}

test('what scriptFile leaves out of our shell is nothing but comments', () => {
  for (const path of onMachines) {
    const place = join(root, path);
    const [whole, sent] = [readFileSync(place, 'utf8'), scriptFile(pathToFileURL(place))()];
    assert.ok(sent.length < whole.length, path);
    assert.equal(meaningOf(sent), meaningOf(whole), path);
  }
});

test('a line that looks like a comment and is none is found', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-script-'));
  const place = join(folder.path, 'a.sh');
  for (const text of ["echo '\n# said\n'\n", 'cat <<X\n# said\nX\n', 'a="\n  # b\n"\n']) {
    writeFileSync(place, text);
    assert.notEqual(meaningOf(scriptFile(pathToFileURL(place))()), meaningOf(text), text);
  }
});

/** Scripts with a reason to be strings: those of completion run in the shell of the user, and this one is put together. */
const exempt = ['src/cli/completion/shell-scripts.ts', 'src/ssh/channel/remote-command.ts'];
/** A shorter script in one line may stand in a string. */
const LONGEST_LINE = 120;
const TOKEN = new RegExp(
  [
    String.raw`\/\*.*?\*\/|\/\/[^\n]*`,
    String.raw`(?<=[(,=:[!&|?]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/`,
    String.raw`'(?:[^'\\\n]|\\.)*'`,
    String.raw`\`(?:[^\`\\]|\\.)*\``,
  ].join('|'),
  'gs',
);
/** What a shell script says, and prose or a hint says once at most: keywords, redirections, tests, functions. */
const SIGN = new RegExp(
  [
    String.raw`(?<=^|[;\n]\s*)(?:fi|done|esac|then|do|shift|exit|exec|cd|export|trap|printf|echo)(?=$|[\s;])`,
    String.raw`;;|>\/dev\/null|[12]>&[12]|\[ !? ?-[a-z] |\$\(|\$[@#*]|[A-Z]=\S*; `,
    String.raw`(?<=^|\n)\s*\w+\(\) ?\{`,
  ].join('|'),
  'g',
);

/** The texts of a module that are shell and should be in a file of their own. */
function shellIn(source: string): string[] {
  const texts = [...source.replaceAll(/'\s*\+\s*'/g, '').matchAll(TOKEN)].map(([text]) => text);
  return texts
    .filter((text) => /^['`]/.test(text))
    .map((text) => text.slice(1, -1).replaceAll(String.raw`\n`, '\n'))
    .filter((text) => text.trim().includes('\n') || text.length > LONGEST_LINE)
    .filter((text) => [...text.matchAll(SIGN)].length > 1);
}

test('no module holds a script for machines in a string', () => {
  const found = globSync('src/**/*.ts', { cwd: root })
    .filter((path) => !exempt.some((prefix) => path.startsWith(prefix)))
    .flatMap((path) => shellIn(readFileSync(join(root, path), 'utf8')).map((text) => `${path}: ${text.slice(0, 100)}`));
  assert.deepEqual(found, []);
});

test('a script in a string is found', () => {
  const long = `echo ${'a'.repeat(LONGEST_LINE)}`;
  for (const source of [
    'const a = String.raw`\nif true; then\n  echo 1\nfi\n`;',
    'const a = `LC_ALL=C; export LC_ALL\\ncd /tmp`;',
    `const a = '${long}' + ' >/dev/null';`,
    `const a = 'trap "" PIPE; ' +\n  '${long}';`,
  ])
    assert.equal(shellIn(source).length, 1, source);
  assert.deepEqual(shellIn("// `if true\n// then`\nconst a = 'exec sudo -n true';"), []);
});
