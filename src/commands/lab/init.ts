import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { EnvironmentError, UsageError, messageOf, systemCode } from '../../core/errors.ts';
import { oddKind } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { spokenLanguage } from '../../core/language/speak.ts';
import { labJsonSchema } from '../../lab/fields/json-schema.ts';
import {
  labTemplates,
  languagesOf,
  templateFiles,
  templateSteps,
  templateTitle,
  type ProgramLanguage,
  type TemplateFile,
} from '../../lab/templates/template.ts';
import { stepJsonSchema } from '../../scenario/step-schema.ts';
import type { CommandContext } from '../../session/context.ts';

export interface InitOptions {
  /** Default: the first that there is. */
  readonly template?: string | undefined;
  /** Language of the programs. Default: the first that the template has. */
  readonly language?: string | undefined;
  /** Whether the programs with bugs are wanted, too. */
  readonly variants: boolean;
  readonly force: boolean;
}

export interface InitResult {
  readonly file: string;
  /** What the file points editors at; it is rewritten each time. */
  readonly schemaFile: string;
  /** The programs that it names, next to it: with them the folder is whole, and can be moved, mailed and committed. */
  readonly programs: readonly string[];
  /** All files of the folder: those above, the handout, and what else the template has. */
  readonly files: readonly string[];
  readonly template: string;
  readonly language: ProgramLanguage;
  /** What is to be done before the machines can be used: comments that begin with `#`, and commands. */
  readonly steps: readonly string[];
}

/** What one line of `lab init --list` says. */
export interface ListedTemplate {
  readonly name: string;
  readonly title: string;
  readonly languages: readonly ProgramLanguage[];
}

/** Git is to keep the folder without what lab makes there. */
const IGNORED = '.lab/\n';

interface NewFile {
  readonly path: string;
  readonly content: string | Buffer;
}

/**
 * Writes the folder of a practical: the lab file, the programs that it names, the handout, and the JSON Schema that
 * editors check the lab file with. It makes the folder when there is none.
 *
 * @throws {UsageError} when a file of another content is there already and `force` is not set, or for an unknown
 * template or language; then nothing is written.
 */
export async function init(
  { labFile, overrides, providers }: CommandContext,
  { template = labTemplates[0]!, language, variants, force }: InitOptions,
): Promise<InitResult> {
  const folder = dirname(labFile);
  const lang = spokenLanguage();
  const files = templateFiles(template, { ...overrides, language, lang, variants }).map((file) =>
    placed(file, labFile),
  );
  const missing = await filesToWrite(files, { labFile, force });
  const schemaFile = join(folder, 'lab.schema.json');
  const schema = labJsonSchema({ providers: providers.names, step: stepJsonSchema() });
  for (const file of missing) await write(file);
  await write({ path: schemaFile, content: `${JSON.stringify(schema, undefined, 2)}\n` });
  const ignoreFile = join(folder, '.gitignore');
  const hasOwnList = (await stat(ignoreFile).catch(() => undefined)) !== undefined;
  if (!hasOwnList) await write({ path: ignoreFile, content: IGNORED });
  const paths = files.map(({ path }) => path);
  return {
    file: labFile,
    schemaFile,
    programs: paths.filter((path) => dirname(path) === join(folder, 'programs')),
    files: [...paths, schemaFile, ...(hasOwnList ? [] : [ignoreFile])],
    template,
    language: (language as ProgramLanguage | undefined) ?? languagesOf(template)[0]!,
    steps: templateSteps(template),
  };
}

/** All templates, the default first. */
export function listTemplates(): ListedTemplate[] {
  return labTemplates.map((name) => ({
    name,
    title: templateTitle(name, spokenLanguage()),
    languages: languagesOf(name),
  }));
}

function placed({ path, content }: TemplateFile, labFile: string): NewFile {
  return { path: path === 'lab.yaml' ? labFile : join(dirname(labFile), path), content };
}

/** Those that are not there yet as they should be; nothing of the user's is replaced without `force`. */
async function filesToWrite(
  files: readonly NewFile[],
  { labFile, force }: { readonly labFile: string; readonly force: boolean },
): Promise<NewFile[]> {
  const there = await Promise.all(files.map(async (file) => ({ ...file, found: await contentOf(file.path) })));
  const missing = there.filter(({ found, content }) => found === undefined || !found.equals(Buffer.from(content)));
  if (force) return missing;
  const others = missing.filter(({ found }) => found !== undefined).map(({ path }) => path);
  if (others.includes(labFile) || missing.length === 0) throw alreadyThere(say`${labFile} is there already`, 'file');
  if (others.length === 1) throw alreadyThere(say`${others[0]!} is there already, and is another file`, 'folder');
  if (others.length > 0) {
    const names = others.map((path) => relative(dirname(labFile), path)).join(', ');
    throw alreadyThere(say`files of these names are there already in ${dirname(labFile)}: ${names}`, 'folder');
  }
  return missing;
}

function alreadyThere(message: string, cure: 'file' | 'folder'): UsageError {
  return new UsageError(message, {
    code: 'lab-file-exists',
    hint:
      cure === 'file'
        ? say`Use --force to replace it, or "lab init --in FOLDER" to start in another folder.`
        : say`Start in another folder with "lab init --in FOLDER", or use --force to replace what is there.`,
  });
}

/** Undefined where there is no file. Reading a named pipe would wait until someone writes to it. */
async function contentOf(path: string): Promise<Buffer | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  const kind = oddKind(info);
  if (kind !== undefined)
    throw new UsageError(say`${path} is no ordinary file but ${kind}`, {
      code: 'lab-file-exists',
      hint: say`Move it away, or use -f to write another file.`,
    });
  return readFile(path);
}

async function write({ path, content }: NewFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (cause) {
    const isFolder = systemCode(cause) === 'EEXIST' || systemCode(cause) === 'ENOTDIR';
    throw new EnvironmentError(say`cannot write ${path}: ${messageOf(cause)}`, {
      code: 'cannot-write',
      cause,
      hint: isFolder
        ? say`A file stands where a folder is needed: ${basename(dirname(path))}. Start in another folder.`
        : say`Choose a folder that exists and that you may write to.`,
    });
  }
}
