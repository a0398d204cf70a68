import { basename } from 'node:path';
import { say } from '../../../core/language/say.ts';
import type { ImageStore } from '../../provider.ts';
import { cachedImages } from './image-store.ts';
import { GUEST_ARCHITECTURE, imageTable } from './known-images.ts';
import { importImage, pullImage, removeImage } from './pull.ts';

/** Disk images in the cache of this user. */
export const qemuImages: ImageStore = {
  async list() {
    const cached = cachedImages();
    const names = [...new Set([...Object.keys(imageTable), ...cached.map(({ name }) => name)])].toSorted();
    return names.map((name) => {
      const found = cached.find((image) => image.name === name);
      const source = imageTable[name];
      return {
        name,
        description: source?.description ?? say`your own image`,
        sizeBytes: found?.sizeBytes,
        source: found?.source ?? source?.url[GUEST_ARCHITECTURE] ?? '',
      };
    });
  },
  pull: pullImage,
  async import(file, name, signal) {
    return importImage(file, name ?? basename(file).replace(/\.(qcow2|img|raw)$/, ''), signal);
  },
  async remove(name) {
    removeImage(name);
  },
};
