import type { Machine } from '../../../lab/types.ts';
import type { Work } from '../../provider.ts';
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
  const names = new Set(machines.map(({ image }) => image).filter((image) => !isImageFile(image)));
  for (const name of names) await pullImage(name, work);
  return new Map(
    machines.map((machine) => [
      machine.name,
      isImageFile(machine.image) ? imageFromFile(machine.image, labFolder) : fromCache(machine.image),
    ]),
  );
}

function fromCache(name: string): Image {
  const found = cachedImage(name);
  if (!found) throw notCached(name);
  return found;
}
