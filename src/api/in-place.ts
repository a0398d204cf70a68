import { UsageError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { commandInFolder } from '../scenario/advice/folder-command.ts';
import type { Command } from '../ssh/shell.ts';

/** Where and with what a command runs. */
export interface Surroundings {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The same command, run in this folder with these variables. */
export function inPlace(command: Command, { cwd, env = {} }: Surroundings): Command {
  const wrong = Object.keys(env).find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined)
    throw new UsageError(say`${JSON.stringify(wrong)} is no name of an environment variable`, {
      code: 'wrong-variable',
      hint: say`Use letters, digits and _; the first is no digit.`,
    });
  const variables = new Map(Object.entries(env));
  if (cwd === undefined && variables.size === 0) return command;
  return commandInFolder(wordsOf(command), { folder: cwd ?? '.', env: variables });
}

function wordsOf(command: Command): readonly string[] {
  return 'script' in command ? ['/bin/sh', '-c', command.script, 'sh', ...(command.args ?? [])] : command;
}
