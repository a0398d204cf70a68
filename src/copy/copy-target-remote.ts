import { posix } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { encodeFileName } from '../core/text/file-name.ts';
import type { Shell } from '../ssh/shell.ts';
import { reasonIn } from './copy-entries.ts';

const LOOK_TIMEOUT_MS = 60_000;
/** So much a machine at least reads of a file that is there, in a millisecond: 20 MB/s. */
const READ_BYTES_PER_MS = 20_000;

/** `$1` where the copy goes: is it a folder, and how many KiB are free where it is? */
const TARGET_SCRIPT = `
LC_ALL=C; export LC_ALL
[ -d "$1" ] && echo folder || echo file
d=$1
until [ -d "$d" ]; do case $d in */*) d=\${d%/*}; d=\${d:-/} ;; *) d=. ;; esac; done
df -Pk -- "$d" 2>/dev/null | tail -n 1`;

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
    { script: TARGET_SCRIPT, args: [target] },
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
  const first = stderr.trim().split('\n', 1)[0] ?? '';
  throw new EnvironmentError(`cannot make folders on ${shell.machine}: ${reasonIn(first) ?? first}`, {
    code: 'cannot-write',
    hint: 'Choose a folder that the user of the machine may write to.',
  });
}

/** One file that may be there already. */
export interface Candidate {
  readonly path: string;
  readonly bytes: number;
  /** Permission bits that it has to have, too. */
  readonly mode?: number | undefined;
}

/** Reads `SIZE MODE PATH` lines, the path in octal, and answers each with the file's SHA-256, or `-` when it has another size or mode, or is no file. */
const HASH_SCRIPT = `
LC_ALL=C; export LC_ALL
sum=
for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do if command -v \${tool%% *} >/dev/null; then sum=$tool; break; fi; done
[ -n "$sum" ] || exit 0
while read -r size mode name; do
  f=$(printf '%b.' "$name"); f=\${f%.}; hash=-
  if [ -f "$f" ] && [ -r "$f" ]; then
    s=$(stat -L -c '%s %a' -- "$f")
    case $s in "$size $mode"|"$size "*) [ "$mode" != - ] && [ "$s" != "$size $mode" ] || hash=$($sum <"$f") ;; esac
  fi
  echo "\${hash%% *}"
done`;

/** The SHA-256 of those that are there with their size, by path; whatever the machine does not tell is missing. */
export async function remoteHashes(
  shell: Shell,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (candidates.length === 0) return new Map();
  const input = candidates
    .map(({ path, bytes, mode }) => `${bytes} ${mode === undefined ? '-' : mode.toString(8)} ${inOctal(path)}\n`)
    .join('');
  const timeoutMs =
    LOOK_TIMEOUT_MS + Math.ceil(candidates.reduce((sum, { bytes }) => sum + bytes, 0) / READ_BYTES_PER_MS);
  const { stdout } = await shell.exec(
    { script: HASH_SCRIPT },
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
