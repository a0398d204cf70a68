import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jsonText } from '../../core/json/json-text.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { storing } from '../../host/files/storage-error.ts';
import { replaceFile, syncFolder } from '../files/storage.ts';
import { say } from '../../core/language/say.ts';

/** Kept free for the end of a run: more than a scenario of some hundred steps needs. Bytes. */
const RESERVED_BYTES = 64 * 1024;

/**
 * Writes `run.json` at the start of a run, and next to it a file of blanks as large as the end of the run may be: a
 * disk that gets full meanwhile has the room for it.
 *
 * @throws {EnvironmentError} when it cannot be written.
 */
export async function beginRunFile(path: string, document: RunDocument): Promise<void> {
  await storing(say`cannot write ${path}`, async () => {
    await writeFile(reserveOf(path), Buffer.alloc(RESERVED_BYTES, ' '), { flag: 'wx', mode: 0o600 });
    await writeFile(path, textOf(document), { flag: 'wx', mode: 0o600 });
  });
}

/**
 * Replaces `run.json` at the end of a run: a reader sees the old or the new one. Needs no room on the disk;
 * where that does not hold the whole document, its lists are left out. May be called twice.
 *
 * @throws {EnvironmentError} when not even that can be written, or only a part.
 */
export async function endRunFile(path: string, document: RunDocument): Promise<void> {
  if (await fillReserve(path, document)) return;
  try {
    await replaceFile(path, textOf(document));
  } catch (error) {
    const short = {
      ...document,
      reason: document.reason?.slice(0, 1000) ?? null,
      steps: [],
      portChecks: [],
      portsFreed: [],
      commands: [],
    };
    await fillReserve(path, short).catch(() => undefined);
    throw error;
  }
}

/**
 * False when it has too little room, or was used already. Nothing new is allocated: the blocks and both names are
 * there.
 */
async function fillReserve(path: string, document: RunDocument): Promise<boolean> {
  const content = Buffer.from(textOf(document));
  if (content.length > RESERVED_BYTES) return false;
  try {
    await using file = await open(reserveOf(path), 'r+');
    await file.write(content, 0, content.length, 0);
    await file.truncate(content.length);
    await file.sync();
    await rename(reserveOf(path), path);
    await syncFolder(dirname(path));
    return true;
  } catch {
    // A file system that writes elsewhere what is changed (btrfs) has more room without it; the usual way tells what is
    // wrong.
    await rm(reserveOf(path), { force: true }).catch(() => undefined);
    return false;
  }
}

function reserveOf(path: string): string {
  return `${path}.tmp`;
}

function textOf(document: RunDocument): string {
  return `${jsonText(document, 2)}\n`;
}
