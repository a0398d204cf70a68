import { statSync } from 'node:fs';
import { say } from '../../core/language/say.ts';
import { readOrdinary } from '../../core/files/ordinary-file.ts';

interface ReadFile {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly text: Promise<string>;
}

const read = new Map<string, ReadFile>();

/** Keys, certificates and lists of known hosts are far smaller. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a file that the user names, read again only when its size or time has changed: many machines may name the
 * same one.
 *
 * @throws {NoOrdinaryFileError} for a pipe, a device, a folder.
 * @throws system errors as open(2) has them; `EFBIG` above 16 MiB.
 */
export async function readText(path: string): Promise<string> {
  const { size: sizeBytes, mtimeMs } = statSync(path);
  const before = read.get(path);
  if (before?.sizeBytes === sizeBytes && before.mtimeMs === mtimeMs) return before.text;
  const text = readWhole(path);
  read.set(path, { sizeBytes, mtimeMs, text });
  return text;
}

async function readWhole(path: string): Promise<string> {
  const content = await readOrdinary(path, MOST_BYTES);
  if (content === undefined) {
    const message = say`${path} is larger than ${MOST_BYTES / 1024 / 1024} MiB`;
    throw Object.assign(new Error(message), { code: 'EFBIG' });
  }
  return content.toString();
}
