import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { hashOf, type HashedFile } from '../../core/files/sha256.ts';
import { openStored } from '../files/stored-file.ts';

/**
 * SHA-256 of the files of a run, from what is written to them while it is written: when the run is over, hardly
 * anything is left to do, and nothing is read again.
 */
export class FileHashes {
  readonly #files = new Map<string, { readonly hash: Hash; sizeBytes: number }>();
  readonly #changed = new Set<string>();

  /** What a file gets next, at its end. */
  add(name: string, content: string | Uint8Array): void {
    const file = this.#files.get(name) ?? { hash: createHash('sha256'), sizeBytes: 0 };
    this.#files.set(name, file);
    file.hash.update(content);
    file.sizeBytes += Buffer.byteLength(content);
  }

  /** A file was changed in its midst: what is on the disk at the end counts. */
  changed(name: string): void {
    this.#changed.add(name);
  }

  /**
   * All files, by name. Where not all could be written (`isWhole` is false), they are read, and those that cannot be
   * are left out. May be called twice.
   */
  async all(folder: string, { isWhole }: { readonly isWhole: boolean }): Promise<HashedFile[]> {
    const names = [...this.#files.keys()].toSorted();
    const hashed = await Promise.all(
      names.map(async (name): Promise<HashedFile | undefined> => {
        if (!isWhole || this.#changed.has(name)) return readHash(folder, name);
        const { hash, sizeBytes } = this.#files.get(name)!;
        return { name, sizeBytes, sha256: hash.copy().digest('hex') };
      }),
    );
    return hashed.filter((file) => file !== undefined);
  }
}

async function readHash(folder: string, name: string): Promise<HashedFile | undefined> {
  try {
    await using file = await openStored(join(folder, name));
    if (file === undefined) return undefined;
    const { sizeBytes, sha256 } = await hashOf(file.createReadStream({ autoClose: false }));
    return { name, sizeBytes, sha256 };
  } catch {
    return undefined;
  }
}
