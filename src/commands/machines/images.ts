import { basename, resolve } from 'node:path';
import { importImage, pullImage, removeImage } from '../../providers/qemu/images/pull.ts';
import { cachedImages } from '../../providers/qemu/images/image-store.ts';
import { GUEST_ARCHITECTURE, imageTable } from '../../providers/qemu/images/known-images.ts';
import type { CommandContext } from '../../session/context.ts';

export interface ImagesResult {
  readonly images: readonly ListedImage[];
}

export interface ListedImage {
  readonly name: string;
  readonly description: string;
  /** Null when it is not in the cache. */
  readonly sizeBytes: number | null;
  readonly source: string;
}

/** The images that `image:` of lab.yaml may name: those in the cache, and those that can be had. */
export function listImages(): ImagesResult {
  const cached = cachedImages();
  const names = [...new Set([...Object.keys(imageTable), ...cached.map(({ name }) => name)])].toSorted();
  return {
    images: names.map((name) => {
      const found = cached.find((image) => image.name === name);
      const source = imageTable[name];
      return {
        name,
        description: source?.description ?? 'your own image',
        sizeBytes: found?.sizeBytes ?? null,
        source: found?.source ?? source?.url[GUEST_ARCHITECTURE] ?? '',
      };
    }),
  };
}

/** Gets images into the cache. @throws as `pullImage`. */
export async function pullImages(
  { events, signal, offline = false }: CommandContext,
  names: readonly string[],
): Promise<{ readonly images: readonly { readonly name: string; readonly downloaded: boolean }[] }> {
  const images = [];
  for (const name of names) images.push({ name, downloaded: await pullImage(name, { events, signal, offline }) });
  return { images };
}

/** Takes a file of the user's into the cache, under its own name unless another is given. @throws as `importImage`. */
export async function importImageFile(
  { cwd, signal }: CommandContext,
  file: string,
  name: string | undefined,
): Promise<{ readonly name: string; readonly sizeBytes: number }> {
  const path = resolve(cwd, file);
  const image = await importImage(path, name ?? basename(path).replace(/\.(qcow2|img|raw)$/, ''), signal);
  return { name: image.name, sizeBytes: image.sizeBytes };
}

/** @throws {UsageError} for a name that the cache does not have. */
export function removeImages(names: readonly string[]): { readonly removed: readonly string[] } {
  for (const name of names) removeImage(name);
  return { removed: names };
}
