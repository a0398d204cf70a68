import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openStored } from '../files/stored-file.ts';
import { storing } from '../../host/files/storage-error.ts';
import { unless } from '../files/storage.ts';
import { say } from '../../core/language/say.ts';

/**
 * Among the runs: their names, one a line, in the order in which they were made. Clocks are set back and several runs
 * are made in a second, so names do not tell.
 */
export function orderPath(stateFolder: string): string {
  return join(stateFolder, 'runs', 'order');
}

/** More than a lab has in its life. Bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Notes that a run was made after all others. One write(2) with O_APPEND, so two at once do not mix; the line feed
 * before it ends a line that a crash cut.
 *
 * @throws {EnvironmentError} when it cannot be written.
 */
export async function noteRun(stateFolder: string, id: string): Promise<void> {
  const path = orderPath(stateFolder);
  await storing(say`cannot write ${path}`, async () => {
    await using file = await open(
      path,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      0o600,
    );
    await file.write(`\n${id}\n`);
  });
}

/**
 * Ids, newest first. Those that were not noted (an older lab made them, or the file is gone) are older than those that
 * were; among them names tell, and `latest`.
 */
export async function newestFirst(stateFolder: string, ids: readonly string[]): Promise<string[]> {
  const noted = new Map((await readOrder(stateFolder)).map((id, index) => [id, index]));
  const latest =
    noted.size > 0
      ? undefined
      : await unless(['ENOENT', 'EINVAL', 'ENOTDIR'], readlink(join(stateFolder, 'runs', 'latest')));
  const rank = (id: string): number => noted.get(id) ?? (id === latest ? -1 : -2);
  return ids.toSorted((a, b) => rank(b) - rank(a) || b.localeCompare(a, 'en', { numeric: true }));
}

/** Empty when it cannot be read: then names decide. */
async function readOrder(stateFolder: string): Promise<string[]> {
  await using file = await openStored(orderPath(stateFolder)).catch(() => undefined);
  if (file === undefined || (await file.stat()).size > MOST_BYTES) return [];
  return (await file.readFile('utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}
