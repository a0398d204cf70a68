import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** stat(2): `st_blocks` counts in these, whatever the file system has. */
const BLOCK_BYTES = 512;
/** No run of lab comes near; a folder that holds more is not looked through, as it would take minutes. */
const MOST_ENTRIES = 100_000;

/**
 * What a folder takes on the disk with all that is in it, links not followed. Undefined when it holds too much to be
 * counted. What cannot be looked at, or goes meanwhile, does not count.
 */
export async function folderSize(folder: string): Promise<number | undefined> {
  let bytes = await sizeOf(folder);
  let entries = 0;
  const folders = [folder];
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    const found = await readdir(path, { withFileTypes: true }).catch(() => []);
    if ((entries += found.length) > MOST_ENTRIES) return undefined;
    for (const entry of found) {
      bytes += await sizeOf(join(path, entry.name));
      if (entry.isDirectory()) folders.push(join(path, entry.name));
    }
  }
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  return ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
}
