import { randomUUID } from 'node:crypto';
import { scriptFile } from '../../core/files/script-file.ts';
import { toolWords } from '../../core/text/tool-words.ts';
import type { ExecOptions, PutOptions, Shell } from '../shell.ts';
import { TransferError } from './transfer-error.ts';
import { say } from '../../core/language/say.ts';

/** `exec` is all that is needed of the Shell, so every implementation of it can put files in this way. */
type Executor = Pick<Shell, 'machine' | 'user' | 'exec'>;

/** Exit statuses of put-file.sh; of our own choice, in addition to those of cat and mv. */
const status = { wrongHash: 90, isFolder: 91, unchecked: 92, isSpecial: 93 };

const putScript = scriptFile(new URL('put-file.sh', import.meta.url));

/** `$1` temporary file, `$2` target. */
const COMMIT_SCRIPT = 'mv -f -- "$1" "$2" || { rm -f -- "$1"; exit 1; }';

/** Writes a file in one round trip. See `Shell.put`. */
export async function putFile(
  shell: Executor,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  path: string,
  options: PutOptions & Pick<ExecOptions, 'stallMs'>,
): Promise<void> {
  const { mode, sha256, signal, stallMs } = options;
  const target = path.startsWith('-') ? `./${path}` : path;
  const counter = { sizeBytes: 0 };
  const result = await shell.exec(
    { script: putScript(), args: [target, mode.toString(8), sha256, randomUUID()] },
    { input: counted(content, counter), signal, stallMs },
  );
  if (result.exitCode === 0) return;
  if (result.exitCode === status.unchecked)
    await commit(shell, result.stdout.trim(), target, { sentBytes: counter.sizeBytes, signal, timeoutMs: stallMs });
  else throw putFailure(shell, path, result.exitCode, result.stderr);
}

async function commit(
  shell: Executor,
  report: string,
  target: string,
  { sentBytes, ...limits }: { readonly sentBytes: number } & Pick<ExecOptions, 'signal' | 'timeoutMs'>,
): Promise<void> {
  const [size = '', temporary = ''] = report.split(/ (.*)/s);
  if (Number(size) !== sentBytes) {
    await shell.exec(['rm', '-f', '--', temporary], limits);
    throw putFailure(shell, target, status.wrongHash, '');
  }
  const result = await shell.exec({ script: COMMIT_SCRIPT, args: [temporary, target] }, limits);
  if (result.exitCode !== 0) throw putFailure(shell, target, result.exitCode, result.stderr);
}

function putFailure(
  { machine, user }: Executor,
  path: string,
  exitCode: number | undefined,
  stderr: string,
): TransferError {
  // The words of the machine's shell, and names of ours, say nothing beyond a cause that is known.
  const fail = (code: string, why: string, hint?: string): TransferError =>
    new TransferError(say`${machine}: ${path} cannot be written: ${why}`, {
      code,
      hint,
      reason: why,
      detail: code === 'put-failed' ? toolWords(stderr) || undefined : undefined,
    });
  if (exitCode === status.wrongHash)
    return fail(
      'put-corrupt',
      say`what arrived is not what was sent; the old file is untouched`,
      say`Try again; if it stays so, the file changed while it was read.`,
    );
  if (exitCode === status.isFolder)
    return fail('put-is-folder', say`a folder of that name is there`, say`Name the file in it.`);
  if (exitCode === status.isSpecial)
    return fail(
      'put-is-special',
      say`what is there is no ordinary file, but a device, a pipe or a socket`,
      say`Choose another name.`,
    );
  if (/No space left|Disk quota/i.test(stderr))
    return fail('remote-disk-full', say`its disk is full`, say`Make room there; "df -h" on ${machine} shows where.`);
  if (/Read-only file system/i.test(stderr))
    return fail('remote-read-only', say`its file system is read-only`, say`Choose a folder that can be written.`);
  if (/Not a directory|File exists/i.test(stderr))
    return fail('put-is-file', say`a file is where a folder should be`, say`Choose another name.`);
  if (/No such file|nonexistent/i.test(stderr))
    return fail('remote-folder-odd', say`no file can be made there`, say`Choose another folder.`);
  if (/Permission denied|not permitted/i.test(stderr))
    return fail('remote-permission', say`user ${user} may not`, say`Choose a folder of ${user}, or give it the right.`);
  return fail('put-failed', say`the machine ended with status ${exitCode ?? '?'}`);
}

async function* counted(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  counter: { sizeBytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    counter.sizeBytes = content.length;
    yield content;
    return;
  }
  for await (const chunk of content) {
    counter.sizeBytes += chunk.length;
    yield chunk;
  }
}
