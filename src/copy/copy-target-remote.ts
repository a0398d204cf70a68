import { posix } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { encodeFileName } from '../core/text/file-name.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { reasonIn } from './copy-entries.ts';

const targetScript = scriptFile(new URL('copy-target.sh', import.meta.url));
const hashScript = scriptFile(new URL('hash-files.sh', import.meta.url));

const LOOK_TIMEOUT_MS = 60_000;
/** So much a machine at least reads of a file that is there, in a millisecond: 20 MB/s. */
const READ_BYTES_PER_MS = 20_000;

/** Where a copy goes on a machine. */
export interface RemoteTarget {
  /** What the copy becomes. */
  readonly root: string;
  /** Undefined where the file system does not tell. */
  readonly freeBytes: number | undefined;
}

/** Below the target if that is a folder, or ends in `/`; else the target itself. */
export async function remoteTarget(
  shell: Shell,
  target: string,
  name: string,
  signal: AbortSignal,
): Promise<RemoteTarget> {
  const { stdout } = await shell.exec(
    { script: targetScript(), args: [target] },
    { signal, timeoutMs: LOOK_TIMEOUT_MS, endsByItself: true },
  );
  const [kind, row = ''] = stdout.split('\n');
  const [, blocks = '0', free = '0'] = /\s(\d+)\s+\d+\s+(-?\d+)\s+\S+\s+\//.exec(row) ?? [];
  const isFolder = target.endsWith('/') || kind === 'folder';
  return {
    root: isFolder ? posix.join(target, name) : target,
    freeBytes: Number(blocks) === 0 ? undefined : Math.max(0, Number(free)) * 1024,
  };
}

/** @throws {EnvironmentError} */
export async function makeRemoteFolders(shell: Shell, folders: readonly string[], signal: AbortSignal): Promise<void> {
  if (folders.length === 0) return;
  const input = Buffer.concat(folders.flatMap((folder) => [encodeFileName(folder), Buffer.of(0)]));
  const { exitCode, stderr } = await shell.exec(
    { script: 'LC_ALL=C; export LC_ALL; exec xargs -0 mkdir -p --' },
    { signal, input, timeoutMs: LOOK_TIMEOUT_MS },
  );
  if (exitCode === 0) return;
  const first = toolWords(stderr).split('\n', 1)[0] ?? '';
  throw new EnvironmentError(say`cannot make folders on ${shell.machine}: ${reasonIn(first) ?? first}`, {
    code: 'cannot-write',
    hint: say`Choose a folder that the user of the machine may write to.`,
  });
}

/** One file that may be there already. */
export interface SendCandidate {
  readonly path: string;
  readonly bytes: number;
  /** Permission bits that it has to have, too. */
  readonly mode?: number | undefined;
}

/** The SHA-256 of those that are there with their size, by path; whatever the machine does not tell is missing. */
export async function remoteHashes(
  shell: Shell,
  candidates: readonly SendCandidate[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (candidates.length === 0) return new Map();
  const input = candidates
    .map(({ path, bytes, mode }) => `${bytes} ${mode === undefined ? '-' : mode.toString(8)} ${inOctal(path)}\n`)
    .join('');
  const timeoutMs =
    LOOK_TIMEOUT_MS + Math.ceil(candidates.reduce((sum, { bytes }) => sum + bytes, 0) / READ_BYTES_PER_MS);
  const { stdout } = await shell.exec(
    { script: hashScript() },
    { signal, input, timeoutMs, maxOutputBytes: 32 * 1024 * 1024, endsByItself: true },
  );
  const hashes = stdout.split('\n');
  return new Map(
    candidates.flatMap(({ path }, index) =>
      /^[0-9a-f]{64}$/.test(hashes[index] ?? '') ? [[path, hashes[index]!] as const] : [],
    ),
  );
}

function inOctal(path: string): string {
  return [...encodeFileName(path)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
