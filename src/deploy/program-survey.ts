import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { parseManifestLine, type ManifestEntry } from './manifest.ts';

const surveyScript = scriptFile(
  new URL('deploy-head.sh', import.meta.url),
  new URL('survey-programs.sh', import.meta.url),
);

/** What is asked of a machine. */
export interface SurveyRequest {
  /** Major version of the oldest Node that will do; undefined when no program needs one. */
  readonly oldestNode: number | undefined;
  /** Key of our Node runtime, which is looked for when a program needs Node. */
  readonly runtimeKey: string | undefined;
  readonly programs: readonly { readonly id: string; readonly paths: readonly string[] }[];
  readonly sha256s: readonly string[];
}

/** What a machine answered. */
export interface ProgramSurvey {
  /** Absolute path of the home folder. */
  readonly home: string;
  readonly searchPath: string;
  readonly tools: ReadonlySet<string>;
  /** Space for files of this user; undefined when `df` did not tell. */
  readonly freeBytes: number | undefined;
  /** `Linux x86_64` of uname(1); this and the next only when a program needs Node and the machine's own will not do. */
  readonly system: string | undefined;
  /** `glibc 2.36` of getconf(1), `musl`, or undefined when it is neither. */
  readonly libc: string | undefined;
  /** `v20.1.0`, of the machine's own Node; only when a program needs it. */
  readonly nodeVersion: string | undefined;
  /** What ls(1) says of it, when its version had to be asked for: worth remembering. */
  readonly nodeFile: string | undefined;
  /** Folder of our Node, if it is there. */
  readonly runtime: string | undefined;
  /** Content that need not be sent. */
  readonly stored: ReadonlySet<string>;
  readonly programs: ReadonlyMap<string, SurveyedProgram>;
}

export interface SurveyedProgram {
  /** `taken`: something that is no folder has its name. */
  readonly folder: 'absent' | 'there' | 'taken';
  /** Lines of the last manifest, as they stand. */
  readonly now: readonly string[];
  /** What we ever put there, as far as it is remembered, by path; a path may come several times. */
  readonly ours: readonly ManifestEntry[];
  /** The last manifests without those that were replaced: what may lie there now because we put it there. */
  readonly current: readonly ManifestEntry[];
  readonly found: ReadonlyMap<string, Found>;
  /** The stamp of its last build there, if all that it made is there. */
  readonly built: string | undefined;
  /** What that build said; empty when it said nothing. */
  readonly buildSaid: string;
}

/** What lies at a path that we want. The hash of a file that the user may not read is undefined. */
export type Found =
  | { readonly kind: 'file'; readonly sha256: string | undefined; readonly executable: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

const SURVEY_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks a machine, in one round trip, all that deployment needs to know. Changes nothing there.
 *
 * @throws {EnvironmentError} when it has no home folder, or lacks tools that every POSIX system has.
 */
export async function surveyPrograms(
  shell: Shell,
  request: SurveyRequest,
  signal: AbortSignal,
): Promise<ProgramSurvey> {
  const script = { script: surveyScript(), args: [String(request.oldestNode ?? ''), request.runtimeKey ?? ''] };
  const result = await shell.exec(script, {
    input: questions(request),
    timeoutMs: SURVEY_TIMEOUT_MS,
    maxOutputBytes: MAX_ANSWER_BYTES,
    signal,
    endsByItself: true,
  });
  const lines = result.stdout.split('\n').slice(0, -1);
  if (lines.at(-1) === 'end') return parseProgramSurvey(lines);
  throw new EnvironmentError(say`${shell.machine}: cannot look at the home folder of ${shell.user}`, {
    code: 'deploy-survey-failed',
    detail: toolWords(result.stderr) || say`exit status ${result.exitCode ?? ''}`,
    hint: say`Try it by hand: lab ssh ${shell.machine} ls -la`,
  });
}

function questions({ programs, sha256s }: SurveyRequest): string {
  const lines = [
    ...sha256s.map((sha256) => ['blob', sha256]),
    ...programs.flatMap(({ id, paths }) => [['program', id], ...paths.map((path) => ['path', path])]),
  ];
  return lines.map((fields) => `${fields.join('\t')}\n`).join('');
}

/** Pure: the lines that survey-programs.sh answers, as a survey. */
export function parseProgramSurvey(lines: readonly string[]): ProgramSurvey {
  const fields = lines.map((line) => line.split('\t'));
  const all = (kind: string): string[][] => fields.filter(([first]) => first === kind).map((parts) => parts.slice(1));
  const one = (kind: string): string | undefined => all(kind)[0]?.[0] || undefined;
  const hashes = new Map(lines.flatMap(parseHashLine));
  const freeKiB = all('df').at(-1)?.[0]?.split(/\s+/)[3];
  return {
    home: one('home') ?? '',
    searchPath: one('path') ?? '',
    tools: new Set(all('tool').map(([name]) => name ?? '')),
    freeBytes: freeKiB !== undefined && /^\d+$/.test(freeKiB) ? Number(freeKiB) * 1024 : undefined,
    system: one('system'),
    libc: one('musl') === undefined ? one('libc') : 'musl',
    nodeVersion: one('node'),
    nodeFile: all('node')[0]?.[1] || undefined,
    runtime: one('runtime'),
    stored: new Set(all('blob').map(([sha256]) => sha256 ?? '')),
    programs: new Map(all('program').map(([id = '', folder]) => [id, parseProgram(id, folder, all, hashes)])),
  };
}

function parseProgram(
  id: string,
  folder: string | undefined,
  all: (kind: string) => string[][],
  hashes: ReadonlyMap<string, string>,
): SurveyedProgram {
  const about = (kind: string): string[][] =>
    all(kind)
      .filter(([program]) => program === id)
      .map((parts) => parts.slice(1));
  const manifest = (version: string): string[] =>
    about('manifest')
      .filter(([which]) => which === version)
      .map((parts) => parts.slice(1).join('\t'));
  const entries = (version: string): ManifestEntry[] =>
    manifest(version)
      .map(parseManifestLine)
      .filter((entry) => entry !== undefined);
  const current = [...entries('now'), ...entries('next')];
  const found = new Map<string, Found>();
  for (const [mode, path = ''] of about('file'))
    found.set(path, { kind: 'file', sha256: hashes.get(`lab/${id}/${path}`), executable: mode === 'x' });
  for (const [target = '', path = ''] of about('link')) found.set(path, { kind: 'link', target });
  for (const [path = ''] of about('other')) found.set(path, { kind: 'other' });
  return {
    folder: folder === 'there' || folder === 'taken' ? folder : 'absent',
    now: manifest('now'),
    current,
    ours: [...current, ...entries('before'), ...entries('made')],
    found,
    built: about('built')[0]?.[0],
    buildSaid: about('said')
      .map((parts) => parts.join('\t'))
      .join('\n'),
  };
}

/** `<hash>  <path>`; sha256sum(1) begins the line with `\` when it had to escape a backslash in the path. */
function parseHashLine(line: string): [string, string][] {
  const [, escaped, sha256 = '', path = ''] = /^(\\?)([0-9a-f]{64})[ *]{2}(.+)$/.exec(line) ?? [];
  if (sha256 === '') return [];
  return [[escaped === '' ? path : path.replaceAll('\\\\', '\\'), sha256]];
}
