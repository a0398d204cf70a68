import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { nearest } from '../../core/suggest.ts';
import type { Draft, Placed } from '../draft.ts';
import type { Finding } from '../finding.ts';
import { quoted } from '../rules.ts';

/** Files of programs that are not there. Those of a program with `build` may come into being later. */
export async function checkFiles({ programs }: Draft, folder: string): Promise<Finding[]> {
  const files = programs.filter(({ build }) => build === undefined).flatMap((program) => program.files);
  const named = files.filter(({ value }) => value.trim() !== '' && !value.includes('\0'));
  const findings = await Promise.all(named.map((file) => checkFile(file, folder)));
  return findings.filter((finding) => finding !== undefined);
}

async function checkFile({ value, path }: Placed<string>, folder: string): Promise<Finding | undefined> {
  const file = resolve(folder, value);
  try {
    const found = await stat(file);
    if (found.isFile()) return undefined;
    const kind = found.isDirectory() ? 'a folder' : 'no ordinary file';
    return {
      path,
      message: `${quoted(value)} is ${kind}`,
      hint: found.isDirectory() ? `name the files in it: ${join(value, 'FILE')}` : 'name a file',
    };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return {
      path,
      message: `there is no file ${quoted(value)}`,
      hint: await missingHint(value, file),
    };
    return { path, message: `${quoted(value)} cannot be looked at (${code ?? 'unknown error'})`, hint: 'check the rights of its folder' };
  }
}

async function missingHint(value: string, file: string): Promise<string> {
  if (value.startsWith('~')) return '"~" has no meaning here; paths start at the folder of lab.yaml';
  const siblings = await readdir(dirname(file)).catch(() => []);
  const near = nearest(basename(file), siblings);
  return near === undefined ? 'make it first, or add the command that makes it: build: [make]' : `did you mean "${join(dirname(value), near)}"?`;
}
