import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Finished, LabUser } from '../lab-command.ts';
import type { SshMachines } from './ssh-machines.ts';

/** Makes the reference practical of that user one of machines that are there already; `changes` replaces what is written for a machine. */
export function laySshPractical(user: LabUser, made: SshMachines, changes?: Readonly<Record<string, string>>): void {
  const file = join(user.folder, 'lab.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text
      .replace('provider: netns', 'provider: ssh')
      .replace(/networks:[\s\S]*?\nprograms:/, () => `${made.labPart(changes)}\nprograms:`),
  );
}

/** Every file and folder below a folder, with the content of files. */
export function treeOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), entry.isFile() ? readFileSync(path, 'utf8') : 'folder'];
    }),
  );
}

/** Brings the practical up, plays it and takes it down, after which the machine is as it was. */
export async function playsWell(made: SshMachines, user: LabUser): Promise<Finished> {
  const { vm1 } = made.machines;
  const before = treeOf(vm1!.home);
  const up = await user.lab('up', '--accept-new-host-keys');
  assert.equal(up.exitCode, 0, up.stderr);
  assert.equal((await user.lab('check-port', '7999')).exitCode, 0);
  const run = await user.lab('run');
  assert.equal(run.exitCode, 0, run.stdout + run.stderr);
  const down = await user.lab('down');
  assert.equal(down.exitCode, 0, down.stderr);
  assert.deepEqual(treeOf(vm1!.home), before);
  assert.deepEqual(vm1!.processes(), []);
  return run;
}
