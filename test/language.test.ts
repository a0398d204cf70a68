import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chooseLanguage } from '../src/core/language/choose-language.ts';
import { messagesOf, type SourceText } from '../scripts/house/messages.ts';
import { runCli, temporaryFolder } from './helpers/cli.ts';

const root = join(import.meta.dirname, '..');

/** Rooms with words of their own for each language (the report), and what runs or lies on machines. */
const apart = /^src\/(?:report|programs|providers\/netns\/plan)\//;
/** Rooms whose messages do not all have the tag yet. */
const stillEnglish = new Set<string>([]);

function tableOf(path: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, string>;
}

const french = tableOf('src/core/language/french.json');
/** `FILE: TEXT` of what looks like words for people and is none, and what it is. */
const notForPeople = tableOf('scripts/house/not-for-people.json');
const { said, untold } = messagesOf('src/**/*.ts');

/** What stays as it is in every language. */
function factsOf(text: string): unknown[] {
  return [
    [...new Set(text.match(/\{\d+\}/g))].toSorted(),
    text.split('\n').length,
    /^\s*/.exec(text)![0],
    /\s*$/.exec(text)![0],
  ];
}

function shown({ file, line, key }: SourceText): string {
  return `${file}:${line} ${key}`;
}

describe('messages', () => {
  test('all have the tag "say"', () => {
    const known = new Set(Object.keys(notForPeople));
    const open = untold.filter(
      ({ file, key }) => !apart.test(file) && !stillEnglish.has(file.split('/')[1]!) && !known.has(`${file}: ${key}`),
    );
    assert.deepEqual(open.map(shown), []);
    const found = new Set(untold.map(({ file, key }) => `${file}: ${key}`));
    assert.deepEqual(
      [...known].filter((text) => !found.has(text)),
      [],
      'not for people, and not there any more',
    );
  });

  test('all have a French translation, and no translation is left over', () => {
    assert.ok(said.length > 30);
    assert.deepEqual(said.filter(({ key }) => !(key in french)).map(shown), []);
    const keys = new Set(said.map(({ key }) => key));
    assert.deepEqual(
      Object.keys(french).filter((key) => !keys.has(key)),
      [],
    );
  });

  test('have the same variable parts, line breaks and edges in French', () => {
    for (const [key, words] of Object.entries(french)) {
      assert.deepEqual(factsOf(words), factsOf(key), key);
      assert.notEqual(words.trim(), '', key);
    }
  });

  test('stand in the table in order', () => {
    for (const table of [french, notForPeople]) assert.deepEqual(Object.keys(table), Object.keys(table).toSorted());
  });
});

describe('the language of messages', () => {
  const cases: readonly [argv: readonly string[], environment: Record<string, string>, language: string][] = [
    [['status'], {}, 'en'],
    [['status'], { LANG: 'fr_FR.UTF-8' }, 'fr'],
    [['status'], { LANG: 'fr' }, 'fr'],
    [['status'], { LANG: 'fy_NL.UTF-8' }, 'en'],
    [['status'], { LANG: 'fr_FR.UTF-8', LC_ALL: 'C' }, 'en'],
    [['status'], { LANG: 'en_GB.UTF-8', LC_MESSAGES: 'fr_BE@euro' }, 'fr'],
    [['status'], { LANG: 'de_DE.UTF-8', LANGUAGE: 'de:fr:en' }, 'fr'],
    [['status'], { LANGUAGE: 'fr' }, 'en'],
    [['status', '--json'], { LANG: 'fr_FR.UTF-8' }, 'en'],
    [['--lang=fr', 'status', '--json'], {}, 'fr'],
    [['status', '--lang', 'en'], { LANG: 'fr_FR.UTF-8' }, 'en'],
    [['exec', 'vm1', '--', 'ls', '--lang', 'en', '--json'], { LANG: 'fr_FR.UTF-8' }, 'fr'],
  ];
  for (const [argv, environment, language] of cases)
    test(`lab ${argv.join(' ')} with ${JSON.stringify(environment)} is ${language}`, () => {
      assert.equal(chooseLanguage(argv, environment), language);
    });

  test('one that there is not is an error that names those that there are', async () => {
    using folder = temporaryFolder();
    const { exitCode, stderr } = await runCli(['--lang', 'de', 'status'], { cwd: folder.path });
    assert.deepEqual([exitCode, stderr], [2, 'error: there is no language "de"\nhint: Known: en, fr\n']);
  });

  test('reaches every part of a command: its words, its errors, its help', async () => {
    using folder = temporaryFolder();
    const fr = { cwd: folder.path, env: { LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '' } };
    const unknown = await runCli(['stauts'], fr);
    assert.deepEqual(
      [unknown.exitCode, unknown.stderr],
      [2, 'erreur : commande inconnue « stauts »\nconseil : vouliez-vous dire « status » ?\n'],
    );
    const document = await runCli(['--json', 'stauts'], fr);
    assert.match(document.stdout, /"message": "unknown command/);
  });
});
