import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../core/errors.ts';
import type { LanguageCode } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { checkLabName } from '../fields/rules.ts';
import { chosenLines } from './marked-lines.ts';
import { readVariants, withBug, type Variant } from './variants.ts';
import { virtualboxSteps } from './virtualbox-steps.ts';

/** The folder `templates` of the checkout or the package, from this module and from the compiled one. */
const templatesFolder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../templates' : '../../templates', import.meta.url),
);

interface Template {
  /** The template whose programs and handout it has; undefined: its own. */
  readonly like?: string;
  /** What the user does before `lab up`: comments and commands, line by line. */
  readonly steps?: readonly string[];
}

/** Each is a folder of that name in `templates`. They are listed in this order, the default first. */
const templates: ReadonlyMap<string, Template> = new Map<string, Template>([
  ['tp1', {}],
  ['tp2-udp', {}],
  ['tp3-multi', {}],
  ['chat', {}],
  ['file', {}],
  ['http', {}],
  ['routing', {}],
  ['nat-firewall', {}],
  ['lan', {}],
  ['tcp-control', {}],
  ['virtualbox', { like: 'tp1', steps: virtualboxSteps }],
]);

/** The names of the templates, the default first. */
export const labTemplates: readonly string[] = [...templates.keys()];

/** Languages that programs of templates are written in, the default first. */
export const programLanguages = ['python', 'c', 'java', 'typescript'] as const;
export type ProgramLanguage = (typeof programLanguages)[number];

/** What tags of marked lines may be: see `chosenLines`. */
const tags: ReadonlySet<string> = new Set(['en', 'fr', ...programLanguages]);

export interface TemplateOptions {
  /** Language of the programs. Default: the first that the template has. */
  readonly language?: string | undefined;
  /** Language of the handout. */
  readonly lang: LanguageCode;
  /** Name of the lab. Default: the template's own. */
  readonly name?: string | undefined;
  /** Default: the template's own. */
  readonly provider?: string | undefined;
  /** Whether the programs with bugs in them are wanted as well, for whoever teaches. */
  readonly variants?: boolean | undefined;
}

/** A file of a new lab; `path` starts at its folder, with `/`. */
export interface TemplateFile {
  readonly path: string;
  readonly content: string | Buffer;
}

/**
 * All files of the folder that `lab init` makes: `lab.yaml`, `task.md`, `programs` and what else the template has. They
 * name nothing outside the folder.
 *
 * @throws {UsageError} `unknown-template`, `unknown-language`, with the known ones; `wrong-name` when `name` is no legal
 * host name.
 */
export function templateFiles(template: string, options: TemplateOptions): TemplateFile[] {
  const { like = template } = templateNamed(template);
  const language = chosenLanguage(template, options.language);
  const chosen = new Set([language, options.lang]);
  const text = (path: string): string => chosenLines(readText(path), chosen, tags);
  const home = join(templatesFolder, like);
  return [
    { path: 'lab.yaml', content: named(text(join(templatesFolder, template, 'lab.yaml')), template, options) },
    { path: 'task.md', content: text(join(home, `task.${options.lang}.md`)) },
    ...filesBelow(join(home, 'programs', language)).map(({ path, content }) => ({ path: `programs/${path}`, content })),
    ...(existsSync(join(home, 'files')) ? filesBelow(join(home, 'files')) : []),
    ...(options.variants === true ? variantFiles(template, language, options.lang) : []),
  ];
}

/** What the template is about, in one line: the heading of its handout. @throws {UsageError} `unknown-template` */
export function templateTitle(template: string, lang: LanguageCode): string {
  const { like = template, steps } = templateNamed(template);
  const title = /^# (.*)$/m.exec(readText(join(templatesFolder, like, `task.${lang}.md`)))?.[1] ?? template;
  return steps === undefined ? title : say`${title} (on machines of VirtualBox)`;
}

/** The languages that the template has programs in, the default first. @throws {UsageError} `unknown-template` */
export function languagesOf(template: string): ProgramLanguage[] {
  const { like = template } = templateNamed(template);
  const there = readdirSync(join(templatesFolder, like, 'programs'));
  return programLanguages.filter((language) => there.includes(language));
}

/** The programs with bugs that the scenarios of the template must find. @throws {UsageError} `unknown-template` */
export function templateVariants(template: string): Variant[] {
  const { like = template } = templateNamed(template);
  return readVariants(join(templatesFolder, like));
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

function chosenLanguage(template: string, wanted: string | undefined): ProgramLanguage {
  const known = languagesOf(template);
  const language = wanted === undefined ? known[0] : known.find((each) => each === wanted);
  if (language === undefined)
    throw new UsageError(say`the template "${template}" has no programs in "${wanted ?? ''}"`, {
      code: 'unknown-language',
      hint: say`Known: ${known.join(', ')}`,
    });
  return language;
}

function named(text: string, template: string, { name = template, provider }: TemplateOptions): string {
  checkLabName(name);
  const withName = text.replace(/^name: \S+/m, `name: ${name}`);
  return provider === undefined ? withName : withName.replace(/^provider: \S+/m, `provider: ${provider}`);
}

function variantFiles(template: string, language: ProgramLanguage, lang: LanguageCode): TemplateFile[] {
  const { like = template } = templateNamed(template);
  // Of the language, or, such as rules and routes, the same in all.
  const programs = ['files/programs', `programs/${language}`].map((path) => join(templatesFolder, like, path));
  const right = ({ file }: Variant): string =>
    readText(programs.map((folder) => join(folder, file)).find((path) => existsSync(path)) ?? join(programs[1]!, file));
  const variants = templateVariants(template).filter((variant) => variant.language === language);
  const list = variants.map(
    ({ name, file, bug, step, says }) =>
      say`- \`${name}/${file}\`: ${bug[lang]} The scenario fails at its step ${step}: "${says}".\n`,
  );
  return [
    { path: 'variants/README.md', content: `${variantsHeading()}\n\n${list.join('') || noVariants(template)}` },
    ...variants.map((variant) => ({
      path: `variants/${variant.name}/${variant.file}`,
      content: withBug(right(variant), variant),
    })),
  ];
}

/** Those in the language that comes first are enough to try a scenario. */
function noVariants(template: string): string {
  const [first = ''] = languagesOf(template);
  return say`There are none in this language. Those in another one: lab init --template ${template} --language ${first} --variants\n`;
}

function variantsHeading(): string {
  return [
    `# ${say`Programs with bugs`}`,
    say`For whoever teaches, not for students. Each one is to fail: copy it over the one in "programs", then "lab run".`,
  ].join('\n\n');
}

function filesBelow(folder: string): TemplateFile[] {
  return globSync('**/*', { cwd: folder })
    .filter((path) => statSync(join(folder, path)).isFile() && basename(path) !== '.gitignore')
    .toSorted()
    .map((path) => ({ path: path.split(sep).join('/'), content: readFileSync(join(folder, path)) }));
}

/** Git gives files of a Windows host carriage returns. */
function readText(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
}
