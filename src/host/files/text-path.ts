import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';

/** What Node puts in the place of bytes that are not UTF-8; a path with it leads nowhere. */
const REPLACEMENT = '\uFFFD';

/**
 * Makes sure that a path can be used as text.
 *
 * @throws {EnvironmentError} `path-not-utf8` when it goes through a folder whose name is not UTF-8.
 */
export function requireTextPath(path: string): void {
  if (!path.includes(REPLACEMENT) || existsSync(dirname(path))) return;
  throw new EnvironmentError(say`the name of a folder is not UTF-8, so its files cannot be reached: ${dirname(path)}`, {
    code: 'path-not-utf8',
    hint: say`Rename the folder (mv, or "convmv -f latin1 -t utf8 --notest FOLDER"), or copy what is in it to another one.`,
  });
}
