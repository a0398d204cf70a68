import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { parseJson } from '../../core/json/json-text.ts';
import { count, list, object, ShapeError } from '../../core/json/shape.ts';
import { say } from '../../core/language/say.ts';
import { storedPath } from '../../report/run/event-shapes.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';
import { RUN_FILE } from './compare-result.ts';
import { SIGNATURE_FILE } from '../../report/run/run-files.ts';
import { EVENTS_FILE } from './told-record.ts';

/** The files of a record in one text, and those for which there was no room. */
export interface PackedRecord {
  /** Base64 of Brotli (RFC 7932): a line of JSON that lists the files, then their content. */
  readonly packed: string;
  readonly leftOut: readonly string[];
}

/** A page must still open. Bytes of all files together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** A page that comes from someone else may say anything. Bytes, and number of files. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;
const MOST_UNPACKED_FILES = 5000;
/** 6 of 11: better ones take many times as long for some percent. */
const QUALITY = 6;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

const header = object<{ readonly files: readonly { readonly name: string; readonly sizeBytes: number }[] }>({
  files: list(object<{ readonly name: string; readonly sizeBytes: number }>({ name: storedPath, sizeBytes: count })),
});

/** The higher, the earlier. */
function rank(name: string): number {
  return [EVENTS_FILE, SIGNATURE_FILE, RUN_FILE].indexOf(name);
}

/** Packs files of a folder: what the others follow from comes first, then the smaller ones. */
export async function packRecord(
  folder: string,
  files: readonly { readonly name: string; readonly sizeBytes: number }[],
): Promise<PackedRecord> {
  const inOrder = files.toSorted((a, b) => rank(b.name) - rank(a.name) || a.sizeBytes - b.sizeBytes);
  const kept: { readonly name: string; readonly content: Uint8Array }[] = [];
  const leftOut: string[] = [];
  let room = MOST_BYTES;
  for (const { name, sizeBytes } of inOrder) {
    const content =
      sizeBytes > room ? undefined : await readStoredBytes(join(folder, name), room).catch(() => undefined);
    if (content === undefined) leftOut.push(name);
    else {
      kept.push({ name, content });
      room -= content.length;
    }
  }
  const head = JSON.stringify({ files: kept.map(({ name, content }) => ({ name, sizeBytes: content.length })) });
  const whole = Buffer.concat([Buffer.from(`${head}\n`), ...kept.map(({ content }) => content)]);
  const packed = await compress(whole, {
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: whole.length },
  });
  return { packed: packed.toString('base64'), leftOut: leftOut.toSorted() };
}

const LINE_FEED = 0x0a;

/**
 * Lays the files of a packed record into a new, empty folder.
 *
 * @throws {ShapeError} when the text is no packed record.
 */
export async function unpackRecord(packed: string, folder: string): Promise<void> {
  const whole = await decompress(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_UNPACKED_BYTES }).catch(() => {
    throw new ShapeError('packed', say`a packed record`, packed);
  });
  const end = whole.indexOf(LINE_FEED);
  const { files } = header(parseJson(whole.toString('utf8', 0, Math.max(0, end))), 'packed');
  if (files.length > MOST_UNPACKED_FILES) throw new ShapeError('packed.files', say`a shorter list`, files);
  let at = end + 1;
  for (const { name, sizeBytes } of files) {
    if (at + sizeBytes > whole.length) throw new ShapeError('packed', say`a whole record`, packed);
    await layFile(join(folder, name), whole.subarray(at, (at += sizeBytes)));
  }
}

/** @throws {ShapeError} for a name that cannot be, or that comes twice. */
async function layFile(path: string, content: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  } catch {
    throw new ShapeError('packed.files', say`a list of names that can be`, path);
  }
}
