import { constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EnvironmentError, systemCode, UsageError } from '../../../core/errors.ts';
import { inStep, type EventSink } from '../../../core/events.ts';
import { sha256Of } from '../../../core/files/sha256.ts';
import { say } from '../../../core/language/say.ts';
import { suggestion } from '../../../core/text/suggest.ts';
import { makeCacheFolder } from '../../../host/files/own-folder.ts';
import { findTool } from '../../../host/tools.ts';
import { FIX, inspectDisk, IMAGE_TOOL_NAME } from '../process/qemu-tools.ts';
import { discard, diskFull, download, downloadText, hashIn } from './download.ts';
import {
  cachedImage,
  cachedImages,
  imageFolder,
  imagesFolder,
  isImageFile,
  notCached,
  requireKnownImage,
  requireOrdinary,
  type CachedImage,
  type ImageRecord,
} from './image-store.ts';
import { GUEST_ARCHITECTURE, imageTable, type ImageSource } from './known-images.ts';

export interface PullOptions {
  readonly events: EventSink;
  readonly signal: AbortSignal;
  /** Never ask the network. */
  readonly offline: boolean;
  /** Where images come from; given by tests. */
  readonly table?: Readonly<Record<string, ImageSource>>;
}

/**
 * Makes sure that an image is in the cache: downloads it, checks it against the list of checksums, and only then gives
 * it its name.
 *
 * @returns whether it was downloaded.
 * @throws {UsageError} for an unknown name.
 * @throws {EnvironmentError} when it cannot be had or is not what the list says.
 */
export async function pullImage(
  name: string,
  { events, signal, offline, table = imageTable }: PullOptions,
): Promise<boolean> {
  if (cachedImage(name)) return false;
  const source = table[name];
  if (!source) {
    requireKnownImage(name);
    throw notCached(name);
  }
  if (offline) throw notCached(name);
  const url = source.url[GUEST_ARCHITECTURE];
  if (url === undefined)
    throw new EnvironmentError(say`there is no ${name} for ${GUEST_ARCHITECTURE}`, {
      code: 'image-architecture',
      hint: say`Get one elsewhere and use "lab images import FILE".`,
    });
  return inStep(events, say`get image ${name}`, async (onProgress) => {
    makeImagesFolder();
    const part = join(imagesFolder(), `.${name}.part`);
    const expected = hashIn(await downloadText(source.checksums, signal), url);
    if (expected === undefined)
      throw new EnvironmentError(say`${source.checksums} has no checksum for ${basename(url)}`, {
        code: 'checksum-missing',
        hint: say`The image may have moved; use "lab images import FILE" with one that you trust.`,
      });
    await download(url, part, { signal, onProgress });
    onProgress(say`checking`);
    await requireHash(part, expected, url, signal);
    place(part, { name, source: url, sha256: expected });
    return true;
  });
}

function makeImagesFolder(): void {
  makeCacheFolder();
  mkdirSync(imagesFolder(), { recursive: true });
}

async function requireHash(file: string, expected: string, url: string, signal: AbortSignal): Promise<void> {
  const actual = await sha256Of(file, signal);
  if (actual === expected) return;
  discard(file);
  throw new EnvironmentError(say`what came from ${url} is not what its checksum says`, {
    code: 'checksum-wrong',
    detail: say`expected ${expected}\ngot      ${actual}`,
    hint: say`Run the command again; it starts over. If it happens again, something on the way changes files.`,
  });
}

/** Moves a checked disk into the cache; it is not seen before its record is there. */
function place(disk: string, record: ImageRecord): void {
  const fresh = join(imagesFolder(), `.${record.name}.${process.pid}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o755 });
  renameSync(disk, join(fresh, 'disk.qcow2'));
  writeFileSync(join(fresh, 'image.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  rmSync(imageFolder(record.name), { recursive: true, force: true });
  renameSync(fresh, imageFolder(record.name));
}

/**
 * Copies a disk image of the user's into the cache under a name.
 *
 * @throws {UsageError} when the file is missing or the name is taken.
 * @throws {EnvironmentError} when it is no disk image, not whole, or the disk is full.
 */
export async function importImage(file: string, name: string, signal: AbortSignal): Promise<CachedImage> {
  if (!existsSync(file)) throw new UsageError(say`there is no file ${file}`, { code: 'image-missing' });
  requireOrdinary(file, statSync(file));
  requireFreeName(name);
  const tool = findTool(IMAGE_TOOL_NAME);
  if (!tool)
    throw new EnvironmentError(say`${IMAGE_TOOL_NAME} is missing`, { code: 'tool-missing', hint: say`Run "${FIX}".` });
  const { base } = await inspectDisk(tool, file, signal);
  if (base !== undefined) {
    const hint = say`Make a whole one of both:  qemu-img convert -O qcow2 FILE WHOLE.qcow2`;
    throw new EnvironmentError(say`${file} is not whole: it only holds what differs from ${base}`, {
      code: 'image-overlay',
      hint,
    });
  }
  makeImagesFolder();
  const part = join(imagesFolder(), `.${name}.import`);
  try {
    await copyFile(file, part, constants.COPYFILE_FICLONE);
    place(part, { name, source: file, sha256: await sha256Of(part, signal) });
  } catch (error) {
    throw systemCode(error) === 'ENOSPC' ? diskFull(part, error) : error;
  } finally {
    discard(part);
  }
  return cachedImages().find((image) => image.name === name)!;
}

/** One that lab.yaml can name, and that means nothing yet. */
function requireFreeName(name: string): void {
  if (!/^\w[\w.-]*$/.test(name) || isImageFile(name)) {
    const hint = say`Use letters, digits, "-", "_" and ".", without the suffix of a file:  lab images import FILE --as my-image`;
    throw new UsageError(say`"${name}" cannot be the name of an image`, { code: 'image-name', hint });
  }
  if (cachedImage(name))
    throw new UsageError(say`there is an image "${name}" already`, {
      code: 'image-exists',
      hint: say`Give another name (--as), or remove it first: lab images rm ${name}`,
    });
}

/** @throws {UsageError} for a name that the cache does not have. */
export function removeImage(name: string): void {
  const known = cachedImages().map((image) => image.name);
  const part = join(imagesFolder(), `.${name}.part`);
  if (!known.includes(name) && !existsSync(part))
    throw new UsageError(say`there is no image "${name}" in the cache`, {
      code: 'image-unknown',
      hint: suggestion(name, known),
    });
  discard(part);
  if (known.includes(name)) rmSync(imageFolder(name), { recursive: true });
}
