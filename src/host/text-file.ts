import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

interface ReadFile {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly text: Promise<string>;
}

const read = new Map<string, ReadFile>();

/** The text of a file, read again only when its size or time has changed: many machines may name the same one. Rejects as `readFile` of Node does. */
export async function readText(path: string): Promise<string> {
  const { size: sizeBytes, mtimeMs } = statSync(path);
  const before = read.get(path);
  if (before?.sizeBytes === sizeBytes && before.mtimeMs === mtimeMs) return before.text;
  const text = readFile(path, 'utf8');
  read.set(path, { sizeBytes, mtimeMs, text });
  return text;
}
