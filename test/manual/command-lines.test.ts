import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { parseCommandLine } from '../../src/cli/command/command-line.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { topicNames } from '../../src/cli/help/topics.ts';
import { quoteWord } from '../../src/core/text/shell-quote.ts';
import { cacheFolder } from '../../src/host/files/own-folder.ts';
import { checkLabText } from '../../src/lab/load-lab.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { repository } from '../helpers/lab-command.ts';
import { cannotMakeMachines } from '../helpers/machines/machines.ts';
import { recordSession, type Keys } from '../helpers/record-session.ts';
import {
  codeIn,
  inlineCode,
  labLinesIn,
  readByHand,
  readmes,
  readPage,
  statementsOf,
  topics,
  type Page,
} from './pages.ts';

const [readme, french] = readmes as [Page, Page];

/** What stands for a word of the reader. */
const placeholders: Readonly<Record<string, string>> = {
  COMMAND: 'up',
  COMMANDE: 'up',
  TOPIC: 'steps',
  SUJET: 'steps',
};

/** Of a command that is only named: `lab run --as` is for programs that draw. */
const NOT_WHOLE = /^(missing required argument|option ".*" argument missing$|"lab .*" wants one of its commands)/;

describe('every command line of the manual is understood', () => {
  for (const page of [...readmes, ...topics]) {
    const named = inlineCode(page).flatMap(labLinesIn);
    const whole = codeIn(page, 'sh').flatMap(statementsOf).flatMap(labLinesIn);
    if (named.length + whole.length === 0) continue;
    test(`${page.path}: ${named.length + whole.length}`, () => {
      for (const line of whole) assert.equal(faultOf(line), undefined, line);
      for (const line of named) if (!NOT_WHOLE.test(faultOf(line) ?? '')) assert.equal(faultOf(line), undefined, line);
    });
  }
});

function faultOf(line: string): string | undefined {
  const words = wordsOf(line).map((word) => placeholders[word] ?? word);
  const { asked } = parseCommandLine(words, { commands, version: '' });
  return 'fault' in asked ? asked.fault.message : undefined;
}

/** As a shell divides them; what is left out in the text, or is in brackets there, is no word. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)]
    .map(([, double, single, bare]) => double ?? single ?? bare!)
    .filter((word) => !/^(?:…|\[.*\]?|.*\])$/.test(word));
}

/** What this test does not type, and why. */
const notHere = new Map([
  ['git clone … lab && cd lab', 'where from is for the reader to say'],
  ['npm run demo', 'CI runs it from a fresh clone'],
  ['npm pack', 'the tests of the package do'],
  ['npm config set prefix ~/.local', 'the tests of the package install into a prefix of their own'],
  ['npm install -g ./lab-0.1.0.tgz', 'likewise'],
]);

/** What ends with another code than 0 as it stands, and why. */
const exitCodes = new Map([['lab why client server', 1]]); // No server listens between two runs.

/** To the other side. */
const CTRL_O = '\x0f';

/** What is typed at a terminal. */
const keys = new Map<string, Keys>([
  [
    'lab run --as client',
    [
      [/client@vm2:7999\$ /, 'Hello vm1\r'],
      [/from server/, 'exit\r'],
    ],
  ],
  [
    'lab record hello --write',
    [
      [/client@vm2:7999\$/, 'Hello vm1\r'],
      [/from client 'Hello vm1'/, CTRL_O],
      [/from client 'Hello vm1'[^]*▶ server/, 'Hello\r'],
      [/from server Hello/, CTRL_O],
      [/from server Hello[^]*▶ client/, 'exit\r'],
    ],
  ],
]);

describe('README.md', { skip: await cannotMakeMachines() }, () => {
  let home: string;
  before(() => void (home = mkdtempSync(join(tmpdir(), 'lab-readme-'))));
  after(() => rmSync(home, { recursive: true, force: true }));

  test('does what it says, line by line, as a reader types it', async () => {
    const environment = readersEnvironment(home);
    let cwd = home;
    for (const statement of codeIn(readme, 'sh').flatMap(statementsOf)) {
      if (notHere.has(statement)) continue;
      prepareFor(statement, cwd);
      const pressed = keys.get(statement);
      const { exitCode, output } =
        pressed === undefined
          ? typed(statement, { cwd, environment })
          : await atTerminal(statement, { cwd, environment, pressed });
      assert.equal(exitCode, exitCodes.get(statement) ?? 0, `${statement}\n${output}`);
      if (statement.startsWith('for ')) assert.match(output, /^hand-ins\/ada: passed$[^]*^hand-ins\/bob: failed$/m);
      cwd = readFileSync(join(home, 'cwd'), 'utf8').trim();
    }
    assert.match(readFileSync(join(cwd, 'report.html'), 'utf8'), /<html lang="fr"/);
    assert.deepEqual(
      (JSON.parse(readFileSync(join(cwd, 'result.json'), 'utf8')) as { result: string }).result,
      'passed',
    );
    assert.ok(existsSync(join(cwd, 'hand-ins/bob/graded.html')));
  });
});

interface Seat {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A home of the reader's own, with `lab` on its PATH; what lab has downloaded is found where it lies. */
function readersEnvironment(home: string): Readonly<Record<string, string>> {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'lab'), `#!/bin/sh\nexec ${quoteWord(join(repository, 'scripts/lab'))} "$@"\n`, {
    mode: 0o755,
  });
  return {
    HOME: home,
    XDG_CACHE_HOME: join(cacheFolder(), '..'),
    PATH: `${bin}:${process.env['PATH']}`,
    LC_ALL: 'C.UTF-8',
  };
}

/** What the text around a statement says has been done before. */
function prepareFor(statement: string, cwd: string): void {
  const file = join(cwd, 'lab.yaml');
  // Not every host that runs the tests may make a way out for machines.
  if (statement === 'lab up' && existsSync(file))
    writeFileSync(file, readFileSync(file, 'utf8').replace('nat: true', 'nat: false'));
  // Another reader's lab, after the one of the last student.
  if (statement.startsWith('lab up --recreate'))
    copyFileSync(join(cwd, 'hand-ins/ada/server.py'), join(cwd, 'programs/server.py'));
  if (!statement.startsWith('lab verify')) return;
  for (const student of ['ada', 'bob']) {
    const folder = join(cwd, 'hand-ins', student);
    mkdirSync(folder, { recursive: true });
    for (const name of ['server.py', 'client.py']) copyFileSync(join(cwd, 'programs', name), join(folder, name));
  }
  copyFileSync(join(cwd, 'report.html'), join(cwd, 'hand-ins/ada/report.html'));
  writeFileSync(join(cwd, 'hand-ins/bob/server.py'), 'print("TP1 Server")\n');
}

function typed(statement: string, { cwd, environment }: Seat): { exitCode: number; output: string } {
  const script = `${statement}\ncode=$?; pwd > ~/cwd; exit $code`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { exitCode: status!, output: stdout + stderr };
}

async function atTerminal(
  statement: string,
  { cwd, environment, pressed }: Seat & { readonly pressed: Keys },
): Promise<{ exitCode: number | null; output: string }> {
  const [, ...args] = statement.split(' ');
  const { shown, exitCode } = await recordSession(cwd, args, pressed, environment);
  return { exitCode, output: shown };
}

test('the program in README.md is the one of "lab help library", which is tried', () => {
  const library = topics.find(({ path }) => path.endsWith('en/library.md'))!;
  for (const program of codeIn(readme, 'ts')) assert.ok(codeIn(library, 'ts').includes(program), program);
});

test('README.fr.md has the same headings, commands and files as README.md', () => {
  assert.deepEqual(outline(french), outline(readme));
  assert.deepEqual(codeIn(french, 'sh').map(statementsOf), codeIn(readme, 'sh').map(statementsOf));
  for (const language of ['yaml', 'ts']) assert.deepEqual(codeIn(french, language), codeIn(readme, language));
  assert.deepEqual(sortedCode(readByHand(french.path)), sortedCode(readByHand(readme.path)));
});

function outline({ blocks }: Page): unknown[] {
  return blocks.map((block) => [block.kind, 'level' in block ? block.level : 0]);
}

function sortedCode(page: Page): string[] {
  return inlineCode(page)
    .map((text) => text.replace('COMMANDE', 'COMMAND').replace('SUJET', 'TOPIC'))
    .toSorted();
}

/** Pages that are there in English only: those for who writes programs around lab. */
const untranslated = ['library'];

test('topics are there in French, but for those that are known to be missing', () => {
  const inFrench = new Set(topics.filter(({ path }) => path.includes('/fr/')).map(({ path }) => basename(path, '.md')));
  assert.deepEqual(
    topicNames().filter((name) => !inFrench.has(name)),
    untranslated,
  );
});

describe('a French topic has the headings, tables and command lines of the English one', () => {
  for (const { path } of topics.filter((page) => page.path.includes('/fr/'))) {
    test(path, () => {
      const english = path.replace('/fr/', '/en/');
      assert.deepEqual(shapeOf(readPage(path)), shapeOf(readPage(english)));
      const [french, other] = [readByHand(path), readByHand(english)];
      assert.deepEqual(sortedCode(french).flatMap(labLinesIn), sortedCode(other).flatMap(labLinesIn));
      assert.deepEqual(codeIn(french, 'yaml').map(parsed), codeIn(other, 'yaml').map(parsed));
    });
  }
});

/** Without comments. */
function parsed(yaml: string): unknown {
  return parse(yaml);
}

/** Levels of headings, and rows of tables. */
function shapeOf({ blocks }: Page): number[] {
  return blocks.flatMap((block) =>
    block.kind === 'heading' ? [block.level] : block.kind === 'table' ? [100 + block.rows.length] : [],
  );
}

describe('every lab file of the manual', () => {
  // Recipes of CI are YAML, too; a test of their own runs their lines.
  for (const page of [readme, ...topics].filter(({ path }) => !path.endsWith('/ci.md'))) {
    for (const [index, text] of codeIn(page, 'yaml').entries()) {
      test(`has no problem: ${page.path}, ${index + 1}`, async () => {
        using folder = temporaryFolder({ 'server.py': '', 'client.py': '', 'web.py': '', 'guest.py': '' });
        const loaded = await checkLabText(wholeLab(text), join(folder.path, 'lab.yaml'), allProviders.names);
        assert.ok('lab' in loaded, JSON.stringify('problems' in loaded && loaded.problems));
        assert.deepEqual(parseScenarios(loaded.lab).problems, []);
      });
    }
  }
});

type Fields = Readonly<Record<string, object>>;

/** A piece of a lab file as a page shows it, within the lab of this repository, whose programs have no files then. */
function wholeLab(piece: string): string {
  const shown = parse(piece) as Fields;
  if ('version' in shown) return piece;
  const base = parse(readFileSync(join(repository, 'lab.yaml'), 'utf8')) as Fields;
  const programs = Object.entries(base['programs'] as Fields).map(([name, program]) => [
    name,
    { ...program, files: [] },
  ]);
  return stringify({
    ...base,
    ...shown,
    machines: { ...base['machines'], ...shown['machines'] },
    programs: { ...(Object.fromEntries(programs) as Fields), ...shown['programs'] },
  });
}
