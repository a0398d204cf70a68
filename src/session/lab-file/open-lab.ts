import { basename } from 'node:path';
import { counted, say } from '../../core/language/say.ts';
import { UsageError } from '../../core/errors.ts';
import { loadLab, type IncludedTexts } from '../../lab/load-lab.ts';
import { comparePositions, type Problem } from '../../lab/problem.ts';
import { renderProblems } from '../../lab/render-problems.ts';
import type { Lab } from '../../lab/types.ts';
import { parseScenarios } from '../../scenario/parse.ts';
import type { CommandContext } from '../context.ts';
import { fitProvider, type Fit } from './fit-provider.ts';
import type { OpenedLab } from './opened-lab.ts';
import { shownPath } from './shown-path.ts';

/** A lab file as it was read: its problems (none when `lab` is there), in the order of the file. */
export interface CheckedLabFile {
  readonly text: string;
  /** The texts of the files that it includes, by name. */
  readonly included: IncludedTexts;
  readonly problems: readonly Problem[];
  readonly opened: OpenedLab | undefined;
}

/**
 * Loads the lab file and parses its scenarios.
 *
 * @throws {UsageError} when it is missing, or has problems: all of them, each under its line of the file.
 */
export async function openLab(context: CommandContext): Promise<OpenedLab> {
  const { opened, problems, text, included } = await checkLabFile(context);
  if (opened !== undefined) return opened;
  if (context.overrides.text !== undefined) throw wrongDefinition(problems);
  throw new UsageError(`${basename(context.labFile)} has ${counted(problems.length, 'problem')}`, {
    code: 'lab-file-wrong',
    detail: renderProblems(shownPath(context), text, problems, { included }),
    data: { file: context.labFile, problems },
    hint: say`Correct it and try again; "lab validate" checks it without doing anything.`,
  });
}

/** A lab that a program describes has no lines to show: its problems are named by their paths. */
function wrongDefinition(problems: readonly Problem[]): UsageError {
  const lines = problems.map(({ path, message, hint }) => [
    `${path === '' ? '' : `${path}: `}${message}`,
    ...(hint === undefined ? [] : [`    ${hint}`]),
  ]);
  const short = problems.map(({ path, message, hint }) => ({ path, message, hint }));
  return new UsageError(say`the definition of the lab has ${counted(problems.length, 'problem')}`, {
    code: 'lab-definition-wrong',
    detail: lines.flat().join('\n'),
    data: { problems: short },
    hint: say`Correct it and try again.`,
  });
}

/** @throws {UsageError} when the lab file is missing or cannot be read. */
export async function checkLabFile(context: CommandContext): Promise<CheckedLabFile> {
  const { labFile, overrides, providers } = context;
  const loaded = await loadLab(labFile, providers.names, overrides);
  const { text, included, problemOf } = loaded;
  const lab = 'lab' in loaded ? loaded.lab : loaded.partial;
  if (lab === undefined || problemOf === undefined)
    return { text, included, problems: 'problems' in loaded ? loaded.problems : [], opened: undefined };
  const { scenarios, problems: inSteps } = parseScenarios(lab);
  const fit = await fitOf(lab, context);
  const problems = [
    ...('problems' in loaded ? loaded.problems : []),
    ...inSteps,
    ...(fit?.problems ?? []).map((problem) => problemOf(problem)),
  ].toSorted((a, b) => comparePositions(a.position, b.position));
  const opened =
    problems.length === 0 && fit !== undefined ? { lab: fit.lab, remarks: fit.remarks, scenarios } : undefined;
  return { text, included, problems, opened };
}

/** Undefined when there is no such provider, which is a problem of its own. */
async function fitOf(lab: Lab, { overrides, providers }: CommandContext): Promise<Fit | undefined> {
  if (!providers.names.includes(lab.provider)) return undefined;
  return fitProvider(lab, await providers.named(lab.provider), overrides.provider !== undefined);
}
