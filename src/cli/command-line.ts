import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../core/errors.ts';
import { commandSpecs, globalOptions, groups, type CommandSpec, type OptionSpec } from './spec.ts';
import { splitArguments } from './arguments.ts';

export interface GlobalOptions {
  readonly file: string | undefined;
  readonly provider: string | undefined;
  readonly name: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Values of a command's own options, by their long name in camel case; an option that was not given is undefined. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A command line that is understood. */
export interface Invocation {
  readonly command: string;
  readonly global: GlobalOptions;
  readonly arguments: readonly (string | readonly string[] | undefined)[];
  readonly options: Options;
  /** The command for a machine, of `ssh` and `exec`. */
  readonly remote: readonly string[] | undefined;
}

/** What a command line asks for: a command, or only words to show (help, version). */
export type ParsedCommandLine = { readonly invocation: Invocation } | { readonly show: string };

/**
 * Understands a command line. Global options may stand before or after the command.
 *
 * @throws {UsageError} for anything that it does not know, with the nearest word that it knows.
 */
export function parseCommandLine(argv: readonly string[], version: string): ParsedCommandLine {
  const { words, remote } = splitArguments(argv);
  let invocation: Invocation | undefined;
  let shown = '';
  const program = buildProgram(version, (command, parts) => {
    invocation = { command, remote, global: globalsOf(program.opts()), ...parts };
  });
  eachCommand(program, (command) => {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => (shown += text),
        writeErr: (text) => (shown += text),
        outputError: () => undefined,
      });
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help' && error.exitCode !== 0) {
      throw new UsageError('no command given', {
        code: 'no-command',
        detail: shown,
        cause: error,
        hint: 'Start with "lab init" and "lab up".',
      });
    }
    if (error.exitCode !== 0)
      throw asUsageError(
        error,
        words.find((word) => program.commands.some((command) => command.name() === word)),
      );
  }
  return invocation === undefined ? { show: shown } : { invocation };
}

type Chosen = (command: string, parts: Pick<Invocation, 'arguments' | 'options'>) => void;

/** The parser and its help texts, made from the specification. */
export function buildProgram(version: string, chosen: Chosen): Command {
  const program = new Command('lab')
    .description(
      'From one lab.yaml to running machines, a played exchange between programs on them, and the proof of what happened.',
    )
    .usage('[options] <command>');
  program.version(version, '-V, --version', 'the version of lab').helpOption('-h, --help', 'this help');
  program.addHelpCommand(
    new Command('help').argument('[command]').description('help for a command').helpGroup(groups.tools),
  );
  for (const option of globalOptions) program.addOption(optionOf(option));
  program
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', '\nlab COMMAND --help tells more about a command and shows examples.');
  for (const spec of commandSpecs) program.addCommand(commandOf(spec, chosen), { hidden: spec.hidden === true });
  return program;
}

function commandOf(spec: CommandSpec, chosen: Chosen): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(descriptionOf(spec))
    .helpGroup(spec.group)
    .usage(usageOf(spec));
  command.helpOption('-h, --help', 'this help').addHelpText('after', helpTail(spec));
  for (const { syntax, description } of spec.arguments ?? [])
    if (!syntax.startsWith('--')) command.argument(syntax, description);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  command.action((...values: unknown[]) => {
    // commander calls with the arguments, then the options, then the command.
    chosen(spec.name, { arguments: values.slice(0, -2) as Invocation['arguments'], options: values.at(-2) as Options });
  });
  return command;
}

function optionOf({ flags, description, repeatable }: OptionSpec): Option {
  const option = new Option(flags, description);
  return repeatable
    ? option.argParser<readonly string[] | undefined>((value, before) => [...(before ?? []), value])
    : option;
}

function descriptionOf({ summary, details }: CommandSpec): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return details === undefined ? sentence : `${sentence} ${details}`;
}

/** The words after the command's name: `[options] <port>`. */
export function usageOf(spec: CommandSpec): string {
  return ['[options]', ...(spec.arguments ?? []).map(({ syntax }) => syntax)].join(' ');
}

function helpTail(spec: CommandSpec): string {
  const width = Math.max(...spec.examples.map(({ words }) => words.length));
  const examples = spec.examples.map(({ words, does }) => `  lab ${words.padEnd(width)}  # ${does}`);
  return ['\nExamples:', ...examples, '\nOptions of every command: lab --help'].join('\n');
}

function globalsOf(values: Record<string, unknown>): GlobalOptions {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  return {
    file: text('file'),
    provider: text('provider'),
    name: text('name'),
    json: values['json'] === true,
    quiet: values['quiet'] === true,
    verbose: values['verbose'] === true,
    color: values['color'] !== false,
  };
}

/** commander says `error: unknown command 'stats'\n(Did you mean status?)`: a message and a hint. */
function asUsageError(error: CommanderError, command: string | undefined): UsageError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint =
    suggestion?.replace(/^\((.*)\)$/, '$1') ?? `See "lab ${command === undefined ? '' : `${command} `}--help".`;
  return new UsageError(message, {
    code: error.code.replace('commander.', '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    hint,
    cause: error,
  });
}

function eachCommand(program: Command, visit: (command: Command) => void): void {
  visit(program);
  for (const command of program.commands) eachCommand(command, visit);
}
