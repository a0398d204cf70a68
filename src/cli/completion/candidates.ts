import { resolve } from 'node:path';
import type { CommandContext } from '../../session/context.ts';
import type { CliCommand } from '../command/define-command.ts';
import { globalOptions } from '../command/global-options.ts';
import { longFlag, type Argument, type Candidates, type Complete, type Options } from '../command/parameters.ts';
import { readTopic, topicNames } from '../help/topics.ts';
import { readWords, type Reading } from '../command/read-words.ts';

const nothing: Candidates = { candidates: [], files: false };

/**
 * What may stand in place of the last of `words`, which are all that was typed after `lab`. Never fails: a shell has no
 * place for an error.
 */
export async function candidatesFor(
  words: readonly string[],
  { context, commands }: { readonly context: CommandContext; readonly commands: readonly CliCommand[] },
): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const reading = readWords(words.slice(0, -1), commands);
  const file = reading.given.get('file')?.at(-1);
  const labFile = file === undefined ? context.labFile : resolve(context.cwd, file);
  const complete = offer(current, reading, commands) ?? (() => nothing);
  const found = async (): Promise<Candidates> => complete({ ...context, labFile });
  const { candidates, files } = await found().catch(() => nothing);
  return { files, candidates: candidates.filter(({ word }) => word.startsWith(current)) };
}

function offer(current: string, reading: Reading, commands: readonly CliCommand[]): Complete | undefined {
  const { path, pending, untouched, unknownCommand, operands, isHelp, topic } = reading;
  const command = path.at(-1);
  if (pending !== undefined) return pending.complete;
  // A machine's command, of which we know nothing, or a command that there is not.
  if (untouched !== undefined || unknownCommand !== undefined || topic !== undefined) return undefined;
  if (current.startsWith('-')) return () => flagsOffered({ ...command?.options, ...globalOptions });
  const named = command?.commands ?? commands;
  if (command === undefined) return () => (isHelp ? explained(named) : commandsOffered(named));
  if (named.length > 0) return () => commandsOffered(named);
  return except(operands, argumentAt(operands.length, command)?.complete);
}

function argumentAt(index: number, command: CliCommand): Argument | undefined {
  const declared = Object.values(command.arguments).filter(({ form }) => form !== 'after-dashes');
  const last = declared.at(-1);
  return declared[index] ?? (last?.form === 'several' ? last : undefined);
}

/** No machine is named twice. */
function except(operands: readonly string[], complete: Complete | undefined): Complete | undefined {
  if (complete === undefined) return undefined;
  return async (context) => {
    const { candidates, files } = await complete(context);
    return { files, candidates: candidates.filter(({ word }) => !operands.includes(word)) };
  };
}

function flagsOffered(options: Options): Candidates {
  const candidates = Object.entries(options).map(([name, option]) => ({
    word: longFlag(name, option),
    description: option.description,
  }));
  return { candidates, files: false };
}

/** What may follow `lab help`. */
function explained(commands: readonly CliCommand[]): Candidates {
  const topics = topicNames().map((name) => ({ word: name, description: readTopic(name).summary }));
  return { candidates: [...commandsOffered(commands).candidates, ...topics], files: false };
}

function commandsOffered(commands: readonly CliCommand[]): Candidates {
  const visible = commands.filter(({ hidden }) => !hidden);
  return { candidates: visible.map(({ name, summary }) => ({ word: name, description: summary })), files: false };
}
