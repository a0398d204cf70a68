import { join } from 'node:path';
import type { Lab } from '../../lab/types.ts';
import { readOwnFile, replaceFileSync } from '../../state/files/own-file.ts';
import { findControlGroups, outOfMemoryKills, removeGroups, type ControlGroups } from './control-groups.ts';
import { keepLimits, limitMeans } from './machine-limits.ts';
import type { MachineLimits } from './plan/limits.ts';

/** Limits of a lab's machines, and where they are written down. */
export interface KeptLimits {
  readonly limits: ReadonlyMap<string, MachineLimits>;
  /** What keeps memory and processors; undefined: lab itself. */
  readonly groups: ControlGroups | undefined;
}

/** Makes what keeps the limits; `takeBackLimits` removes it. Where the kernel refuses control groups, it goes without. */
export function makeLimits(lab: Lab, labId: string, stateFolder: string): KeptLimits {
  const groups = findControlGroups();
  try {
    return written(keepLimits(lab, labId, limitMeans(groups)), groups, stateFolder);
  } catch (error) {
    if (groups === undefined) throw error;
    removeGroups(labId, []);
    return written(keepLimits(lab, labId, limitMeans(undefined)), undefined, stateFolder);
  }
}

function written(
  limits: ReadonlyMap<string, MachineLimits>,
  groups: ControlGroups | undefined,
  stateFolder: string,
): KeptLimits {
  const lines = [...limits].flatMap(([machine, { groups: folders }]) =>
    folders.map((folder) => `${machine}\t${folder}`),
  );
  if (lines.length > 0) replaceFileSync(groupsFile(stateFolder), `${lines.join('\n')}\n`, { durable: false });
  return { limits, groups };
}

/** Before the folder's files are removed, and when nothing of the lab runs any more. */
export function takeBackLimits(labId: string, stateFolder: string): void {
  removeGroups(
    labId,
    groupLines(stateFolder).map(({ folder }) => folder),
  );
}

/** How many processes of a machine were ended because it had used up its memory, by the kernel or by lab. */
export function memoryKills(stateFolder: string, logFile: string, machine: string): number {
  const byKernel = groupLines(stateFolder)
    .filter((line) => line.machine === machine)
    .reduce((sum, { folder }) => sum + outOfMemoryKills(folder), 0);
  const byLab = textOf(logFile)
    .split('\n')
    .filter((line) => line.startsWith(`limit memory ${machine} `)).length;
  return byKernel + byLab;
}

/** Where the control groups of the machines are written down. */
export function groupsFile(stateFolder: string): string {
  return join(stateFolder, 'netns.groups');
}

function groupLines(stateFolder: string): { readonly machine: string; readonly folder: string }[] {
  return textOf(groupsFile(stateFolder))
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => {
      const [machine = '', folder = ''] = line.split('\t');
      return { machine, folder };
    });
}

/** What is no file of ours any more says nothing. */
function textOf(file: string): string {
  const own = readOwnFile(file);
  return typeof own === 'string' ? '' : own.text;
}
