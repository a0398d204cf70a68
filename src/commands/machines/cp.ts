import { rm } from 'node:fs/promises';
import { basename, isAbsolute, join, posix, resolve } from 'node:path';
import { counted, say } from '../../core/language/say.ts';
import { withCleanup } from '../../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { shownFileName } from '../../core/text/file-name.ts';
import { makeTemporaryFolder } from '../../host/files/own-folder.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { copyFromMachine, copyToMachine, type Copied } from '../../copy/copy-tree.ts';

/** A path here (`machine` undefined) or on a machine. */
export interface CopyPlace {
  readonly machine: string | undefined;
  readonly path: string;
}

export interface CpResult {
  readonly source: string;
  readonly target: string;
  /** Files that were copied. */
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already, where there are any. */
  readonly unchanged?: number;
}

/** So many things that were not copied are listed one by one on the terminal; JSON has all. */
const TOLD_AT_MOST = 50;

/**
 * Copies a file or a folder between this host and a machine, or between two machines. What `cp -r` would do: into a
 * folder that is there, or into a target that ends in `/`, the copy keeps its name. What is there already, whole, is
 * not copied again.
 *
 * @throws {EnvironmentError} when a side cannot be read or written; `not-all-copied`, after all the rest is copied,
 * with each thing that was not and its reason.
 * @throws {UsageError} when both places are on this host.
 */
export async function cp(context: CommandContext, source: string, target: string): Promise<CpResult> {
  const [from, to] = [parseCopyPlace(source), parseCopyPlace(target)];
  const machines = [from.machine, to.machine].filter((name) => name !== undefined);
  if (machines.length === 0) {
    throw new UsageError(say`neither path is on a machine`, {
      code: 'no-machine',
      hint: say`Write a path on a machine as machine:path, for example vm1:server.py.`,
    });
  }
  return withCleanup(async (cleanup) => {
    const { shells } = await openSession(context).connect(cleanup, [...new Set(machines)]);
    const copyAll = async (): Promise<CpResult> => {
      const { files, bytes, unchanged, left } = await copy(context, shells, from, to);
      const result = { source, target, files, bytes, ...(unchanged === 0 ? {} : { unchanged }) };
      if (left.length > 0) throw notAll(result, left);
      return result;
    };
    return toldOnce((tell) => inStep(context.events, say`copy ${source} to ${target}`, () => tell(copyAll())));
  });
}

/** The reason stands in the error that ends the command, so the step that fails does not give it, too. */
async function toldOnce<T>(work: (tell: <V>(part: Promise<V>) => Promise<V>) => Promise<T>): Promise<T> {
  let reason: { readonly error: unknown } | undefined;
  const tell = <V>(part: Promise<V>): Promise<V> =>
    part.catch((error: unknown) => {
      reason = { error };
      throw new Error('');
    });
  try {
    return await work(tell);
  } catch (error) {
    throw reason === undefined ? error : reason.error;
  }
}

function notAll(result: CpResult, left: Copied['left']): EnvironmentError {
  const { source, files, unchanged = 0 } = result;
  const [only] = left;
  if (only?.path === '')
    return new EnvironmentError(say`cannot copy ${source} to ${result.target}: ${only.reason}`, {
      code: 'not-copied',
      hint: say`Look at both places, with "ls -ld" there.`,
    });
  const told = left.map(({ path, reason }) => ({ path: shownFileName(path) || source, reason }));
  const lines = told
    .slice(0, TOLD_AT_MOST)
    .map(({ path, reason }) => `  ${say`${JSON.stringify(path).slice(1, -1)}: ${reason}`}`);
  const all = counted(files + unchanged + left.length, 'file');
  return new EnvironmentError(
    left.length === 1
      ? say`${left.length} of ${all} of ${source} was not copied`
      : say`${left.length} of ${all} of ${source} were not copied`,
    {
      code: 'not-all-copied',
      detail: [
        ...lines,
        ...(told.length > TOLD_AT_MOST ? [say`  … and ${told.length - TOLD_AT_MOST} more (--json lists all)`] : []),
      ].join('\n'),
      hint: say`All the rest is there. The same command again copies what is missing then, and nothing twice.`,
      data: { copied: result, notCopied: told },
    },
  );
}

async function copy(
  context: CommandContext,
  shells: ReadonlyMap<string, Shell>,
  from: CopyPlace,
  to: CopyPlace,
): Promise<Copied> {
  const [fromShell, toShell] = [shells.get(from.machine ?? ''), shells.get(to.machine ?? '')];
  if (fromShell && toShell)
    return copyAcross({ shell: fromShell, path: from.path }, { shell: toShell, path: to.path }, context.signal);
  if (fromShell) return copyFromMachine(fromShell, from.path, localPath(context.cwd, to.path), context.signal);
  return copyToMachine(resolve(context.cwd, from.path), toShell!, to.path, context.signal);
}

/** A place on a machine that is connected. */
interface MachinePlace {
  readonly shell: Shell;
  readonly path: string;
}

/** Through a folder here: machines of a lab need not reach each other's sshd. */
async function copyAcross(from: MachinePlace, to: MachinePlace, signal: AbortSignal): Promise<Copied> {
  const folder = makeTemporaryFolder('cp');
  try {
    const name = posix.basename(posix.resolve('/', from.path)) || basename(folder);
    const { files, unchanged, left } = await copyFromMachine(from.shell, from.path, join(folder, name), signal);
    if (files + unchanged === 0 && left.some(({ path }) => path === ''))
      return { files: 0, bytes: 0, unchanged: 0, left };
    const copied = await copyToMachine(join(folder, name), to.shell, to.path, signal);
    return { ...copied, left: [...left, ...copied.left] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps the `/` at the end, which says that the target is a folder. */
function localPath(cwd: string, path: string): string {
  return path.endsWith('/') ? `${resolve(cwd, path)}/` : resolve(cwd, path);
}

/**
 * `vm1:notes.txt`, where what stands before the first colon has no `/`, as scp(1) reads it. `vm1:` and `vm1:~/x` start
 * at the home folder.
 */
function parseCopyPlace(text: string): CopyPlace {
  // `C:\\notes.txt` is a path of Windows, not one on a machine C.
  const [, machine, path = ''] = isAbsolute(text) ? [] : (/^([^/:]+):(.*)$/s.exec(text) ?? []);
  if (machine === undefined) return { machine, path: text };
  const relative = path.replace(/^~(\/|$)/, '');
  return { machine, path: relative === '' ? './' : relative };
}
