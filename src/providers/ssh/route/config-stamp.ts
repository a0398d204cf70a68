import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { localUser } from '../../../host/local-user.ts';
import { matchesPattern } from '../../../ssh/trust/host-pattern.ts';
import { expandHome } from './openssh-config.ts';

/**
 * Changes when OpenSSH's configuration may have changed: sizes and times of its files, with all that they include. Then
 * `ssh -G` is asked again; else its answers of the last `up` hold, because 64 processes would cost more than 64
 * connections.
 */
export async function configStamp(): Promise<string> {
  const own = join(localUser().home, '.ssh');
  const system =
    process.platform === 'win32' ? join(process.env['ProgramData'] ?? String.raw`C:\ProgramData`, 'ssh') : '/etc/ssh';
  const named = process.env['LAB_SSH_CONFIG'];
  const files: readonly (readonly [file: string, folder: string])[] = [
    ...(named === undefined ? [] : [[named, own] as const]),
    [join(own, 'config'), own],
    [join(system, 'ssh_config'), system],
  ];
  const seen = new Set<string>();
  const stamps = await Promise.all(files.map(([file, folder]) => stampsOf(file, folder, seen)));
  return stamps.flat().join(' ');
}

/** Of a file and all that it includes; `folder` is where relative paths begin (ssh_config(5), Include). */
async function stampsOf(file: string, folder: string, seen: Set<string>): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return [];
  const text = found.isFile() ? await readFile(file, 'utf8').catch(() => '') : '';
  const included = await Promise.all(includesOf(text).map((path) => filesOf(path, folder)));
  const below = await Promise.all(included.flat().map((path) => stampsOf(path, folder, seen)));
  return [`${file}:${found.size}:${found.mtimeMs}`, ...below.flat()];
}

function includesOf(text: string): string[] {
  const values = [...text.matchAll(/^[ \t]*include(?:[ \t]*=[ \t]*|[ \t]+)(.+)$/gim)].map((match) => match[1] ?? '');
  return values.flatMap((value) => [...value.matchAll(/"([^"]+)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? ''));
}

/** The files that a path means, which may have wildcards in its last part. */
async function filesOf(path: string, folder: string): Promise<string[]> {
  const whole = /^(?:[~/\\]|[A-Za-z]:)/.test(path) ? expandHome(path) : join(folder, path);
  if (!/[*?]/.test(basename(whole))) return [whole];
  const names = await readdir(dirname(whole)).catch(() => []);
  return names
    .filter((name) => matchesPattern(basename(whole), name))
    .toSorted()
    .map((name) => join(dirname(whole), name));
}
