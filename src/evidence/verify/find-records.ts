import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from './compare-result.ts';
import { EVENTS_FILE } from './told-record.ts';

/** Deeper, or more, is no hand-in: `CLASS/STUDENT/tp1/.lab/runs/RUN` has six levels. */
const MOST_LEVELS = 8;
const MOST_RECORDS = 1000;
const MOST_FOLDERS = 20_000;

/**
 * The run folders at or below a folder, by path: a run that was handed in, a lab with all its runs, an unpacked hand-in.
 * Links are not followed.
 */
export async function findRecords(folder: string): Promise<string[]> {
  const found: string[] = [];
  let looked = 0;
  const look = async (path: string, levels: number): Promise<void> => {
    if (found.length >= MOST_RECORDS || (looked += 1) > MOST_FOLDERS) return;
    if (await isRecord(path)) return void found.push(path);
    if (levels === 0) return;
    for (const name of await foldersIn(path)) await look(join(path, name), levels - 1);
  };
  await look(folder, MOST_LEVELS);
  return found;
}

async function isRecord(path: string): Promise<boolean> {
  for (const name of [RUN_FILE, EVENTS_FILE])
    if ((await lstat(join(path, name)).catch(() => undefined)) !== undefined) return true;
  return false;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await opendir(path).catch(() => undefined);
  const names: string[] = [];
  if (entries !== undefined)
    for await (const entry of entries) if (entry.isDirectory() && entry.name !== 'node_modules') names.push(entry.name);
  return names.toSorted();
}
