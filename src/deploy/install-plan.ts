import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { manifestLines } from './manifest.ts';
import type { ProgramEntry, FileEntry } from './program-files.ts';
import type { Found, SurveyedProgram, ProgramSurvey } from './program-survey.ts';

/** What is to be done for one program on its machine. Pure data; install-programs.sh says what each operation means. */
export interface ProgramPlan {
  /** `<lab>/<program>`. */
  readonly id: string;
  readonly manifest: readonly string[];
  /** Lines for the machine, fields apart by tabs; empty when all is in place. */
  readonly operations: readonly (readonly string[])[];
  /** Files that are written again. */
  readonly written: readonly FileEntry[];
  /** How many entries are in place already. */
  readonly unchanged: number;
}

export interface PlanRequest {
  readonly machine: string;
  /** `lab/program`. */
  readonly id: string;
  /** What the program needs. */
  readonly entries: readonly ProgramEntry[];
  readonly survey: SurveyedProgram;
  readonly backupSuffix: string;
}

/**
 * Compares what a program needs with what lies in its folder.
 *
 * What runs is always what `lab.yaml` names. A file there whose content we did not put there was edited, or is the
 * student's own: it is kept next to the new one as `<name>.<backupSuffix>`. A file that the program no longer has is
 * removed, unless it was edited.
 *
 * @throws {EnvironmentError} when something of another kind stands where a file belongs; nothing is overwritten then.
 */
export function planProgram({ machine, id, entries, survey, backupSuffix }: PlanRequest): ProgramPlan {
  refuseTaken(machine, id, entries, survey);
  const manifest = manifestLines(entries);
  const changed = entries.filter((entry) => !isInPlace(entry, survey.found.get(entry.path)));
  const removals = removeObsolete(entries, survey);
  const operations = [
    ...removals,
    ...changed.flatMap((entry) => [
      ...(isOurs(entry, survey) ? [] : [['keep', backupSuffix, entry.path]]),
      entry.kind === 'file'
        ? ['put', entry.sha256, entry.executable ? 'x' : '-', entry.path]
        : ['link', entry.target, entry.path],
    ]),
  ];
  const sameManifest = survey.now.join('\n') === manifest.join('\n');
  const isDone = operations.length === 0 && sameManifest && survey.folder === 'there';
  return {
    id,
    manifest,
    operations: isDone ? [] : [['program', id], ...operations, ['done', sameManifest ? 'same' : 'new']],
    written: changed.filter((entry) => entry.kind === 'file'),
    unchanged: entries.length - changed.length,
  };
}

/** The files whose content the machine does not have yet, each content once. */
export function filesToSend(plans: readonly ProgramPlan[], { stored }: Pick<ProgramSurvey, 'stored'>): FileEntry[] {
  const missing = plans.flatMap(({ written }) => written).filter(({ sha256 }) => !stored.has(sha256));
  return [...new Map(missing.map((file) => [file.sha256, file])).values()];
}

function refuseTaken(
  machine: string,
  id: string,
  entries: readonly ProgramEntry[],
  { folder, found, current }: SurveyedProgram,
): void {
  if (folder === 'taken') throw taken(machine, `lab/${id}`, 'folder');
  for (const { path } of entries) {
    // A folder of ours that became a file is emptied first; the machine looks again before it writes.
    const wasOurFolder = current.some((old) => old.path.startsWith(`${path}/`));
    if (found.get(path)?.kind === 'other' && !wasOurFolder) throw taken(machine, `lab/${id}/${path}`, 'file');
  }
}

/** The error for a name that something else has; nothing was overwritten. */
export function taken(machine: string, path: string, needed: 'file' | 'folder'): EnvironmentError {
  const message =
    needed === 'file'
      ? say`${machine}: ~/${path} must be a file, but something else has that name`
      : say`${machine}: ~/${path} must be a folder, but something else has that name`;
  return new EnvironmentError(message, {
    code: 'deploy-path-taken',
    hint: say`Nothing was overwritten. Move it away: lab exec ${machine} -- mv ${path} ${path}.old`,
  });
}

function isInPlace(entry: ProgramEntry, found: Found | undefined): boolean {
  if (entry.kind === 'link') return found?.kind === 'link' && found.target === entry.target;
  return found?.kind === 'file' && found.sha256 === entry.sha256 && found.executable === entry.executable;
}

/** Whether what lies at the path of an entry may be replaced: nothing does, or it is what we put there, now or once. */
function isOurs(entry: ProgramEntry, { found, ours }: SurveyedProgram): boolean {
  const there = found.get(entry.path);
  if (there === undefined || there.kind === 'other') return true;
  const known = ours.filter(({ path }) => path === entry.path);
  if (there.kind === 'link') return known.some((old) => old.kind === 'link' && old.target === there.target);
  const isWanted = entry.kind === 'file' && there.sha256 === entry.sha256;
  return isWanted || known.some((old) => old.kind === 'file' && old.sha256 === there.sha256);
}

function removeObsolete(entries: readonly ProgramEntry[], { current }: SurveyedProgram): string[][] {
  const wanted = new Set(entries.map(({ path }) => path));
  const obsolete = new Map(current.filter(({ path }) => !wanted.has(path)).map((old) => [JSON.stringify(old), old]));
  return [...obsolete.values()].map((old) =>
    old.kind === 'file' ? ['drop', old.sha256, old.path] : ['unlink', old.target, old.path],
  );
}
