import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const PIECE_BYTES = 1024 * 1024;

export interface ContentHash {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A file of a folder, by what it holds. */
export interface HashedFile extends ContentHash {
  /** Its path in the folder. */
  readonly name: string;
}

/** Hashes what comes, to its end. */
export async function hashOf(content: AsyncIterable<Uint8Array>): Promise<ContentHash> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of content) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** SHA-256 of a file, hexadecimal. @throws system errors of open(2) and read(2); the reason of the signal */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  return (await hashOf(createReadStream(path, { highWaterMark: PIECE_BYTES, signal }))).sha256;
}
