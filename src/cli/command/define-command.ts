import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import type { Outcome } from '../outcome.ts';
import type { Style } from '../show/style.ts';
import type { GlobalValues } from './global-options.ts';
import { valuesOf, type Arguments, type Options, type ValuesOf } from './parameters.ts';

/** Headings of the help, in the order in which a beginner needs them. */
export const groups = {
  start: say`To start:`,
  lab: say`The lab:`,
  scenarios: say`Scenarios:`,
  machines: say`By hand:`,
  tools: say`Tools:`,
} as const;

/** What is said of a command: help and the reference are made from it. */
interface CommandWords {
  /** As it is typed, and as its file is called. */
  readonly name: string;
  readonly group: keyof typeof groups;
  /** One line, in lower case, without a full stop. */
  readonly summary: string;
  /** What a reader of `lab COMMAND --help` learns beyond the summary, in whole sentences. */
  readonly details?: string;
  readonly examples: readonly Example[];
  /** Not shown: for other programs, not for people. */
  readonly hidden?: true;
  /** What other tools call it: whoever types that is shown this command. */
  readonly alsoCalled?: readonly string[];
  /** What to do instead, by an option that other tools have for it, as it is typed: `-r`. */
  readonly otherOptions?: () => Readonly<Record<string, string>>;
  /** What to do instead of giving it more words than it takes. */
  readonly otherWords?: () => string;
  /** It says nothing where there is neither a lab file nor what a lab left. */
  readonly needsLab?: true;
  /** It always means a lab file in the folder that the user stands in, never one above. */
  readonly labFileHere?: true;
}

export interface Example {
  /** What is typed after `lab`. */
  readonly words: string;
  readonly does: string;
}

/** What every command gets, whatever it declares. */
export interface Call {
  readonly context: CommandContext;
  readonly global: GlobalValues;
  /** For text on standard output. */
  readonly style: Style;
  /** All commands, for shell completion. */
  readonly commands: readonly CliCommand[];
}

interface Definition<A extends Arguments, O extends Options> extends CommandWords {
  readonly arguments?: A;
  readonly options?: O;
  /** Nested commands: `lab runs` lists, `lab runs prune` removes. */
  readonly commands?: readonly CliCommand[];
  /** Whether the user sits at a program of the lab, to which the screen then belongs. */
  readonly takesScreen?: (options: ValuesOf<O>) => boolean;
  /** Loads the work from `src/commands` (so that no other command waits for it), does it, and words the result. */
  readonly run: (
    request: Call & { readonly arguments: ValuesOf<A>; readonly options: ValuesOf<O> },
  ) => Promise<Outcome>;
}

/** The words that were given for each argument and option, by their names. */
export interface Given {
  readonly arguments: (name: string) => readonly string[];
  readonly options: (name: string) => readonly string[];
}

/** A command with the values of one command line. */
export interface BoundCommand {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly takesScreen: boolean;
  readonly run: (call: Call) => Promise<Outcome>;
}

/** A command, or a family of nested commands: parsing, help, shell completion and the reference are made from it. */
export interface CliCommand extends CommandWords {
  readonly arguments: Arguments;
  readonly options: Options;
  /** Nested commands. */
  readonly commands: readonly CliCommand[];
  /** It only holds nested commands, one of which must be named: it does nothing itself. */
  readonly isFamily: boolean;
  /** @throws {UsageError} for a value that cannot be. */
  readonly bind: (given: Given) => BoundCommand;
}

/** Declares a command; what its `run` gets is typed from the arguments and options that it declares. */
export function defineCommand<const A extends Arguments = {}, const O extends Options = {}>(
  definition: Definition<A, O>,
): CliCommand {
  const {
    arguments: ownArguments = {} as A,
    options: ownOptions = {} as O,
    commands = [],
    takesScreen,
    run,
    ...words
  } = definition;
  return {
    ...words,
    arguments: ownArguments,
    options: ownOptions,
    commands,
    isFamily: false,
    bind(given) {
      const values = {
        arguments: valuesOf(ownArguments, given.arguments),
        options: valuesOf(ownOptions, given.options),
      };
      return {
        ...values,
        takesScreen: takesScreen?.(values.options) === true,
        run: (call) => run({ ...call, ...values }),
      };
    },
  };
}

/** Declares a family of nested commands: `lab images pull`, `lab images rm`. */
export function defineFamily(family: CommandWords & { readonly commands: readonly CliCommand[] }): CliCommand {
  return {
    ...family,
    arguments: {},
    options: {},
    isFamily: true,
    bind: () => {
      throw new Error(`${family.name} is a family of commands`);
    },
  };
}
