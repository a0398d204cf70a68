import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { EnvironmentError, UsageError, messageOf, systemCode } from '../../core/errors.ts';
import { isInside } from '../../core/files/inside.ts';
import { oddKind } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { labJsonSchema } from '../../lab/fields/json-schema.ts';
import { labTemplate, templateSteps } from '../../lab/templates/template.ts';
import { stepJsonSchema } from '../../scenario/step-schema.ts';
import type { CommandContext } from '../../session/context.ts';

export interface InitOptions {
  readonly template: string;
  readonly force: boolean;
  /** Absolute path of the folder of our compiled server and client. */
  readonly programsFolder: string;
}

export interface InitResult {
  readonly file: string;
  /** What the file points editors at; it is rewritten each time. */
  readonly schemaFile: string;
  /**
   * Our server and client, copied next to it: with them the folder is whole, and can be moved or mailed. Empty where
   * they lie in it already.
   */
  readonly programs: readonly string[];
  readonly template: string;
  /** What is to be done before the machines can be used: comments that begin with `#`, and commands. */
  readonly steps: readonly string[];
}

const programs = ['server.js', 'client.js'];

/**
 * Writes a commented lab file, and next to it the JSON Schema that editors check it with and the programs that it
 * names.
 *
 * @throws {UsageError} when there is a lab file or another program of that name already and `force` is not set, or for
 * an unknown template.
 */
export async function init(
  { labFile, overrides, providers }: CommandContext,
  { template, force, programsFolder }: InitOptions,
): Promise<InitResult> {
  const folder = dirname(labFile);
  const schemaFile = join(folder, 'lab.schema.json');
  const ownFolder = isInside(folder, programsFolder) ? programsFolder : join(folder, 'programs');
  const text = labTemplate(template, {
    ...overrides,
    schemaPath: `./${basename(schemaFile)}`,
    programsFolder: relative(folder, ownFolder),
  });
  const programs = ownFolder === programsFolder ? [] : await readPrograms(programsFolder, ownFolder, force);
  await write(labFile, text, force ? 'w' : 'wx');
  const schema = labJsonSchema({ providers: providers.names, step: stepJsonSchema() });
  await write(schemaFile, `${JSON.stringify(schema, undefined, 2)}\n`, 'w');
  if (programs.length > 0) await mkdir(ownFolder, { recursive: true });
  for (const { file, content } of programs) await write(file, content, 'w');
  return {
    file: labFile,
    schemaFile,
    programs: programs.map(({ file }) => file),
    template,
    steps: templateSteps(template),
  };
}

/** What is to be written into the new folder; nothing of the user's is replaced without `force`. */
async function readPrograms(
  from: string,
  to: string,
  force: boolean,
): Promise<{ readonly file: string; readonly content: string }[]> {
  return Promise.all(
    programs.map(async (name) => {
      const file = join(to, name);
      const content = await readFile(join(from, name), 'utf8').catch((cause: unknown) => {
        throw new EnvironmentError(say`lab is not whole: ${join(from, name)} cannot be read`, {
          code: 'not-built',
          cause,
          hint: say`Install lab again, or build its checkout again: npm run setup`,
        });
      });
      await refuseOdd(file);
      const there = await readFile(file, 'utf8').catch(() => undefined);
      if (there !== undefined && there !== content && !force) {
        throw new UsageError(say`${file} is there already, and is another program`, {
          code: 'lab-file-exists',
          hint: say`Use --force to replace it, or start in another folder.`,
        });
      }
      return { file, content };
    }),
  );
}

/** Writing to a named pipe would wait until someone reads it. */
async function refuseOdd(file: string): Promise<void> {
  const kind = oddKind(await stat(file).catch(() => undefined));
  if (kind !== undefined)
    throw new UsageError(say`${file} is no ordinary file but ${kind}`, {
      code: 'lab-file-exists',
      hint: say`Move it away, or use -f to write another file.`,
    });
}

async function write(file: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  await refuseOdd(file);
  try {
    await writeFile(file, text, { flag });
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST')
      throw new UsageError(say`${file} is there already`, {
        code: 'lab-file-exists',
        cause,
        hint: say`Use --force to replace it, or -f to write another file.`,
      });
    throw new EnvironmentError(say`cannot write ${file}: ${messageOf(cause)}`, {
      code: 'cannot-write',
      cause,
      hint: say`Choose a folder that exists and that you may write to.`,
    });
  }
}
