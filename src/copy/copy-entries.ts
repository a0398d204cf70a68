import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';

/** A file or folder below the thing that is copied; `path` is relative, with `/`, and empty for the thing itself. */
export interface CopyEntry {
  readonly path: string;
  readonly folder: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: number;
}

/** Something that is not copied, and why: a few words, without a full stop. */
export interface NotCopied {
  readonly path: string;
  readonly reason: string;
}

/** What is below the thing that is to be copied. */
export interface Tree {
  readonly entries: readonly CopyEntry[];
  readonly left: readonly NotCopied[];
}

/** More than this is reported as too much, and not held in memory. */
const MOST_ENTRIES = 200_000;

/** Bits of `st_mode` that tell the kind (inode(7)). */
const kinds: Readonly<Record<number, string>> = {
  0o010000: say`it is a named pipe`,
  0o020000: say`it is a device`,
  0o060000: say`it is a device`,
  0o140000: say`it is a socket`,
};

/** Pure: what `st_mode` says of something that is followed to its end: a folder, a file, or why it cannot be copied. */
export function kindOf(mode: number): 'folder' | 'file' | { readonly reason: string } {
  const kind = mode & 0o170000;
  if (kind === 0o040000) return 'folder';
  return kind === 0o100000 ? 'file' : { reason: kinds[kind] ?? say`it is neither a file nor a folder` };
}

export const reasons = {
  linkToNothing: say`it is a link to nothing, or to itself`,
  endlessLink: say`it is a link to a folder that it is in`,
  unreadableFolder: say`this folder may not be read`,
} as const;

/** @throws {EnvironmentError} for a tree that is too large, on either side. */
export function requireFew(count: number, where: string): void {
  if (count <= MOST_ENTRIES) return;
  throw new EnvironmentError(say`${where} holds more than ${MOST_ENTRIES} files and folders`, {
    code: 'too-many-files',
    hint: say`Copy its folders one by one, or an archive of it (tar).`,
  });
}

/** The system's own words, in ours; undefined for words that are not known. */
export function reasonIn(message: string): string | undefined {
  if (/No such file|ENOENT/i.test(message)) return say`no such file or folder`;
  if (/Permission denied|not permitted|EACCES|EPERM/i.test(message)) return say`permission denied`;
  if (/Too many levels|ELOOP/i.test(message)) return say`it is a link that leads to itself`;
  if (/Is a directory|EISDIR/i.test(message)) return say`a folder of that name is there`;
  if (/Not a directory|ENOTDIR/i.test(message)) return say`a file is where a folder should be`;
  if (/Read-only file system|EROFS/i.test(message)) return say`the file system is read-only`;
  if (/File name too long|ENAMETOOLONG/i.test(message)) return say`its name is too long`;
  if (/EILSEQ|Illegal byte|Invalid or incomplete/i.test(message)) return say`its name is not allowed there`;
  if (/Input\/output error|EIO/i.test(message)) return say`the disk cannot be read (input/output error)`;
  return undefined;
}
