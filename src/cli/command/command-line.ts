import { UsageError } from '../../core/errors.ts';
import { counted, say } from '../../core/language/say.ts';
import type { BoundCommand, CliCommand } from './define-command.ts';
import { globalOptions, type GlobalValues } from './global-options.ts';
import { helpText } from './help-text.ts';
import { shownName, valuesOf } from './parameters.ts';
import { nameOf, readWords, seeHelp, shareOperands, type Reading } from './read-words.ts';

/** What a command line asks for: a command, words to show (help, version), a topic of the manual, or nothing that is understood. */
export type Asked =
  | { readonly command: CliCommand; readonly bound: BoundCommand }
  | { readonly show: string }
  | { readonly topic: string }
  | { readonly fault: UsageError };

export interface CommandLine {
  /** Valid even when the rest of the line is not. */
  readonly global: GlobalValues;
  readonly asked: Asked;
}

export interface CommandLineOptions {
  readonly commands: readonly CliCommand[];
  readonly version: string;
  /** Columns of the terminal that help is shown on. */
  readonly width?: number | undefined;
}

/** Understands a command line. Global options may stand before or after the command. */
export function parseCommandLine(argv: readonly string[], options: CommandLineOptions): CommandLine {
  const reading = readWords(argv, options.commands);
  const given = (name: string): readonly string[] => reading.given.get(name) ?? [];
  try {
    return { global: valuesOf(globalOptions, given), asked: askedBy(reading, options) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { global: valuesOf(globalOptions, (name) => (name === 'lang' ? [] : given(name))), asked: { fault: error } };
  }
}

function askedBy(reading: Reading, { commands, version, width }: CommandLineOptions): Asked {
  const { path, given, topic, unknownCommand, faults } = reading;
  if (given.has('version')) return { show: `${version}\n` };
  if (unknownCommand !== undefined) return { fault: faults[0] ?? unknownCommand };
  if (reading.isHelp && faults[0] !== undefined) return { fault: faults[0] };
  if (topic !== undefined) return { topic };
  if (given.has('help')) return { show: helpText(path, commands, width) };
  const command = path.at(-1);
  const fault = faults[0] ?? (command === undefined ? noCommand(commands, width) : faultOfOperands(command, reading));
  if (fault !== undefined) return { fault };
  return boundTo(command!, reading);
}

function boundTo(command: CliCommand, reading: Reading): Asked {
  const { given } = shareOperands(command, reading);
  try {
    const bound = command.bind({
      arguments: (name) => given.get(name) ?? [],
      options: (name) => reading.given.get(name) ?? [],
    });
    return { command, bound };
  } catch (error) {
    if (error instanceof UsageError) return { fault: error };
    throw error;
  }
}

function noCommand(commands: readonly CliCommand[], width: number | undefined): UsageError {
  return new UsageError(say`no command given`, {
    code: 'no-command',
    detail: helpText([], commands, width),
    hint: say`Start with "lab init" and "lab up".`,
  });
}

function faultOfOperands(command: CliCommand, reading: Reading): UsageError | undefined {
  const hint = seeHelp(reading.path);
  const { given, left } = shareOperands(command, reading);
  if (command.isFamily) {
    const names = command.commands.map(({ name }) => name).join(', ');
    return new UsageError(say`"lab ${command.name}" wants one of its commands: ${names}`, {
      code: 'missing-argument',
      hint,
    });
  }
  for (const [name, { isNeeded, missingCode = 'missing-argument' }] of Object.entries(command.arguments))
    if (isNeeded && given.get(name)?.length === 0)
      return new UsageError(say`missing required argument "${shownName(name)}"`, { code: missingCode, hint });
  return left.length > 0 ? tooMany(command, reading, left.length) : undefined;
}

function tooMany({ otherWords }: CliCommand, { path, operands }: Reading, surplus: number): UsageError {
  const expected = operands.length - surplus;
  const message = say`too many arguments for "${nameOf(path)}". Expected ${counted(expected, 'argument')} but got ${operands.length}: ${operands.join(', ')}.`;
  return new UsageError(message, { code: 'excess-arguments', hint: otherWords?.() ?? seeHelp(path) });
}
