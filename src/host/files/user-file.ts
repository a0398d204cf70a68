import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode, UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { storing } from './storage-error.ts';

/**
 * Writes a file where the user wants it.
 *
 * @throws {UsageError} when its folder is missing. @throws {EnvironmentError} when it cannot be written.
 */
export async function writeUserFile(path: string, text: string, mode?: number): Promise<void> {
  try {
    await storing(say`cannot write ${path}`, () => writeFile(path, text, mode === undefined ? {} : { mode }));
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause;
    throw new UsageError(say`there is no folder ${dirname(path)}`, {
      code: 'no-folder',
      hint: say`Make it first (mkdir -p), or name another file.`,
      cause,
    });
  }
}
