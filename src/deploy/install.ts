import { EnvironmentError } from '../core/errors.ts';
import type { ExecResult, Shell } from '../ssh/shell.ts';
import { installScript } from './install-script.ts';
import { filesToSend, taken, type ProgramPlan } from './plan.ts';
import type { FileEntry } from './program-files.ts';
import type { FileHash } from './file-hashes.ts';
import type { Survey } from './survey.ts';
import { TarStream, changedWhileSent, type ArchiveFile } from './tar-stream.ts';

/** Our Node, to be sent. */
export interface RuntimeUpload extends FileHash {
  readonly key: string;
  readonly path: string;
}

export interface InstallRequest {
  /** Those that are not in place already. */
  readonly plans: readonly ProgramPlan[];
  readonly runtime: RuntimeUpload | undefined;
  readonly survey: Survey;
  readonly signal: AbortSignal;
  /** Is called now and then with how far a large transfer is. */
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
}

export interface Installed {
  /** Files of the user, kept beside ours. */
  readonly kept: readonly { readonly program: string; readonly path: string; readonly backup: string }[];
  /** Edited files that no program has any more. */
  readonly stayed: readonly { readonly program: string; readonly path: string }[];
}

/** Space that a file system needs beside the content itself: blocks half used, folders, lists. */
const spareBytes = 256 * 1024;

/**
 * Sends what is missing and puts all in place, in one round trip. `stale`: content that the machine said it had was gone or wrong; survey it again.
 *
 * @throws {EnvironmentError} when the disk is full, a right is missing, a name is taken, or our Node does not run there. Old files are then untouched.
 */
export async function install(shell: Shell, request: InstallRequest): Promise<Installed | 'stale'> {
  const { plans, runtime, survey, signal } = request;
  const files = filesToSend(plans, survey);
  requireSpace(shell.machine, survey, neededBytes(request, files));
  const archive = new TarStream(archiveFiles(request, files));
  const totalBytes = sumOf(files) + (runtime?.sizeBytes ?? 0);
  const result = await shell.exec({ script: installScript }, { input: watched(archive, totalBytes, request.onProgress), signal });
  if (archive.failure !== undefined) throw archive.failure;
  return readAnswer(shell.machine, result, [...files.map(({ source }) => source), ...(runtime ? [runtime.path] : [])]);
}

function archiveFiles({ plans, runtime, survey: { nodeFile, nodeVersion } }: InstallRequest, files: readonly FileEntry[]): ArchiveFile[] {
  const sent = [
    ...files.map(({ sha256, source, sizeBytes, within }) => ({ sha256, source: { path: source, within }, sizeBytes })),
    ...(runtime ? [{ sha256: runtime.sha256, source: { path: runtime.path, within: undefined }, sizeBytes: runtime.sizeBytes }] : []),
  ];
  const fresh = new Set(files.map(({ sha256 }) => sha256));
  const stored = new Set(plans.flatMap(({ written }) => written.map(({ sha256 }) => sha256)).filter((sha256) => !fresh.has(sha256)));
  const operations = [
    ...plans.map(({ id }, index) => ['claim', id, `manifest-${index}`]),
    ...(runtime ? [['runtime', runtime.key, runtime.sha256]] : []),
    ...(nodeFile !== undefined && nodeVersion !== undefined ? [['node', nodeFile, nodeVersion]] : []),
    ...(files.length > 0 ? [['store']] : []),
    ...plans.flatMap((plan) => plan.operations),
  ];
  return [
    textFile('sums', sumLines(sent.map(({ sha256 }) => sha256))),
    textFile('stored', sumLines([...stored])),
    ...plans.map(({ manifest }, index) => textFile(`manifest-${index}`, manifest)),
    ...sent.map(({ sha256, source, sizeBytes }) => ({ name: `blobs/${sha256}`, source, sizeBytes })),
    textFile('plan', operations.map((fields) => fields.join('\t'))),
  ];
}

/** For `sha256sum -c`, in a folder where each file has its hash as its name. */
function sumLines(sha256s: readonly string[]): string[] {
  return sha256s.map((sha256) => `${sha256}  ${sha256}`);
}

function textFile(name: string, lines: readonly string[]): ArchiveFile {
  return { name, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

async function* watched(archive: TarStream, totalBytes: number, onProgress: InstallRequest['onProgress']): AsyncGenerator<Uint8Array> {
  for await (const piece of archive.pieces()) {
    yield piece;
    onProgress(Math.min(archive.sentBytes, totalBytes), totalBytes);
  }
}

/** What is received lies in the store, and once more in the program's folder. */
function neededBytes({ plans, runtime }: InstallRequest, files: readonly FileEntry[]): number {
  return sumOf(files) + sumOf(plans.flatMap(({ written }) => written)) + (runtime?.sizeBytes ?? 0) + spareBytes;
}

function sumOf(files: readonly FileEntry[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function requireSpace(machine: string, { freeBytes, home }: Survey, neededSpace: number): void {
  if (freeBytes === undefined || freeBytes >= neededSpace) return;
  throw diskFull(machine, `${home} has ${formatBytes(freeBytes)} free, ${formatBytes(neededSpace)} are needed`);
}

function diskFull(machine: string, detail: string): EnvironmentError {
  return new EnvironmentError(`${machine}: the disk is full; the programs there are as they were`, {
    code: 'machine-disk-full', detail, hint: `Free some space there: lab ssh ${machine} df -h`,
  });
}

function readAnswer(machine: string, result: ExecResult, sources: readonly string[]): Installed | 'stale' {
  const lines = result.stdout.split('\n').map((line) => line.split('\t'));
  if (lines.some(([kind]) => kind === 'stale')) return 'stale';
  if (!lines.some(([kind]) => kind === 'end')) throw explainFailure(machine, lines, result, sources);
  return {
    kept: lines.filter(([kind]) => kind === 'kept').map(([, program = '', path = '', backup = '']) => ({ program, path, backup })),
    stayed: lines.filter(([kind]) => kind === 'stayed').map(([, program = '', path = '']) => ({ program, path })),
  };
}

function explainFailure(machine: string, lines: readonly string[][], { stderr, exitCode, signal }: ExecResult, sources: readonly string[]): EnvironmentError {
  const [, what = '', path = ''] = lines.find(([kind]) => kind === 'failed') ?? [];
  const detail = stderr.trim() || `exit status ${exitCode ?? signal}`;
  if (/No space left|quota exceeded/i.test(stderr)) return diskFull(machine, detail);
  if (what === 'taken') return taken(machine, path, 'a file');
  if (/File exists|Not a directory/i.test(stderr)) return taken(machine, path, 'a folder');
  if (what === 'changed') return changedWhileSent(sources.length === 1 ? sources[0]! : `one of ${sources.join(', ')}`);
  if (what === 'runtime') {
    return new EnvironmentError(`${machine}: our Node was sent but does not run there`, {
      code: 'runtime-unfit', detail, hint: `Install Node on ${machine}, for example: sudo apt install nodejs. A home folder that is mounted noexec cannot hold ours.`,
    });
  }
  if (/Permission denied|Operation not permitted|Read-only file system/i.test(stderr)) {
    return new EnvironmentError(`${machine}: no right to write ~/${path}; the programs there are as they were`, {
      code: 'machine-no-right', detail, hint: `Look who owns it: lab ssh ${machine} ls -ld ${path}`,
    });
  }
  return new EnvironmentError(`${machine}: the programs could not be put there`, { code: 'deploy-failed', detail, hint: 'Run the command again; what is there already is not sent again.' });
}

/** `812 B`, `40 kB`, `121 MB`: a size as a person reads it, in powers of 1000. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
