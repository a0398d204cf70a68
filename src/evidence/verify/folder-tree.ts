import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NoFile } from '../../report/record/misfit.ts';

/** What lies in a folder: paths below it, and whether each is an ordinary file. */
export type FolderTree = ReadonlyMap<string, 'file' | NoFile>;

/** More entries or levels than any run has: such a folder is not looked at further. */
const MOST_ENTRIES = 20_000;
const MOST_LEVELS = 32;

/**
 * What is in a folder and the folders below it. Links are told, never followed: the folder may come from someone else.
 * Empty for a folder that cannot be read.
 */
export async function folderTree(folder: string): Promise<FolderTree> {
  const found = new Map<string, 'file' | NoFile>();
  await look(folder, '', found);
  return found;
}

async function look(folder: string, below: string, found: Map<string, 'file' | NoFile>): Promise<void> {
  const entries = await opendir(join(folder, below)).catch(() => undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    if (found.size >= MOST_ENTRIES) return;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isFile() ? 'file' : kindOf(entry);
    if (kind !== 'folder') found.set(path, kind);
    else if (path.split('/').length < MOST_LEVELS) await look(folder, path, found);
    else found.set(path, 'folder');
  }
}

interface Entry {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** What stands there, if it is no ordinary file. */
export function kindOf(entry: Entry): NoFile {
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isFIFO()) return 'pipe';
  return entry.isSocket() ? 'socket' : 'device';
}
