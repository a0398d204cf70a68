import type { Machine } from '../../../lab/types.ts';
import type { Work } from '../../provider.ts';
import { DEFAULT_IMAGE } from './known-images.ts';
import { pullImage } from './pull.ts';
import { cachedImage, imageFromFile, isImageFile, notCached, type Image } from './image-store.ts';

/**
 * The images of the machines, by name of the machine; images that the cache lacks are downloaded.
 *
 * @throws {UsageError} for an unknown image. @throws {EnvironmentError} when one cannot be downloaded.
 */
export async function findImages(
  machines: readonly Machine[],
  labFolder: string,
  work: Work,
): Promise<ReadonlyMap<string, Image>> {
  const names = new Set(machines.map(imageOf).filter((image) => !isImageFile(image)));
  for (const name of names) await pullImage(name, work);
  return new Map(
    machines.map((machine) => {
      const image = imageOf(machine);
      return [machine.name, isImageFile(image) ? imageFromFile(image, labFolder) : fromCache(image)];
    }),
  );
}

/** The name or path of what a machine is made from. */
export function imageOf({ image = DEFAULT_IMAGE }: Machine): string {
  return image;
}

function fromCache(name: string): Image {
  const found = cachedImage(name);
  if (!found) throw notCached(name);
  return found;
}
