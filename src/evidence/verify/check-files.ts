import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { hashOf, type HashedFile } from '../../core/files/sha256.ts';
import type { Misfit, MisfitFacts } from '../../report/record/misfit.ts';
import { openStored } from '../../state/files/stored-file.ts';
import { folderTree, type FolderTree } from './folder-tree.ts';

/** All files of a run together; more than this takes minutes, and a file with holes may pretend to hold any size. Bytes. */
const MOST_BYTES = 8 * 1024 ** 3;

/** What may lie in the folder of a run besides its record: made from it, or put there by file managers. */
const BESIDES =
  /^(?:run\.json(?:\.sig)?|report\.(?:html|md|json|xml))$|(?:^|\/)(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$/;

/**
 * Compares what lies in the folder of a run with the files that `run.json` lists. Only files of the list are read, only
 * where all of it has the right size, and no link is followed.
 */
export async function checkFiles(
  folder: string,
  listed: readonly HashedFile[],
  signal?: AbortSignal,
): Promise<Misfit[]> {
  const tree = await folderTree(folder);
  const names = new Set(listed.map(({ name }) => name));
  const misfits: Misfit[] = [];
  let room = MOST_BYTES;
  for (const file of listed) {
    signal?.throwIfAborted();
    const facts = file.sizeBytes > room ? tooLarge : await checkFile(folder, file, { tree, signal });
    room -= Math.min(room, file.sizeBytes);
    if (facts !== undefined) misfits.push({ file: file.name, ...facts });
  }
  const added = [...tree.keys()].filter((name) => !names.has(name) && !BESIDES.test(name));
  return [...misfits, ...added.toSorted().map((file): Misfit => ({ file, kind: 'added' }))];
}

const tooLarge: MisfitFacts = { kind: 'too-large', mostBytes: MOST_BYTES };

async function checkFile(
  folder: string,
  { name, sizeBytes, sha256 }: HashedFile,
  { tree, signal }: { readonly tree: FolderTree; readonly signal: AbortSignal | undefined },
): Promise<MisfitFacts | undefined> {
  const what = tree.get(name);
  if (what === undefined) return { kind: 'missing' };
  if (what !== 'file') return { kind: 'no-file', what };
  try {
    await using file = await openStored(join(folder, name));
    if (file === undefined) return { kind: 'missing' };
    const { size } = await file.stat();
    if (size !== sizeBytes) return { kind: 'size', stored: sizeBytes, seen: size };
    const { sha256: seen } = await hashOf(
      file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024, signal }),
    );
    return seen === sha256 ? undefined : { kind: 'hash', stored: sha256, seen };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'unreadable', reason: messageOf(error) };
  }
}
