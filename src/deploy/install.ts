import { sayBytes } from '../core/language/amounts.ts';
import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import type { ContentHash } from '../core/files/sha256.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { ExecResult, Shell } from '../ssh/shell.ts';
import { filesToSend, taken, type ProgramPlan } from './install-plan.ts';
import type { FileEntry } from './program-files.ts';
import type { ProgramSurvey } from './program-survey.ts';
import { TarStream, changedWhileSent, type ArchiveFile } from './tar-stream.ts';

const installScript = scriptFile(
  new URL('deploy-head.sh', import.meta.url),
  new URL('install-programs.sh', import.meta.url),
);

/** Our Node, to be sent. */
export interface RuntimeUpload extends ContentHash {
  readonly key: string;
  readonly path: string;
}

export interface InstallRequest {
  /** Programs that are not in place already. */
  readonly plans: readonly ProgramPlan[];
  readonly runtime: RuntimeUpload | undefined;
  readonly survey: ProgramSurvey;
  /** Size of the machine's disk in lab.yaml; undefined where it does not say. */
  readonly diskMiB: number | undefined;
  readonly signal: AbortSignal;
  /** Is called now and then with how far a large transfer is. */
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
}

export interface Installed {
  /** Files of the user, kept next to ours. */
  readonly kept: readonly { readonly program: string; readonly path: string; readonly backup: string }[];
  /** Edited files that no program has any more. */
  readonly stayed: readonly { readonly program: string; readonly path: string }[];
}

/**
 * So long may the machine take for the end, in addition to the time to check what it got; the sending itself may stand
 * still for as long.
 */
const STALL_MS = 60_000;
/** Space that a file system needs in addition to the content itself: blocks half used, folders, lists. */
const SPARE_BYTES = 256 * 1024;

/**
 * Sends what is missing and puts all in place, in one round trip. `stale`: content that the machine said it had was
 * gone or wrong; survey it again.
 *
 * @throws {EnvironmentError} when the disk is full, a right is missing, a name is taken, or our Node does not run
 * there. Old files are then untouched.
 */
export async function install(shell: Shell, request: InstallRequest): Promise<Installed | 'stale'> {
  const { plans, runtime, survey, signal } = request;
  const files = filesToSend(plans, survey);
  const store = hasRoom(survey, storedBytes(request, files));
  if (!store) requireSpace(request, shell.machine, neededBytes(request));
  const archive = new TarStream(archiveFiles(request, files, store));
  const totalBytes = sumOf(files) + (runtime?.sizeBytes ?? 0);
  const result = await shell.exec(
    { script: installScript() },
    { input: watched(archive, totalBytes, request.onProgress), signal, stallMs: STALL_MS },
  );
  if (archive.failure !== undefined) throw archive.failure;
  return readAnswer({ machine: shell.machine, result, diskMiB: request.diskMiB }, [
    ...files.map(({ source }) => source),
    ...(runtime ? [runtime.path] : []),
  ]);
}

function archiveFiles(
  { plans, runtime, survey: { nodeFile, nodeVersion } }: InstallRequest,
  files: readonly FileEntry[],
  store: boolean,
): ArchiveFile[] {
  const sent = [
    ...files.map(({ sha256, source, sizeBytes, within }) => ({ sha256, source: { path: source, within }, sizeBytes })),
    ...(runtime
      ? [{ sha256: runtime.sha256, source: { path: runtime.path, within: undefined }, sizeBytes: runtime.sizeBytes }]
      : []),
  ];
  const fresh = new Set(files.map(({ sha256 }) => sha256));
  const stored = new Set(
    plans.flatMap(({ written }) => written.map(({ sha256 }) => sha256)).filter((sha256) => !fresh.has(sha256)),
  );
  const operations = [
    ...plans.map(({ id }, index) => ['claim', id, `manifest-${index}`]),
    ...(runtime ? [['runtime', runtime.key, runtime.sha256]] : []),
    ...(nodeFile !== undefined && nodeVersion !== undefined ? [['node', nodeFile, nodeVersion]] : []),
    ...(files.length > 0 && store ? [['store']] : []),
    ...(store
      ? plans.flatMap((plan) => plan.operations)
      : placing(
          plans.flatMap((plan) => plan.operations),
          fresh,
        )),
  ];
  return [
    textFile('sums', sumLines(sent.map(({ sha256 }) => sha256))),
    textFile('stored', sumLines([...stored])),
    ...plans.map(({ manifest }, index) => textFile(`manifest-${index}`, manifest)),
    ...sent.map(({ sha256, source, sizeBytes }) => ({ name: `blobs/${sha256}`, source, sizeBytes })),
    textFile(
      'plan',
      operations.map((fields) => fields.join('\t')),
    ),
  ];
}

/** The same operations, but the last use of each content that is sent moves it. */
function placing(operations: readonly (readonly string[])[], fresh: ReadonlySet<string>): (readonly string[])[] {
  const lastUse = new Map(
    operations.flatMap(([operation, sha256 = ''], index) =>
      operation === 'put' && fresh.has(sha256) ? [[sha256, index]] : [],
    ),
  );
  return operations.map((fields, index) =>
    fields[0] === 'put' && lastUse.get(fields[1]!) === index ? ['place', ...fields.slice(1)] : fields,
  );
}

/** For `sha256sum -c`, in a folder where each file has its hash as its name. */
function sumLines(sha256s: readonly string[]): string[] {
  return sha256s.map((sha256) => `${sha256}  ${sha256}`);
}

function textFile(name: string, lines: readonly string[]): ArchiveFile {
  return { name, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

async function* watched(
  archive: TarStream,
  totalBytes: number,
  onProgress: InstallRequest['onProgress'],
): AsyncGenerator<Uint8Array> {
  for await (const piece of archive.pieces()) {
    yield piece;
    onProgress(Math.min(archive.sentBytes, totalBytes), totalBytes);
  }
}

/** Space for each file that is written, and for our Node. */
function neededBytes({ plans, runtime }: InstallRequest): number {
  return sumOf(plans.flatMap(({ written }) => written)) + (runtime?.sizeBytes ?? 0) + SPARE_BYTES;
}

/** The same where what is received is kept in the store besides, so that a file that changes back is not sent again. */
function storedBytes(request: InstallRequest, files: readonly FileEntry[]): number {
  return neededBytes(request) + sumOf(files);
}

function hasRoom({ freeBytes }: ProgramSurvey, neededSpace: number): boolean {
  return freeBytes === undefined || freeBytes >= neededSpace;
}

function sumOf(files: readonly FileEntry[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function requireSpace({ survey, diskMiB }: InstallRequest, machine: string, neededSpace: number): void {
  if (hasRoom(survey, neededSpace)) return;
  throw diskFull(
    machine,
    say`${survey.home} has ${sayBytes(survey.freeBytes ?? 0)} free, ${sayBytes(neededSpace)} are needed`,
    diskMiB,
  );
}

/** `diskMiB`: the size that lab.yaml gives the machine, if it does. */
function diskFull(machine: string, detail: string, diskMiB: number | undefined): EnvironmentError {
  const space = say`What takes the space there: lab ssh ${machine} 'du -ahx ~ | sort -h | tail'.`;
  const larger =
    diskMiB === undefined
      ? []
      : [say`Or give it a larger disk: it has "disk: ${diskMiB}M" in lab.yaml; then lab up --recreate.`];
  return new EnvironmentError(say`${machine}: the disk is full; the programs there are as they were`, {
    code: 'machine-disk-full',
    detail,
    hint: [space, ...larger].join(' '),
  });
}

interface Answer {
  readonly machine: string;
  readonly result: ExecResult;
  readonly diskMiB: number | undefined;
}

function readAnswer(answer: Answer, sources: readonly string[]): Installed | 'stale' {
  const { result } = answer;
  const lines = result.stdout.split('\n').map((line) => line.split('\t'));
  if (lines.some(([kind]) => kind === 'stale')) return 'stale';
  if (!lines.some(([kind]) => kind === 'end')) throw explainFailure(answer, lines, sources);
  return {
    kept: lines
      .filter(([kind]) => kind === 'kept')
      .map(([, program = '', path = '', backup = '']) => ({ program, path, backup })),
    stayed: lines.filter(([kind]) => kind === 'stayed').map(([, program = '', path = '']) => ({ program, path })),
  };
}

function explainFailure(
  { machine, result: { stderr, exitCode, signal }, diskMiB }: Answer,
  lines: readonly string[][],
  sources: readonly string[],
): EnvironmentError {
  const [, what = '', path = ''] = lines.find(([kind]) => kind === 'failed') ?? [];
  const detail = toolWords(stderr) || say`exit status ${exitCode ?? signal ?? ''}`;
  if (/No space left|quota exceeded/i.test(stderr)) return diskFull(machine, detail, diskMiB);
  if (what === 'taken') return taken(machine, path, 'file');
  if (/File exists|Not a directory/i.test(stderr)) return taken(machine, path, 'folder');
  if (what === 'changed')
    return changedWhileSent(sources.length === 1 ? sources[0]! : say`one of ${sources.join(', ')}`);
  if (what === 'runtime') {
    return new EnvironmentError(say`${machine}: our Node was sent but does not run there`, {
      code: 'runtime-unfit',
      detail,
      hint: say`Install Node on ${machine}, for example: sudo apt install nodejs. A home folder that is mounted noexec cannot hold ours.`,
    });
  }
  if (/Permission denied|Operation not permitted|Read-only file system/i.test(stderr)) {
    return new EnvironmentError(say`${machine}: no right to write ~/${path}; the programs there are as they were`, {
      code: 'machine-no-right',
      detail,
      hint: say`Look who owns it: lab ssh ${machine} ls -ld ${path}`,
    });
  }
  return new EnvironmentError(say`${machine}: the programs could not be put there`, {
    code: 'deploy-failed',
    detail,
    hint: say`Run the command again; what is there already is not sent again.`,
  });
}
