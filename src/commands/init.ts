import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { EnvironmentError, UsageError, messageOf, systemCode } from '../core/errors.ts';
import { oddKind } from '../core/ordinary-file.ts';
import { labJsonSchema } from '../lab/schema.ts';
import { labTemplate, templateSteps } from '../lab/template.ts';
import type { CommandContext } from './context.ts';

export interface InitOptions {
  readonly template: string;
  readonly force: boolean;
  /** Absolute path of the folder of our compiled server and client. */
  readonly programsFolder: string;
}

export interface InitResult {
  readonly file: string;
  /** What the file points editors at; it is written anew each time. */
  readonly schemaFile: string;
  readonly template: string;
  /** What is to be done before the machines can be used: comments that begin with `#`, and commands. */
  readonly steps: readonly string[];
}

/**
 * Writes a commented lab file, and beside it the JSON Schema that editors check it with.
 *
 * @throws {UsageError} when there is a lab file already and `force` is not set, or for an unknown template.
 */
export async function init({ labFile, overrides }: CommandContext, { template, force, programsFolder }: InitOptions): Promise<InitResult> {
  const folder = dirname(labFile);
  const schemaFile = join(folder, 'lab.schema.json');
  const text = labTemplate(template, { ...overrides, schemaPath: `./${basename(schemaFile)}`, programsFolder: relative(folder, programsFolder) });
  await write(labFile, text, force ? 'w' : 'wx');
  await write(schemaFile, `${JSON.stringify(labJsonSchema(), undefined, 2)}\n`, 'w');
  return { file: labFile, schemaFile, template, steps: templateSteps(template) };
}

/** Writing to a named pipe would wait until somebody reads it. */
async function refuseOdd(file: string): Promise<void> {
  const kind = oddKind(await stat(file).catch(() => undefined));
  if (kind !== undefined) throw new UsageError(`${file} is no ordinary file but ${kind}`, { code: 'lab-file-exists', hint: 'Move it away, or use -f to write another file.' });
}

async function write(file: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  await refuseOdd(file);
  try {
    await writeFile(file, text, { flag });
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw new UsageError(`${file} is there already`, { code: 'lab-file-exists', cause, hint: 'Use --force to replace it, or -f to write another file.' });
    throw new EnvironmentError(`cannot write ${file}: ${messageOf(cause)}`, { code: 'cannot-write', cause, hint: 'Choose a folder that exists and that you may write to.' });
  }
}
