import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InitResult } from '../../../commands/lab/init.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, value } from '../../command/parameters.ts';
import { listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const template = word('name', async () =>
  listed((await import('../../../lab/templates/template.ts')).labTemplates, say`template`),
);

/** Our compiled server and client: next to the compiled command line. */
const compiledPrograms = new URL(
  import.meta.url.endsWith('.ts') ? '../../../../dist/programs' : '../programs',
  import.meta.url,
);

export const initCommand = defineCommand({
  name: 'init',
  group: 'start',
  summary: say`write a commented lab.yaml to start from`,
  details: say`It replaces no file, unless --force is given.`,
  labFileHere: true,
  options: {
    template: value(template, say`what to start from (default: tp1)`),
    force: flag(say`replace an existing file`),
  },
  alsoCalled: ['new'],
  otherWords: () => say`It writes into the folder that you stand in:  mkdir tp1 && cd tp1 && lab init`,
  examples: [{ words: 'init --template tp1', does: say`start with the practical of two machines` }],
  run: async ({ context, options }) => {
    const { init } = await import('../../../commands/lab/init.ts');
    const programsFolder = fileURLToPath(compiledPrograms);
    const result = await init(context, { template: options.template ?? 'tp1', force: options.force, programsFolder });
    return outcome(result, formatInit(result, context.cwd));
  },
});

function formatInit({ file, programs, schemaFile, steps }: InitResult, cwd: string): string {
  const wrote = [file, ...programs, schemaFile].map((path) => relative(cwd, path)).join(', ');
  if (steps.length === 0) return say`Wrote ${wrote}. Next: lab up\n`;
  const list = steps.map((step) => `${step.startsWith('#') ? '' : '  '}${step}\n`).join('');
  return `${say`Wrote ${wrote}. Next:`}\n\n${list}\n${say`Then: lab up`}\n`;
}
