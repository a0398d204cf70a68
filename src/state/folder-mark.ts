import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makeOwnFolder, readOwnFile } from './files/own-file.ts';
import { parsePlace, placeOf, type Place } from './place.ts';
import { replaceFile } from './files/storage.ts';

/**
 * What a `.lab` folder says of itself, in `keys/folder.json`. It outlives `down`, as the keys do, so that a copy can be
 * distinguished from the original folder.
 */
export interface FolderMark {
  /** Of the folder; the same in its copies. */
  readonly id: string;
  /** Where the folder lay when the mark was written. */
  readonly place: Place;
}

function markPath(folder: string): string {
  return join(folder, 'keys', 'folder.json');
}

/**
 * The mark of a `.lab` folder; undefined when it has none that makes sense.
 *
 * @throws {EnvironmentError} when it cannot be read.
 */
export async function readMark(folder: string): Promise<FolderMark | undefined> {
  const file = readOwnFile(markPath(folder), { maxBytes: 65_536 });
  if (typeof file === 'string') return undefined;
  try {
    const { id, place } = JSON.parse(file.text) as { readonly id?: unknown; readonly place?: unknown };
    const parsed = parsePlace(place);
    return typeof id === 'string' && parsed !== undefined ? { id, place: parsed } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the mark say where the folder lies now; with `isNew` it gets a new `id`, so that it no longer passes for the
 * folder that it was copied from. Call it with the lab's lock held.
 *
 * @throws {EnvironmentError} as `replaceFile`.
 */
export async function keepMark(folder: string, { isNew = false } = {}): Promise<void> {
  const place = placeOf(folder);
  const before = await readMark(folder);
  if (place === undefined || (!isNew && before?.place.path === place.path && before.place.inode === place.inode))
    return;
  makeOwnFolder(join(folder, 'keys'));
  const mark: FolderMark = { id: isNew ? randomUUID() : (before?.id ?? randomUUID()), place };
  // One that a power cut spoils is only missing: then the folder counts as its own.
  await replaceFile(markPath(folder), `${JSON.stringify({ schemaVersion: 1, ...mark }, undefined, 2)}\n`, {
    durable: false,
  });
}

/**
 * Whether the folder lies where it was marked, so that what it holds was written here: in one that was copied, or
 * unpacked from an archive, someone else may have written it.
 */
export async function isMarkedHere(folder: string): Promise<boolean> {
  const here = placeOf(folder);
  return here !== undefined && (await readMark(folder).catch(() => undefined))?.place.inode === here.inode;
}
