import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder in memory where there is one, for series that would wait for the disk most of their time; gone at the end of the test. Made for that user, if one is named. */
export function memoryFolder(owner?: {
  readonly uid: number;
  readonly gid: number;
}): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lab-series-'));
  if (owner) chownSync(path, owner.uid, owner.gid);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
