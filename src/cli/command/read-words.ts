import { parseArgs } from 'node:util';
import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { didYouMean, nearest, suggestion } from '../../core/text/suggest.ts';
import { topicNames } from '../help/topics.ts';
import type { CliCommand } from './define-command.ts';
import { globalOptions, questions } from './global-options.ts';
import { otherWays } from './other-ways.ts';
import { flagsOf, isUntouched, longFlag, type Option, type Options } from './parameters.ts';

/** What the words of a command line say, right or wrong. */
export interface Reading {
  /** The command, after the family that it is nested in; empty when none was named. */
  readonly path: readonly CliCommand[];
  /** Words that were given for each option, by its declared name; an empty word for an option without a value. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The command for a machine, untouched; undefined where it has not begun. */
  readonly untouched: readonly string[] | undefined;
  /** `lab help`: what follows is a command or a topic. */
  readonly isHelp: boolean;
  /** The topic after `lab help`. */
  readonly topic: string | undefined;
  /** The option at the end whose value is missing. */
  readonly pending: Option | undefined;
  /** A name that no command has. */
  readonly unknownCommand: UsageError | undefined;
  /** In the order of the words. */
  readonly faults: readonly UsageError[];
}

/**
 * Reads the words of a command line: the one place that knows what is an option, its value, a command, an argument, or
 * a word for a machine. It never fails: `--json` counts on a line that is wrong, too, and shell completion asks about
 * lines that are not finished.
 */
export function readWords(argv: readonly string[], commands: readonly CliCommand[]): Reading {
  const reader = new Reader(commands);
  reader.read(argv);
  return reader;
}

interface NamedOption {
  readonly name: string;
  readonly option: Option;
}

/** An option as it is typed, among the long names that there are. */
interface Written {
  readonly word: string;
  readonly known: ReadonlyMap<string, NamedOption>;
}

class Reader implements Reading {
  readonly path: CliCommand[] = [];
  readonly given = new Map<string, string[]>();
  readonly operands: string[] = [];
  readonly faults: UsageError[] = [];
  isHelp = false;
  topic: string | undefined;
  untouched: readonly string[] | undefined;
  pending: Option | undefined;
  unknownCommand: UsageError | undefined;
  readonly #commands: readonly CliCommand[];

  constructor(commands: readonly CliCommand[]) {
    this.#commands = commands;
  }

  /** Reads up to the name of a command, whose options then count for the words behind it. */
  read(words: readonly string[]): void {
    const known = this.#knownOptions();
    for (const token of tokensOf(words, known)) {
      if (token.kind === 'option') {
        this.#takeOption(token, { word: words[token.index]!, known });
      } else if (token.kind === 'option-terminator') {
        if (this.#isNextUntouched('after-dashes')) return this.#leaveUntouched(words.slice(token.index + 1));
      } else if (this.#names().length > 0) {
        this.#takeCommand(token.value);
        return this.read(words.slice(token.index + 1));
      } else {
        if (this.isHelp && this.unknownCommand === undefined)
          return this.#leaveUnknown(unknownCommand(token.value, this.path, []));
        this.operands.push(token.value);
        if (this.#isNextUntouched('rest-of-line')) return this.#leaveUntouched(dashesOff(words.slice(token.index + 1)));
      }
    }
  }

  #knownOptions(): ReadonlyMap<string, NamedOption> {
    const own: Options = this.path.at(-1)?.options ?? {};
    // A letter of the command is no one else's behind its name.
    const letters = new Set(Object.values(own).map(({ short }) => short));
    const shared = Object.entries<Option>({ ...questions, ...globalOptions }).map(
      ([name, option]) => [name, letters.has(option.short) ? { ...option, short: undefined } : option] as const,
    );
    return new Map(
      [...shared, ...Object.entries(own)].map(([name, option]) => [longFlag(name, option).slice(2), { name, option }]),
    );
  }

  #takeOption({ name, rawName, value, inlineValue }: OptionToken, written: Written): void {
    const found = written.known.get(name);
    const takesValue = found?.option.placeholder !== undefined;
    if (found === undefined || nameBehindOneDash(written) !== undefined) {
      this.faults.push(this.#unknownOption(rawName, written));
    } else if (inlineValue === true && !takesValue) {
      this.faults.push(takesNoValue(rawName));
    } else if (takesValue && value === undefined) {
      this.pending = found.option;
      const message = say`option "${flagsOf(found.name, found.option)}" argument missing`;
      const hint = this.#otherOption(rawName) ?? seeHelp(this.path);
      this.faults.push(new UsageError(message, { code: 'option-missing-argument', hint }));
    } else {
      // getopt(3) takes the "=" of `-f=lab.yaml` for the beginning of the value; most newer tools do not.
      const isShort = inlineValue === true && !rawName.startsWith('--');
      const text = isShort ? (value ?? '').replace(/^=/, '') : (value ?? '');
      this.given.set(found.name, [...(this.given.get(found.name) ?? []), text]);
    }
  }

  #unknownOption(flag: string, written: Written): UsageError {
    const [switches = ''] = written.word.split('=');
    // Node takes the "=" of `-q=1` for one more letter.
    if (flag === '-=') return takesNoValue(switches);
    const name = nameBehindOneDash(written);
    const near = name ?? (flag.startsWith('--') ? likely(flag.slice(2), written.known.keys()) : undefined);
    const hint = this.#otherOption(flag) ?? (near === undefined ? seeHelp(this.path) : didYouMean(`--${near}`));
    return new UsageError(say`unknown option "${name === undefined ? flag : switches}"`, {
      code: 'unknown-option',
      hint,
    });
  }

  #otherOption(flag: string): string | undefined {
    return this.path.at(-1)?.otherOptions?.()[flag];
  }

  /** Commands that may be named next. */
  #names(): readonly CliCommand[] {
    if (this.unknownCommand !== undefined || this.topic !== undefined) return [];
    return this.path.at(-1)?.commands ?? this.#commands;
  }

  #takeCommand(name: string): void {
    const commands = this.#names();
    const found = commands.find((command) => command.name === name);
    if (found !== undefined) {
      this.#requireNoOptionOf(this.path.at(-1), found);
      this.path.push(found);
    } else if (name === 'help' && this.path.length === 0) {
      this.isHelp = true;
      this.given.set('help', ['']);
    } else if (this.isHelp && this.path.length === 0 && topicNames().includes(name)) {
      this.topic = name;
    } else {
      this.#leaveUnknown(
        this.isHelp ? nothingToExplain(name, this.path, commands) : unknownCommand(name, this.path, commands),
      );
    }
  }

  #leaveUnknown(fault: UsageError): void {
    this.unknownCommand = fault;
    this.faults.push(fault);
  }

  /** An option of the outer command says nothing to the nested one. */
  #requireNoOptionOf(outer: CliCommand | undefined, nested: CliCommand): void {
    for (const [name, option] of Object.entries(outer?.options ?? {}))
      if (this.given.has(name))
        this.faults.push(
          new UsageError(say`"${longFlag(name, option)}" is no option of "lab ${nameOf([outer!, nested])}"`, {
            code: 'unknown-option',
            hint: seeHelp([...this.path, nested]),
          }),
        );
  }

  #isNextUntouched(form: 'after-dashes' | 'rest-of-line'): boolean {
    const declared = Object.values(this.path.at(-1)?.arguments ?? {});
    const at = declared.findIndex((argument) => argument.form === form);
    return at >= 0 && (form === 'after-dashes' || at === this.operands.length);
  }

  #leaveUntouched(words: readonly string[]): void {
    this.untouched = words;
  }
}

type Token = NonNullable<ReturnType<typeof parseTokens>>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

function tokensOf(words: readonly string[], known: ReadonlyMap<string, NamedOption>): readonly Token[] {
  return parseTokens(words, known) ?? [];
}

/** Node knows the spellings that getopt(3) has: `-qf PATH`, `-fPATH`, `--file=PATH`. */
function parseTokens(words: readonly string[], known: ReadonlyMap<string, NamedOption>) {
  const options = Object.fromEntries(
    [...known].map(([long, { option }]) => [
      long,
      {
        type: option.placeholder === undefined ? ('boolean' as const) : ('string' as const),
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  return parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** `file` of `-file`, which getopt(3) takes for `-f ile`, and whoever types it for `--file`. */
function nameBehindOneDash({ word, known }: Written): string | undefined {
  const name = /^-([a-z][a-z-]+)(?:=|$)/.exec(word)?.[1];
  // `-help` is help already: its first letter asks for it.
  return name !== undefined && name !== 'help' && known.has(name) ? name : undefined;
}

function takesNoValue(flag: string): UsageError {
  return new UsageError(say`option "${flag}" takes no value`, {
    code: 'unknown-option',
    hint: say`Write "${flag}" alone.`,
  });
}

/** ssh(1) lets `--` stand before the command. */
function dashesOff(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

/** A name that was cut short (`check`), or lacks its beginning (`--capture`), is likelier than one that was mistyped. */
function likely(word: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const cut = word === '' ? undefined : names.find((name) => name.startsWith(word) || name.endsWith(`-${word}`));
  return cut ?? nearest(word, names);
}

function unknownCommand(name: string, path: readonly CliCommand[], commands: readonly CliCommand[]): UsageError {
  const names = commands.filter(({ hidden }) => !hidden).map((command) => command.name);
  if (path.length > 0)
    return new UsageError(say`there is no "lab ${nameOf(path)} ${name}"`, {
      code: 'unknown-action',
      hint: suggestion(name, names) ?? seeHelp(path),
    });
  const near = meantCommand(name, commands) ?? likely(name, names);
  const hint = otherWays().get(name.toLowerCase()) ?? (near === undefined ? seeHelp(path) : didYouMean(near));
  return new UsageError(say`unknown command "${name}"`, { code: 'unknown-command', hint });
}

/** The command that other tools call so. */
function meantCommand(name: string, commands: readonly CliCommand[]): string | undefined {
  return commands.find(({ alsoCalled }) => alsoCalled?.includes(name.toLowerCase()))?.name;
}

/** After `lab help`, where commands and topics may be meant. */
function nothingToExplain(name: string, path: readonly CliCommand[], commands: readonly CliCommand[]): UsageError {
  if (path.length > 0) return unknownCommand(name, path, commands);
  const names = commands.filter(({ hidden }) => !hidden).map((command) => command.name);
  const near = meantCommand(name, commands) ?? likely(name, [...names, ...topicNames()]);
  return new UsageError(say`there is no command or topic "${name}"`, {
    code: 'unknown-command',
    hint: near === undefined ? say`"lab help" lists them all.` : didYouMean(`lab help ${near}`),
  });
}

/** `images pull`. */
export function nameOf(path: readonly CliCommand[]): string {
  return path.map(({ name }) => name).join(' ');
}

/** `See "lab images pull --help".` */
export function seeHelp(path: readonly CliCommand[]): string {
  return say`See "${['lab', ...path.map(({ name }) => name)].join(' ')} --help".`;
}

/** The words that were given for each argument of a command, by name; what no argument takes is left over. */
export function shareOperands(
  { arguments: declared }: CliCommand,
  { operands, untouched }: Reading,
): { readonly given: ReadonlyMap<string, readonly string[]>; readonly left: readonly string[] } {
  const given = new Map<string, readonly string[]>();
  let left = operands;
  for (const [name, argument] of Object.entries(declared)) {
    const count = argument.form === 'several' ? left.length : 1;
    given.set(name, isUntouched(argument) ? (untouched ?? []) : left.slice(0, count));
    if (!isUntouched(argument)) left = left.slice(count);
  }
  return { given, left };
}
