import type { Stats } from 'node:fs';
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { callerOf, foreignFolder, requireNoLinks, requireOwnLink } from './folder-owner.ts';
import { isFull } from './runs/spares.ts';
import { storing } from '../host/files/storage-error.ts';
import { unless } from './files/storage.ts';
import { say } from '../core/language/say.ts';

/** Name of the folder in which a lab keeps its data. */
export const STATE_FOLDER_NAME = '.lab';

/** Where the files of a lab lie. */
export interface LabPaths {
  readonly labFile: string;
  /** Absolute. */
  readonly stateFolder?: string | undefined;
}

/** Absolute path of the `.lab` folder of a lab: next to its lab file, unless a program that opened it said otherwise. */
export function stateFolderFor({ labFile, stateFolder }: LabPaths): string {
  return stateFolder ?? join(dirname(resolve(labFile)), STATE_FOLDER_NAME);
}

/**
 * Makes the `.lab` folder, or finds it made: only its owner may enter (keys are kept there), and git ignores it. May be
 * called at any time. With `mayBeFull` a disk without room for the file that git reads is no failure: it must still
 * be possible to take the lab down.
 *
 * @throws {EnvironmentError} when the disk is full or read-only, a right is missing, a file has that name, or the
 * folder belongs to another user. Root acts for who called sudo: that user's folder is welcome, as long as no link is
 * in it.
 */
export async function ensureStateFolder(folder: string, { mayBeFull = false } = {}): Promise<void> {
  const made = await storing(say`cannot make ${folder}`, () =>
    unless(
      ['EEXIST'],
      mkdir(folder, { mode: 0o700 }).then(() => true),
    ),
  );
  if (made === undefined) await checkFolder(folder);
  await storing(say`cannot write into ${folder}`, () => ignoreAll(folder, mayBeFull));
}

async function ignoreAll(folder: string, mayBeFull: boolean): Promise<void> {
  try {
    await unless(['EEXIST'], writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }));
  } catch (error) {
    if (!mayBeFull || !isFull(error)) throw error;
  }
}

async function checkFolder(folder: string): Promise<void> {
  const found = await requireOwnFolder(folder);
  const caller = callerOf(folder);
  if (caller !== undefined && found.uid === caller.uid) requireNoLinks(folder);
  else if (found.uid === process.geteuid?.() && (found.mode & 0o777) !== 0o700)
    await storing(say`cannot protect ${folder}`, () => chmod(folder, 0o700));
}

/**
 * What another user wrote into a `.lab` folder must not be believed: it says what is run, and whom to connect to.
 *
 * @throws {EnvironmentError} when it is a file, or belongs to another user; root acts for who called sudo.
 */
export async function requireOwnFolder(folder: string): Promise<Stats> {
  requireOwnLink(folder);
  const found = await storing(say`cannot look at ${folder}`, () => unless(['ENOENT'], stat(folder)));
  if (found === undefined || !found.isDirectory()) throw notAFolder(folder);
  const isOwn = process.geteuid === undefined || [process.geteuid(), callerOf(folder)?.uid].includes(found.uid);
  if (!isOwn && (await ownerOfNewFile(folder)) !== found.uid) throw foreignFolder(folder, found.uid);
  return found;
}

/**
 * The owner that a file gets which we make there, or undefined when we may not make one. It differs from us on shared
 * folders of a virtual machine, where the mount decides who owns everything; such a folder is no other user's.
 */
async function ownerOfNewFile(folder: string): Promise<number | undefined> {
  const probe = join(folder, `probe.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const written = await unless(
      ['EACCES', 'EPERM'],
      writeFile(probe, '', { flag: 'wx', mode: 0o600 }).then(() => true),
    );
    return written === undefined ? undefined : (await stat(probe)).uid;
  } finally {
    await unless(['EACCES', 'EPERM'], rm(probe, { force: true }));
  }
}

function notAFolder(folder: string): EnvironmentError {
  return new EnvironmentError(say`${folder} is not a folder, but lab keeps its state there`, {
    code: 'state-folder-is-file',
    hint: say`Move it away: mv ${basename(folder)} ${basename(folder)}.old`,
  });
}
