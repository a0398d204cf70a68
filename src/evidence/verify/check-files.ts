import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { hashOf, type HashedFile } from '../../core/files/sha256.ts';
import type { Misfit, MisfitFacts } from '../../report/record/misfit.ts';
import { openStored } from '../../state/files/stored-file.ts';
import { folderTree, type FolderTree } from './folder-tree.ts';

/** No file of a run is larger unless somebody allowed it with `--max-output`; hashing more takes minutes. Bytes. */
const LARGEST_FILE = 8 * 1024 ** 3;

/** What may lie in the folder of a run besides its record: made from it, or put there by file managers. */
const BESIDES =
  /^(?:run\.json(?:\.sig)?|report\.(?:html|md|json|xml))$|(?:^|\/)(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$/;

/**
 * Compares what lies in the folder of a run with the files that `run.json` lists. Only files of the list are read, only
 * where all of it has the right size, and no link is followed.
 */
export async function checkFiles(folder: string, listed: readonly HashedFile[]): Promise<Misfit[]> {
  const tree = await folderTree(folder);
  const names = new Set(listed.map(({ name }) => name));
  const misfits: Misfit[] = [];
  for (const file of listed) {
    const facts = await checkFile(folder, file, tree);
    if (facts !== undefined) misfits.push({ file: file.name, ...facts });
  }
  const added = [...tree.keys()].filter((name) => !names.has(name) && !BESIDES.test(name));
  return [...misfits, ...added.toSorted().map((file): Misfit => ({ file, kind: 'added' }))];
}

async function checkFile(
  folder: string,
  { name, sizeBytes, sha256 }: HashedFile,
  tree: FolderTree,
): Promise<MisfitFacts | undefined> {
  const what = tree.get(name);
  if (what === undefined) return { kind: 'missing' };
  if (what !== 'file') return { kind: 'no-file', what };
  try {
    await using file = await openStored(join(folder, name));
    if (file === undefined) return { kind: 'missing' };
    const { size } = await file.stat();
    if (size !== sizeBytes) return { kind: 'size', stored: sizeBytes, seen: size };
    if (size > LARGEST_FILE) return { kind: 'too-large', mostBytes: LARGEST_FILE };
    const { sha256: seen } = await hashOf(file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }));
    return seen === sha256 ? undefined : { kind: 'hash', stored: sha256, seen };
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) };
  }
}
