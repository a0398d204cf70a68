import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { localUser } from '../../host/local-user.ts';

/**
 * Changes when OpenSSH's configuration may have changed: sizes and times of its files. Then `ssh -G` is asked again; else its answers of the last `up` hold, because 64
 * processes would cost more than 64 connections.
 */
export async function configStamp(): Promise<string> {
  const own = join(localUser().home, '.ssh');
  const system = process.platform === 'win32' ? join(process.env['ProgramData'] ?? String.raw`C:\ProgramData`, 'ssh') : '/etc/ssh';
  const named = process.env['LAB_SSH_CONFIG'];
  const files = [...(named === undefined ? [] : [named]), join(own, 'config'), join(system, 'ssh_config')];
  const folders = [join(own, 'config.d'), join(own, 'conf.d'), join(system, 'ssh_config.d')];
  const listed = await Promise.all(folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name))));
  const stamps = await Promise.all([...files, ...listed.flat().toSorted()].map(stampOf));
  return stamps.filter((stamp) => stamp !== '').join(' ');
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? '' : `${file}:${found.size}:${found.mtimeMs}`;
}
