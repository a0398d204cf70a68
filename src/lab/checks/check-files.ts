import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { isInside, realPathSoFar } from '../../core/files/inside.ts';
import { oddKind } from '../../core/files/ordinary-file.ts';
import { didYouMean, nearest } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { Draft, DraftFile } from '../draft.ts';
import type { Program } from '../types.ts';
import type { PathProblem } from '../problem.ts';
import { quoted } from '../fields/text-rule.ts';
import { folderProblem } from './check-folder.ts';
import { windowsLineEnds } from './line-ends.ts';

/** Files checked at once; each may need a file descriptor. */
const AT_ONCE = 64;

/**
 * Files of programs that are not there, that lead out of the lab's folder, or that cannot run as they are. Those of a
 * program that is built on this host may be made later; only their place is checked.
 */
export async function checkFiles({ programs }: Draft, folder: string): Promise<PathProblem[]> {
  const named = programs.flatMap(({ program, files }) => files.map((file) => ({ program, file })));
  const usable = named.filter(({ file: { value } }) => value.trim() !== '' && !value.includes('\0'));
  if (usable.length === 0) return [];
  const realFolder = await realpath(folder).catch(() => resolve(folder));
  const found: (PathProblem | undefined)[] = [];
  for (let start = 0; start < usable.length; start += AT_ONCE) {
    found.push(
      ...(await Promise.all(
        usable
          .slice(start, start + AT_ONCE)
          .map(async ({ program, file }) => checkFile(program, file, { folder, realFolder })),
      )),
    );
  }
  return found.filter((problem) => problem !== undefined);
}

interface Folders {
  readonly folder: string;
  /** The same without links. */
  readonly realFolder: string;
}

async function checkFile(
  program: Program,
  file: DraftFile,
  { folder, realFolder }: Folders,
): Promise<PathProblem | undefined> {
  const { value, path } = file;
  if (/[\t\n\r]/.test(value))
    return { path, message: say`the name ${quoted(value)} holds a tab or a line break`, hint: say`rename the file` };
  const whole = resolve(folder, value);
  const mustExist = program.build === undefined || program.buildOn !== undefined;
  try {
    const missing = mustExist ? await kindProblem(file, whole) : undefined;
    if (missing) return missing;
    const leads = value.startsWith('~') ? undefined : await outsideProblem(file, whole, realFolder);
    return leads ?? (mustExist ? await contentProblem(program, file, whole, realFolder) : undefined);
  } catch (error) {
    return unusable(program, file, whole, systemCode(error));
  }
}

/** @throws system errors when it is not there */
async function kindProblem({ value, path }: DraftFile, whole: string): Promise<PathProblem | undefined> {
  const found = await stat(whole);
  const kind = found.isDirectory() ? undefined : oddKind(found);
  if (kind === undefined) return undefined;
  return { path, message: say`${quoted(value)} is no ordinary file but ${kind}`, hint: say`name a file` };
}

/** What makes it impossible to send, or to run. @throws system errors when it is not there */
async function contentProblem(
  program: Program,
  file: DraftFile,
  whole: string,
  realFolder: string,
): Promise<PathProblem | undefined> {
  const isFolder = (await stat(whole)).isDirectory();
  const inside = isFolder ? await folderProblem(file, whole, realFolder) : undefined;
  return inside ?? (await windowsLineEnds(program, file, whole));
}

/**
 * A lab file may come from somebody else, and must not copy any file of its user to machines and into reports.
 */
async function outsideProblem(
  { value, path, outside }: DraftFile,
  whole: string,
  realFolder: string,
): Promise<PathProblem | undefined> {
  if (outside) return undefined;
  const real = await realPathSoFar(whole);
  if (isInside(join(realFolder, '.lab'), real))
    return {
      path,
      message: say`${quoted(value)} leads into .lab, where lab keeps its keys`,
      hint: say`name another file`,
    };
  if (isInside(realFolder, real)) return undefined;
  const byLink = isInside(resolve(realFolder), resolve(realFolder, value));
  return {
    path,
    message: byLink
      ? say`${quoted(value)} leads out of the folder of lab.yaml: it is a link to ${quoted(real)}`
      : say`${quoted(value)} lies outside the folder of lab.yaml`,
    hint: say`copy it into the folder; if it is meant, write { path: ${value}, outside: true }`,
  };
}

async function unusable(
  program: Program,
  { value, path }: DraftFile,
  whole: string,
  code: string | undefined,
): Promise<PathProblem> {
  if (code === 'ELOOP')
    return {
      path,
      message: say`${quoted(value)} is a link that leads in a circle`,
      hint: say`replace the link by the file itself`,
    };
  if (code === 'ENAMETOOLONG')
    return { path, message: say`${quoted(value)} is too long for a name of a file`, hint: say`correct the name` };
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return {
      path,
      message: say`${quoted(value)} cannot be looked at (${code ?? say`unknown error`})`,
      hint: say`check the rights of its folder`,
    };
  }
  const target = await lstat(whole).then(
    (found) => (found.isSymbolicLink() ? readlink(whole) : undefined),
    () => undefined,
  );
  if (target !== undefined)
    return {
      path,
      message: say`${quoted(value)} is a link to ${quoted(target)}, which is not there`,
      hint: say`replace the link by the file itself`,
    };
  return { path, message: say`there is no file ${quoted(value)}`, hint: await missingHint(program, value, whole) };
}

async function missingHint({ buildOn }: Program, value: string, file: string): Promise<string> {
  if (value.startsWith('~')) return say`"~" has no meaning here; paths start at the folder of lab.yaml`;
  const siblings = await readdir(dirname(file)).catch(() => []);
  const near = nearest(basename(file), siblings);
  if (near === undefined && buildOn !== undefined)
    return say`if the build makes it on ${buildOn}, leave it out here: "files" are what it is made from`;
  return near === undefined
    ? say`make it first, or add the command that makes it: build: [make]`
    : didYouMean(join(dirname(value), near));
}
