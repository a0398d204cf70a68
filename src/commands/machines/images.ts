import { resolve } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { flagsFor } from '../../providers/ability.ts';
import type { ImageStore } from '../../providers/provider.ts';
import type { CommandContext } from '../../session/context.ts';

export interface ImagesResult {
  readonly images: readonly ImageEntry[];
}

export interface ImageEntry {
  readonly name: string;
  readonly description: string;
  /** Null when it is not in the cache. */
  readonly sizeBytes: number | null;
  readonly source: string;
}

/** The images that `image:` of lab.yaml may name: those in the cache, and those that can be had. */
export async function listImages(context: CommandContext): Promise<ImagesResult> {
  const images = await (await imageStore(context)).list();
  return {
    images: images.map(({ name, description, sizeBytes = null, source }) => ({ name, description, sizeBytes, source })),
  };
}

/** Gets images into the cache. @throws as `pull` of `ImageStore`. */
export async function pullImages(
  context: CommandContext,
  names: readonly string[],
): Promise<{ readonly images: readonly { readonly name: string; readonly downloaded: boolean }[] }> {
  const { events, signal, offline = false } = context;
  const store = await imageStore(context);
  const images = [];
  for (const name of names) images.push({ name, downloaded: await store.pull(name, { events, signal, offline }) });
  return { images };
}

/**
 * Takes a file of the user's into the cache, under its own name unless another is given.
 *
 * @throws as `import` of `ImageStore`.
 */
export async function importImageFile(
  context: CommandContext,
  file: string,
  name: string | undefined,
): Promise<{ readonly name: string; readonly sizeBytes: number }> {
  const store = await imageStore(context);
  const image = await store.import(resolve(context.cwd, file), name, context.signal);
  return { name: image.name, sizeBytes: image.sizeBytes };
}

/** @throws {UsageError} for a name that the cache does not have. */
export async function removeImages(
  context: CommandContext,
  names: readonly string[],
): Promise<{ readonly removed: readonly string[] }> {
  const store = await imageStore(context);
  for (const name of names) await store.remove(name);
  return { removed: names };
}

/** The images of the provider that the command line names, or else of the first that has any: no lab file is needed. */
async function imageStore({ providers, overrides }: CommandContext): Promise<ImageStore> {
  if (overrides.provider === undefined) return (await providers.having('images'))[0]!.images;
  const { name, images } = await providers.named(overrides.provider);
  if (images) return images;
  throw new EnvironmentError(say`machines of ${name} are made without images`, {
    code: 'no-images',
    hint: say`"lab images" works with ${await flagsFor('images', providers)}.`,
  });
}
