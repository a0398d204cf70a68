import { basename } from 'node:path';
import { countOf } from '../../core/text/amounts.ts';
import { UsageError } from '../../core/errors.ts';
import { loadLab } from '../../lab/load-lab.ts';
import type { Problem } from '../../lab/problem.ts';
import { renderProblems } from '../../lab/render-problems.ts';
import type { Lab } from '../../lab/types.ts';
import { parseScenarios } from '../../scenario/parse.ts';
import type { CommandContext } from '../context.ts';
import type { OpenedLab } from './opened-lab.ts';
import { shownPath } from './shown-path.ts';

/** A lab file as it was read: its problems (none when `lab` is there), in the order of the file. */
export interface CheckedLabFile {
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly opened: OpenedLab | undefined;
}

/**
 * Loads the lab file and parses its scenarios.
 *
 * @throws {UsageError} when it is missing, or has problems: all of them, each under its line of the file.
 */
export async function openLab(context: CommandContext): Promise<OpenedLab> {
  const { opened, problems, text } = await checkLabFile(context);
  if (opened !== undefined) return { ...opened, lab: await asMade(opened.lab, context) };
  throw new UsageError(`${basename(context.labFile)} has ${countOf(problems.length, 'problem')}`, {
    code: 'lab-file-wrong',
    detail: renderProblems(shownPath(context), text, problems),
    data: { file: context.labFile, problems },
    hint: 'Correct it and try again; "lab validate" checks it without doing anything.',
  });
}

/**
 * The lab as its machines are made. The account of a machine that lab makes is the same whether the file names it or
 * leaves the default, so to name it is no change of the machine; on machines that exist already it may be another one.
 */
async function asMade(lab: Lab, { providers }: CommandContext): Promise<Lab> {
  const { features } = await providers.named(lab.provider);
  if (!features.ownsMachines) return lab;
  const machines = [...lab.machines].map(
    ([name, { isUserWritten: _isUserWritten, ...machine }]) => [name, machine] as const,
  );
  return { ...lab, machines: new Map(machines) };
}

/** @throws {UsageError} when the lab file is missing or cannot be read. */
export async function checkLabFile({ labFile, overrides, providers }: CommandContext): Promise<CheckedLabFile> {
  const loaded = await loadLab(labFile, providers.names, overrides);
  const { text } = loaded;
  if ('lab' in loaded) {
    const { scenarios, problems } = parseScenarios(loaded.lab);
    return { text, problems, opened: problems.length === 0 ? { lab: loaded.lab, scenarios } : undefined };
  }
  const more = loaded.partial === undefined ? [] : parseScenarios(loaded.partial).problems;
  return { text, problems: [...loaded.problems, ...more].toSorted(byPosition), opened: undefined };
}

function byPosition(a: Problem, b: Problem): number {
  return a.position.line - b.position.line || a.position.column - b.position.column;
}
