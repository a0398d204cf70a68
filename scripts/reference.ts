import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helpText } from '../src/cli/command/help-text.ts';
import { commandReference, environmentReference, exitCodeReference } from '../src/cli/command/reference.ts';
import { commands } from '../src/cli/commands/index.ts';
import { labFieldReference, stepTable } from '../src/lab/fields/field-reference.ts';
import { stepReference } from '../src/scenario/step-schema.ts';
import { writeDefinitionTypes } from './api/definition-types.ts';
import { libraryExample, libraryReference } from './api/library-reference.ts';

/** Writes the reference tables into the topics of `lab help`, and into the golden files that the tests hold them against. */
const root = join(import.meta.dirname, '..');

/** The tables by the name that their place in a topic has: between `<!-- NAME: … -->` and `<!-- end of NAME -->`. */
const tables: Readonly<Record<string, () => string>> = {
  commands: () => commandReference(commands),
  'exit-codes': exitCodeReference,
  environment: environmentReference,
  fields: labFieldReference,
  steps: () => stepTable(stepReference()),
  library: libraryReference,
  'node-test': () => libraryExample('tp1.node-test.ts'),
  vitest: () => libraryExample('machines.vitest.ts'),
};

/** Every topic, in each language. */
export function topicFiles(): string[] {
  return globSync('src/cli/help/topics/*/*.md', { cwd: root }).map((path) => join(root, path));
}

/** A topic with its tables as they are now. */
export function withReference(topic: string): string {
  return topic.replaceAll(
    /(<!-- ([\w-]+): written by [^\n]*-->\n)[^]*?(<!-- end of \2 -->)/g,
    (_, start: string, name: string, end: string) => {
      const table = tables[name];
      if (table === undefined) throw new Error(`there is no table of ${name}`);
      return `${start}\n${table().trimEnd()}\n\n${end}`;
    },
  );
}

if (import.meta.main) {
  for (const path of topicFiles()) writeFileSync(path, withReference(readFileSync(path, 'utf8')));
  writeFileSync(join(root, 'test/cli/golden/help.txt'), helpText([], commands));
  await writeDefinitionTypes();
}
