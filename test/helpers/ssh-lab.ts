import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LabUser } from './lab-command.ts';
import type { SshMachines } from './ssh-machines.ts';

/** Makes the reference practical of that user one of machines that are there already; `changes` replaces what is written for a machine. */
export function laySshPractical(user: LabUser, made: SshMachines, changes?: Readonly<Record<string, string>>): void {
  const file = join(user.folder, 'lab.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('provider: netns', 'provider: ssh').replace(/networks:[\s\S]*?\nprograms:/, () => `${made.labPart(changes)}\nprograms:`));
}

/** Every file and folder below a folder, with the content of files. */
export function treeOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [relative(folder, path), entry.isFile() ? readFileSync(path, 'utf8') : 'folder'];
  }));
}
