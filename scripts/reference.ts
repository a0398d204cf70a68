import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helpText } from '../src/cli/command/help-text.ts';
import { commandReference } from '../src/cli/command/reference.ts';
import { commands } from '../src/cli/commands/index.ts';
import { labFieldReference } from '../src/lab/fields/field-reference.ts';
import { stepReference } from '../src/scenario/step-schema.ts';

/** Writes the reference tables into README.md and into the golden files that the tests hold them against. */
const root = join(import.meta.dirname, '..');

export function withReference(readme: string): string {
  return between(between(readme, 'commands', commandReference(commands)), 'fields', labFieldReference(stepReference()));
}

function between(text: string, name: string, table: string): string {
  const pattern = new RegExp(`(<!-- ${name}: [^\n]*-->\n)[^]*?(<!-- end of ${name} -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no place for the table of ${name}`);
  return text.replace(pattern, (_, start: string, end: string) => `${start}\n${table.trimEnd()}\n\n${end}`);
}

if (import.meta.main) {
  const readme = join(root, 'README.md');
  writeFileSync(readme, withReference(readFileSync(readme, 'utf8')));
  writeFileSync(join(root, 'test/cli/golden/command-reference.md'), commandReference(commands));
  writeFileSync(join(root, 'test/cli/golden/help.txt'), helpText([], commands));
  writeFileSync(join(root, 'test/lab/field-reference.md'), labFieldReference(stepReference()));
}
