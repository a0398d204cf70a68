import { existsSync, readFileSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../../../core/errors.ts';
import { oddKind } from '../../../core/files/ordinary-file.ts';
import { say } from '../../../core/language/say.ts';
import { suggestion } from '../../../core/text/suggest.ts';
import { cacheFolder, requireOwn } from '../../../host/files/own-folder.ts';
import { imageTable } from './known-images.ts';

/** How a kernel is started without a boot loader; `kernel` and `initrd` are absolute paths. */
export interface DirectBoot {
  readonly kernel: string;
  readonly initrd: string;
  readonly arguments: string;
}

/** A disk image that machines may start from; nothing writes to it. */
export interface Image {
  readonly name: string;
  /** Absolute path of a qcow2 or raw file. */
  readonly disk: string;
  readonly boot: DirectBoot | undefined;
  /** Changes when the content does. */
  readonly identity: string;
}

/** What `image.json` in the folder of a cached disk says. */
export interface ImageRecord {
  readonly name: string;
  /** URL or path that it came from. */
  readonly source: string;
  /** Of the disk, hexadecimal. */
  readonly sha256: string;
  readonly boot?: { readonly kernel: string; readonly initrd: string; readonly arguments: string };
}

export interface CachedImage extends ImageRecord {
  readonly folder: string;
  readonly sizeBytes: number;
}

/**
 * One folder per image, in the user's cache. It need not exist.
 *
 * @throws {EnvironmentError} when other users decide what is found there.
 */
export function imagesFolder(): string {
  return requireOwn(join(cacheFolder(), 'images'));
}

export function imageFolder(name: string): string {
  return join(imagesFolder(), name);
}

/** The images that are whole in the cache, by name. */
export function cachedImages(): CachedImage[] {
  const folder = imagesFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const record = name.startsWith('.') ? undefined : readRecord(name);
      return record
        ? [{ ...record, folder: imageFolder(name), sizeBytes: statSync(join(imageFolder(name), 'disk.qcow2')).size }]
        : [];
    });
}

function readRecord(name: string): ImageRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(imageFolder(name), 'image.json'), 'utf8')) as ImageRecord;
  } catch {
    // Not an image, or one that is not whole.
    return undefined;
  }
}

/** The image of that name, if the cache has it. */
export function cachedImage(name: string): Image | undefined {
  const record = readRecord(name);
  if (!record) return undefined;
  const folder = imageFolder(name);
  const boot = record.boot && {
    ...record.boot,
    kernel: join(folder, record.boot.kernel),
    initrd: join(folder, record.boot.initrd),
  };
  return { name, disk: join(folder, 'disk.qcow2'), boot, identity: record.sha256 };
}

/** Whether `image:` of lab.yaml is a file and not a name. */
export function isImageFile(image: string): boolean {
  return /[/\\]|\.(qcow2|img|raw)$/.test(image);
}

/** Opening a named pipe would wait for ever. @throws {UsageError} for anything but an ordinary file. */
export function requireOrdinary(disk: string, found: Stats): void {
  const kind = oddKind(found);
  if (kind === undefined) return;
  throw new UsageError(say`the image ${disk} is no ordinary file but ${kind}`, {
    code: 'image-broken',
    hint: say`Name a disk image: a qcow2 or raw file.`,
  });
}

/** An image that is a file of the user's. @throws {UsageError} when it is not there. */
export function imageFromFile(image: string, labFolder: string): Image {
  const disk = resolve(labFolder, image);
  if (!existsSync(disk))
    throw new UsageError(say`there is no image file ${disk}`, {
      code: 'image-missing',
      hint: say`Correct "image" in lab.yaml; a relative path starts at its folder.`,
    });
  const found = statSync(disk);
  requireOrdinary(disk, found);
  const { size, mtimeMs } = found;
  return { name: image, disk, boot: undefined, identity: `${disk}:${size}:${mtimeMs}` };
}

/** @throws {UsageError} with the names that are known. */
export function requireKnownImage(name: string): void {
  const known = [...new Set([...Object.keys(imageTable), ...cachedImages().map((image) => image.name)])];
  if (!known.includes(name))
    throw new UsageError(say`there is no image "${name}"`, { code: 'image-unknown', hint: suggestion(name, known) });
}

export function notCached(name: string): EnvironmentError {
  return new EnvironmentError(say`image ${name} is not in the cache`, {
    code: 'image-not-cached',
    hint: say`Get it with a network: lab images pull ${name}`,
  });
}
