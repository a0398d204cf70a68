import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ProgramHint } from '../../core/program-hint.ts';
import { findBelow, findMachineTool } from '../../host/tools.ts';
import { hostFolderChoices } from '../../lab/defaults.ts';
import type { EndedProgram } from './program-hints.ts';

/** POSIX, Shell Command Language, 2.8.2: it was not found, or could not be executed. */
const unstarted: ReadonlySet<number | undefined> = new Set([126, 127]);
/** Shells name the command that was not found, after the script and the line. */
const NOT_FOUND = /(?:^|[: ])([\w./+-]+): (?:command )?not found$/;
/** `#!/usr/bin/env python3`, `#!/usr/local/bin/ksh`: the last word is what has to be there. */
const FIRST_LINE = /^#! *(?:\/usr\/bin\/env +(?:-S +)?)?([^\s]+)/;

/**
 * What a program that did not start missed, where this host has it, in a folder that the machine could see but was not
 * shown. `shown` are the folders that it sees.
 */
export function hiddenCommand(
  { program, machine, status, lines }: Pick<EndedProgram, 'program' | 'machine' | 'status' | 'lines'>,
  shown: readonly string[],
): ProgramHint | undefined {
  if (!unstarted.has(status.exitCode)) return undefined;
  const hidden = hostFolderChoices.filter((folder) => !shown.includes(folder));
  const last = lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
  const names = [program.command[0], interpreterOf(program), NOT_FOUND.exec(last)?.[1]];
  for (const command of names) {
    const isThere = command === undefined || (!command.includes('/') && findMachineTool(command) !== undefined);
    const found = isThere || command.startsWith('.') ? undefined : findBelow(command, hidden);
    if (found === undefined) continue;
    const folders = hostFolderChoices.filter((folder) => shown.includes(folder) || folder === found.folder);
    const place = dirname(found.path);
    return { kind: 'hidden-command', machine, command: basename(command!), place, folders: folders.join(', ') };
  }
  return undefined;
}

/** What the first line of the script asks for that is started by its own name. */
function interpreterOf({ command, files }: EndedProgram['program']): string | undefined {
  const [first = ''] = command;
  const file = first.includes('/') ? files.find((path) => basename(path) === basename(first)) : undefined;
  if (file === undefined) return undefined;
  try {
    return FIRST_LINE.exec(readFileSync(file, 'latin1').split('\n', 1)[0]!)?.[1];
  } catch {
    return undefined;
  }
}
