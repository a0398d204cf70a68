import { rm } from 'node:fs/promises';
import { basename, isAbsolute, join, posix, resolve } from 'node:path';
import { withCleanup } from '../core/cleanup.ts';
import { UsageError } from '../core/errors.ts';
import { inStep } from '../core/events.ts';
import { makeTemporaryFolder } from '../host/own-folder.ts';
import type { Shell } from '../ssh/shell.ts';
import { attachLab } from './attach.ts';
import type { CommandContext } from './context.ts';
import { copyFromMachine, copyToMachine, type CopyCount } from './copy-tree.ts';

/** A path here (`machine` undefined) or on a machine. */
export interface Place {
  readonly machine: string | undefined;
  readonly path: string;
}

export interface CpResult extends CopyCount {
  readonly source: string;
  readonly target: string;
}

/**
 * Copies a file or a folder between this host and a machine, or between two machines. What `cp -r` would do: into a folder that is there, or into a
 * target that ends in `/`, the copy keeps its name.
 *
 * @throws {EnvironmentError} when a side cannot be read or written. @throws {UsageError} when both places are on this host.
 */
export async function cp(context: CommandContext, source: string, target: string): Promise<CpResult> {
  const [from, to] = [parsePlace(source), parsePlace(target)];
  const machines = [from.machine, to.machine].filter((name) => name !== undefined);
  if (machines.length === 0) {
    throw new UsageError('neither path is on a machine', { code: 'no-machine', hint: 'Write a path on a machine as machine:path, for example vm1:server.py.' });
  }
  return withCleanup(async (cleanup) => {
    const { shells } = await attachLab(context, cleanup, [...new Set(machines)]);
    const copied = await inStep(context.events, `copy ${source} to ${target}`, () => copy(context, shells, from, to));
    return { source, target, ...copied };
  });
}

async function copy(context: CommandContext, shells: ReadonlyMap<string, Shell>, from: Place, to: Place): Promise<CopyCount> {
  const [fromShell, toShell] = [shells.get(from.machine ?? ''), shells.get(to.machine ?? '')];
  if (fromShell && toShell) return copyAcross(fromShell, from.path, toShell, to.path, context.signal);
  if (fromShell) return copyFromMachine(fromShell, from.path, localPath(context.cwd, to.path), context.signal);
  return copyToMachine(resolve(context.cwd, from.path), toShell!, to.path, context.signal);
}

/** Through a folder here: machines of a lab need not reach each other's sshd. */
async function copyAcross(from: Shell, source: string, to: Shell, target: string, signal: AbortSignal): Promise<CopyCount> {
  const folder = makeTemporaryFolder('cp');
  try {
    const name = posix.basename(posix.resolve('/', source)) || basename(folder);
    await copyFromMachine(from, source, join(folder, name), signal);
    return await copyToMachine(join(folder, name), to, target, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps the `/` at the end, which says that the target is a folder. */
function localPath(cwd: string, path: string): string {
  return path.endsWith('/') ? `${resolve(cwd, path)}/` : resolve(cwd, path);
}

/** `vm1:notes.txt`, where what stands before the first colon has no `/`, as scp(1) reads it. `vm1:` and `vm1:~/x` start at the home folder. */
export function parsePlace(text: string): Place {
  // `C:\\notes.txt` is a path of Windows, not one on a machine C.
  const [, machine, path = ''] = isAbsolute(text) ? [] : (/^([^/:]+):(.*)$/s.exec(text) ?? []);
  if (machine === undefined) return { machine, path: text };
  const relative = path.replace(/^~(\/|$)/, '');
  return { machine, path: relative === '' ? './' : relative };
}
