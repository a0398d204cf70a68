import { join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { checkLabName } from '../fields/rules.ts';
import { virtualboxSteps } from './virtualbox-steps.ts';

export interface TemplateOptions {
  /** Name of the lab. Default: the template's own. */
  readonly name?: string | undefined;
  /** Default: the template's own. */
  readonly provider?: string | undefined;
  /** Where the JSON Schema will lie, from the folder of the new file. Default: `./lab.schema.json`. */
  readonly schemaPath?: string | undefined;
  /** Folder of the compiled `server.js` and `client.js`, from the folder of the new file. Default: `dist/programs`. */
  readonly programsFolder?: string | undefined;
}

type FilledOptions = { readonly [K in keyof TemplateOptions]-?: string };

interface Template {
  readonly provider: string;
  readonly text: () => string;
  /** What the user does before `lab up`: comments and commands, line by line. Default: nothing. */
  readonly steps?: readonly string[];
}

/**
 * A template is a YAML file next to this module, and a row here. In the file, `<name>`, `<provider>` and `<schema>`
 * stand for what `TemplateOptions` says, `<programs/FILE>` for a file in the folder of the compiled programs.
 */
const templates: ReadonlyMap<string, Template> = new Map<string, Template>([
  ['tp1', { provider: 'netns', text: scriptFile(new URL('tp1.yaml', import.meta.url)) }],
  [
    'virtualbox',
    { provider: 'ssh', text: scriptFile(new URL('virtualbox.yaml', import.meta.url)), steps: virtualboxSteps },
  ],
]);

const PLACEHOLDER = /<(name|provider|schema|programs)(?:\/([^>]+))?>/g;

/** The names that `labTemplate` knows, the default first. */
export const labTemplates: readonly string[] = [...templates.keys()];

/**
 * The text of a commented `lab.yaml` that passes validation as it stands, once its programs are built.
 *
 * @throws {UsageError} `unknown-template`, with the known names; `wrong-name` when `name` is no legal host name.
 */
export function labTemplate(template: string, options: TemplateOptions = {}): string {
  const { text, provider: own } = templateNamed(template);
  const {
    name = template,
    provider = own,
    schemaPath = './lab.schema.json',
    programsFolder = 'dist/programs',
  } = options;
  checkLabName(name);
  return filled(text(), { name, provider, schemaPath, programsFolder });
}

/** What is to be done before the machines of a template can be used. @throws {UsageError} `unknown-template` */
export function templateSteps(template: string): readonly string[] {
  return templateNamed(template).steps ?? [];
}

function templateNamed(name: string): Template {
  const template = templates.get(name);
  if (!template)
    throw new UsageError(say`there is no template "${name}"`, {
      code: 'unknown-template',
      hint: suggestion(name, labTemplates),
    });
  return template;
}

function filled(text: string, { name, provider, schemaPath, programsFolder }: FilledOptions): string {
  const values = { name, provider, schema: schemaPath };
  return text.replaceAll(PLACEHOLDER, (_whole, what: keyof typeof values | 'programs', file: string) =>
    what === 'programs' ? word(join(programsFolder, file)) : values[what],
  );
}

/** A path as a word of a list in brackets. */
function word(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
