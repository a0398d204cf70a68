import { dirname, relative, resolve } from 'node:path';
import type { InitResult, ListedTemplate } from '../../../commands/lab/init.ts';
import { say } from '../../../core/language/say.ts';
import { quoteWord } from '../../../core/text/shell-quote.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, value } from '../../command/parameters.ts';
import { listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { table } from '../../show/table.ts';

const template = word('name', async () =>
  listed((await import('../../../lab/templates/template.ts')).labTemplates, say`template`),
);
const programLanguage = word('language', async () =>
  listed((await import('../../../lab/templates/template.ts')).programLanguages, say`language`),
);
const folder = word('folder', () => ({ candidates: [], files: true }));

export const initCommand = defineCommand({
  name: 'init',
  group: 'start',
  summary: say`write the folder of a practical to start from: lab.yaml, programs, task.md`,
  details: say`On a terminal it asks which practical, unless you name one. It replaces no file, unless --force is given. No path leads out of the folder, so it can be moved, mailed and committed.`,
  labFileHere: true,
  options: {
    template: value(template, say`what to start from (default: tp1)`),
    language: value(programLanguage, say`language of its programs (default: python)`),
    in: value(folder, say`write into that folder, which is made if it is not there`),
    variants: flag(say`for teachers: also programs with bugs that the scenario must find, in the folder "variants"`),
    list: flag(say`show the templates, and write nothing`),
    force: flag(say`replace existing files`),
  },
  alsoCalled: ['new'],
  otherWords: () => say`Name the practical with --template and the folder with --in:  lab init --template tp1 --in tp1`,
  examples: [
    { words: 'init --template tp1 --language c', does: say`start with the practical of two machines, in C` },
    { words: 'init --template chat --in chat', does: say`make a folder for another one` },
    { words: 'init --list', does: say`show which there are` },
  ],
  run: async ({ context, options, global }) => {
    const { init, listTemplates } = await import('../../../commands/lab/init.ts');
    if (options.list) {
      const templates = listTemplates();
      return outcome({ templates }, formatList(templates));
    }
    const mayAsk = options.template === undefined && !global.json && global.file === undefined;
    const { askTemplate } = await import('../../../commands/lab/ask-template.ts');
    const chosen = mayAsk ? await askTemplate(context, { language: options.language, folder: options.in }) : undefined;
    const where = options.in ?? chosen?.folder;
    const labFile = where === undefined ? context.labFile : resolve(context.cwd, where, 'lab.yaml');
    const result = await init({ ...context, labFile }, { ...options, ...chosen });
    const isDefault = options.template === undefined && chosen === undefined;
    return outcome(result, `${formatInit(result, context.cwd)}${isDefault ? formatDefault(result) : ''}`);
  },
});

function formatList(templates: readonly ListedTemplate[]): string {
  return table(templates.map(({ name, languages, title }) => [name, languages.join(', '), title]));
}

function formatDefault({ template, language }: InitResult): string {
  return say`This is the practical "${template}", with programs in "${language}"; "lab init --list" shows the others.\n`;
}

function formatInit({ files, file, steps }: InitResult, cwd: string): string {
  const wrote = files.map((path) => relative(cwd, path)).join(', ');
  if (steps.length === 0) return say`Wrote ${wrote}. Next: ${entering(file, cwd)}lab up\n`;
  const list = steps.map((step) => `${step.startsWith('#') ? '' : '  '}${step}\n`).join('');
  return `${say`Wrote ${wrote}. Next:`}\n\n${list}\n${say`Then: ${entering(file, cwd)}lab up`}\n`;
}

/** What to type before the next command where the new folder is another one. */
function entering(file: string, cwd: string): string {
  const folder = relative(cwd, dirname(file));
  return folder === '' ? '' : `cd ${quoteWord(folder)} && `;
}
