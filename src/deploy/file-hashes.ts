import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface FileHash {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Hashes a file of the host. */
export type HashFile = (path: string) => Promise<FileHash>;

/** A `HashFile` that reads each file once, however many programs and machines use it. */
export function hashEachOnce(): HashFile {
  const known = new Map<string, Promise<FileHash>>();
  return (path) => {
    const hash = known.get(path) ?? hashFile(path);
    known.set(path, hash);
    return hash;
  };
}

async function hashFile(path: string): Promise<FileHash> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
