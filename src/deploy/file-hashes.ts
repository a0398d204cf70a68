import { createHash } from 'node:crypto';
import { openSource, type SourceFile } from './source-file.ts';

export interface FileHash {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Hashes a file of the host. @throws as `openSource` */
export type HashFile = (file: SourceFile) => Promise<FileHash>;

/** A `HashFile` that reads each file once, however many programs and machines use it. */
export function hashEachOnce(): HashFile {
  const known = new Map<string, Promise<FileHash>>();
  return (file) => {
    const key = JSON.stringify([file.path, file.within]);
    const hash = known.get(key) ?? hashFile(file);
    known.set(key, hash);
    return hash;
  };
}

async function hashFile(file: SourceFile): Promise<FileHash> {
  await using handle = await openSource(file);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false })) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
