import type { Machine } from '../../../lab/types.ts';
import { cachedImage, imageFromFile, isImageFile, notCached, requireKnownImage, type Image } from './store.ts';

/** The image of a machine. @throws {UsageError} for one that nobody knows, {EnvironmentError} when it is not in the cache. */
export function findImage({ image }: Machine, labFolder: string): Image {
  if (isImageFile(image)) return imageFromFile(image, labFolder);
  requireKnownImage(image);
  const found = cachedImage(image);
  if (!found) throw notCached(image);
  return found;
}
