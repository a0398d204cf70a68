import { accessSync, chownSync, closeSync, constants, fstatSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { commandAs, describeUser, sudoCaller, type SudoCaller } from '../host/other-users.ts';
import { say } from '../core/language/say.ts';

/**
 * Who called lab with sudo, if the lab is theirs: its folder, or the `.lab` that is there. What root makes in `.lab`
 * then becomes theirs.
 */
export function callerOf(stateFolder: string): SudoCaller | undefined {
  const caller = sudoCaller();
  return caller !== undefined && [stateFolder, dirname(stateFolder)].some((path) => ownerOf(path) === caller.uid)
    ? caller
    : undefined;
}

/**
 * Gives all that root made in a `.lab` folder to the caller of sudo, or `sudo lab up` would lock the owner of the lab
 * out of it. The caller may change the folder meanwhile: each entry is held by a descriptor before it is looked at
 * (open(2), O_PATH and O_NOFOLLOW), so no link leads elsewhere, and what has a second name (link(2)) or lies on another
 * file system stays as it is.
 */
export function handBack(stateFolder: string, caller: SudoCaller): void {
  handBackEntry(stateFolder, caller, undefined);
}

function handBackEntry(path: string, caller: SudoCaller, device: number | undefined): void {
  const entry = openEntry(path);
  if (entry === undefined) return;
  const held = `/proc/self/fd/${entry}`;
  try {
    const { dev, uid, nlink, ...found } = fstatSync(entry);
    const isFolder = (found.mode & constants.S_IFMT) === constants.S_IFDIR;
    if (device !== undefined && dev !== device) return;
    if (isFolder) for (const name of readdirSync(held)) handBackEntry(join(held, name), caller, dev);
    if (uid === 0 && (isFolder || nlink === 1)) chownSync(held, caller.uid, caller.gid);
  } finally {
    closeSync(entry);
  }
}

/**
 * open(2): a place in the file system and nothing else; Node has no name for it. The same number on x86-64 and ARM64.
 */
const PLACE_ONLY = 0o1000_0000;

/** Undefined when it is gone. */
function openEntry(path: string): number | undefined {
  try {
    return openSync(path, PLACE_ONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}

/**
 * A link in the place of `.lab` leads wherever its owner wants: it counts when that is this user or root.
 *
 * @throws {EnvironmentError} for one of another user.
 */
export function requireOwnLink(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() !== true || found.uid === 0 || found.uid === process.geteuid?.()) return;
  throw new EnvironmentError(say`${folder} is a link that ${describeUser(found.uid)} made`, {
    code: 'state-folder-foreign',
    hint: say`Look where it leads (ls -l), and remove it: rm ${basename(folder)}`,
  });
}

/**
 * Links that the owner of a `.lab` folder can have put there would make root write elsewhere.
 *
 * @throws {EnvironmentError} with the first that is found, outside of the stored runs, which lab only adds to.
 */
export function requireNoLinks(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink())
      throw new EnvironmentError(say`${path} is a link, which lab did not make, and root does not follow it`, {
        code: 'state-folder-link',
        hint: say`Remove it: rm ${path}`,
      });
    if (entry.isDirectory() && entry.name !== 'runs') requireNoLinks(path);
  }
}

/** The error when this user may not enter the `.lab` folder of another one; undefined when that is not so. */
export function foreignUnlessReadable(folder: string): EnvironmentError | undefined {
  const owner = ownerOf(folder);
  if (owner === undefined || process.geteuid === undefined || [0, owner].includes(process.geteuid())) return undefined;
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch {
    return foreignFolder(folder, owner);
  }
}

export function foreignFolder(folder: string, owner: number): EnvironmentError {
  return new EnvironmentError(say`${folder} belongs to ${describeUser(owner)}, who ran this lab before you`, {
    code: 'state-folder-foreign',
    hint: say`${commandAs(owner)}  Or copy the folder of lab.yaml without .lab, and work in the copy.`,
  });
}

/** Undefined also for what cannot be looked at. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    return undefined;
  }
}
