import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { labJsonSchema } from '../../src/lab/fields/json-schema.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { stepJsonSchema } from '../../src/scenario/step-schema.ts';
import { writeDefinitionTypes } from '../api/definition-types.ts';

/** Writes the reference tables into the topics of `lab help`, the list of topics into README.md, the golden file of help, and the schema that lab.yaml names. */
const root = join(import.meta.dirname, '../..');

/** The tables by the name that their place in a topic has: between `<!-- NAME: … -->` and `<!-- end of NAME -->`. */
type Tables = Readonly<Record<string, string>>;

const known = new Map<string, Tables>();

/** The tables in one language; each process speaks only one. */
export function tablesIn(language: string): Tables {
  const tables = known.get(language) ?? makeTables(language);
  known.set(language, tables);
  return tables;
}

function makeTables(language: string): Tables {
  const script = join(import.meta.dirname, 'tables.ts');
  return JSON.parse(execFileSync(process.execPath, [script, '--lang', language], { encoding: 'utf8' })) as Tables;
}

/** Every topic, in each language. */
export function topicFiles(): string[] {
  return globSync('src/cli/help/topics/*/*.md', { cwd: root }).map((path) => join(root, path));
}

/** Every page that has tables: the topics, README.md and README.fr.md. */
export function pagesWithTables(): string[] {
  return [...topicFiles(), join(root, 'README.md'), join(root, 'README.fr.md')];
}

/** The text of a page with its tables as they are now. */
export function withReference(path: string): string {
  const tables = (): Tables => tablesIn(languageOf(path));
  return readFileSync(path, 'utf8').replaceAll(
    /(<!-- ([\w-]+): written by [^\n]*-->\n)[^]*?(<!-- end of \2 -->)/g,
    (_, start: string, name: string, end: string) => {
      const table = tables()[name];
      if (table === undefined) throw new Error(`there is no table of ${name}`);
      return `${start}\n${table.trimEnd()}\n\n${end}`;
    },
  );
}

/** `README.fr.md`, `topics/fr/steps.md`. */
function languageOf(path: string): string {
  const [, language] = /^README\.(\w+)\.md$/.exec(basename(path)) ?? [];
  return language ?? (basename(path) === 'README.md' ? 'en' : basename(dirname(path)));
}

/** What the lab.yaml of this repository points editors at: it is there in a clone that is not built, too. */
export const schemaFile = join(root, 'src/lab/lab.schema.json');

export function schemaText(): string {
  const schema = labJsonSchema({ providers: allProviders.names, step: stepJsonSchema() });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(schemaFile, schemaText());
  for (const path of pagesWithTables()) writeFileSync(path, withReference(path));
  writeFileSync(join(root, 'test/cli/golden/help.txt'), tablesIn('en')['help']!);
  await writeDefinitionTypes();
}
