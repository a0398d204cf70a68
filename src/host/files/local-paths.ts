import { open } from 'node:fs/promises';
import { sep } from 'node:path';

/** A relative path of this host as machines write it: with `/` between its parts. */
export function slashed(path: string, separator = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}

/**
 * Whether a file is meant to be run. Windows has no permission for that, so there the file itself has to say it: by
 * `#!`, or as a program of Linux (elf(5)).
 *
 * @throws the system error when it cannot be read.
 */
export async function isProgram(path: string, mode: number, platform = process.platform): Promise<boolean> {
  if (platform !== 'win32') return (mode & 0o111) !== 0;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    return start.startsWith('#!') || start === '\x7fELF';
  } finally {
    await file.close();
  }
}
