import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';

/** One word that a shell may offer. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Names of files here may follow, too. */
  readonly files: boolean;
}

/** Looks up what a shell may offer for a word. May fail: then nothing is offered. */
export type Complete = (context: CommandContext) => Candidates | Promise<Candidates>;

/** What one word of the command line means. */
export interface ValueType<T> {
  /** Stands for the word in help: `machine` in `--on <machine>`. */
  readonly placeholder: string;
  readonly complete?: Complete;
  /** `flag` is the option as it is written, or the argument's name. @throws {UsageError} for an invalid word. */
  readonly parse: (text: string, flag: string) => T;
}

/** An option as it is declared; its long name is the key that it is declared under: `dryRun` is `--dry-run`. */
export interface Option<T = unknown> {
  /** One letter. */
  readonly short?: string | undefined;
  /** Written `--no-NAME`. */
  readonly negated?: true;
  /** Stands for its value; undefined when it takes none. */
  readonly placeholder?: string;
  /** One line, in lower case, without a full stop. */
  readonly description: string;
  readonly complete?: Complete | undefined;
  /** Its value, from the words that were given for it, in order. @throws {UsageError} */
  readonly read: (given: readonly string[], name: string) => T;
}

/** Which words are the argument's: some consecutive operands, or the rest of the command line, untouched. */
export type ArgumentForm = 'required' | 'optional' | 'several' | 'after-dashes' | 'rest-of-line';

/** An argument as it is declared. */
export interface Argument<T = unknown> {
  readonly form: ArgumentForm;
  readonly description: string;
  readonly complete?: Complete | undefined;
  /** Code of the error when it is needed and not given. Default: `missing-argument`. */
  readonly missingCode?: string | undefined;
  readonly isNeeded: boolean;
  /** @throws {UsageError} */
  readonly read: (given: readonly string[], name: string) => T;
}

export type Options = Readonly<Record<string, Option>>;
export type Arguments = Readonly<Record<string, Argument>>;

/** The values of declared options or arguments, by name. */
export type ValuesOf<P> = {
  readonly [K in keyof P]: P[K] extends { readonly read: (...given: never) => infer T } ? T : never;
};

/** Reads every declared value. @throws {UsageError} for the first that cannot be. */
export function valuesOf<P extends Options | Arguments>(
  parameters: P,
  given: (name: string) => readonly string[],
): ValuesOf<P> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, parameter.read(given(name), name)]),
  ) as ValuesOf<P>;
}

/** An option without a value: whether it was given. */
export function flag(description: string, short?: string): Option<boolean> {
  return { short, description, read: (given) => given.length > 0 };
}

/** `--no-NAME`: false when it was given. */
export function negated(description: string): Option<boolean> {
  return { negated: true, description, read: (given) => given.length === 0 };
}

/** An option with a value; of several the last counts. */
export function value<T>(
  { placeholder, complete, parse }: ValueType<T>,
  description: string,
  short?: string,
): Option<T | undefined> {
  return {
    short,
    placeholder,
    description,
    complete,
    read: (given, name) => (given.length === 0 ? undefined : parse(given.at(-1)!, longFlag(name))),
  };
}

/** An option with a value that may be given several times. */
export function values<T>(
  { placeholder, complete, parse }: ValueType<T>,
  description: string,
  short?: string,
): Option<readonly T[]> {
  return {
    short,
    placeholder,
    description,
    complete,
    read: (given, name) => given.map((text) => parse(text, longFlag(name))),
  };
}

/** An argument that must be given. */
export function required<T>(type: ValueType<T>, description: string, missingCode?: string): Argument<T> {
  const { complete, parse } = type;
  return {
    form: 'required',
    isNeeded: true,
    description,
    complete,
    missingCode,
    read: ([text = ''], name) => parse(text, name),
  };
}

export function optional<T>({ complete, parse }: ValueType<T>, description: string): Argument<T | undefined> {
  return {
    form: 'optional',
    isNeeded: false,
    description,
    complete,
    read: ([text], name) => (text === undefined ? undefined : parse(text, name)),
  };
}

/** An argument that may repeat, or be left out; with `missingCode` it must be given at least once. */
export function several<T>(type: ValueType<T>, description: string, missingCode?: string): Argument<readonly T[]> {
  const { complete, parse } = type;
  return {
    form: 'several',
    isNeeded: missingCode !== undefined,
    description,
    complete,
    missingCode,
    read: (given, name) => given.map((text) => parse(text, name)),
  };
}

/** A command for a machine, all that follows `--`. None of its words is ours to read. Undefined when there is none. */
export function afterDashes(description: string): Argument<readonly string[] | undefined> {
  return { form: 'after-dashes', isNeeded: false, description, read: untouched };
}

/**
 * A command for a machine, all that follows the argument before it, as with ssh(1). None of its words is ours to read.
 */
export function restOfLine(description: string): Argument<readonly string[] | undefined> {
  return { form: 'rest-of-line', isNeeded: false, description, read: untouched };
}

function untouched(words: readonly string[]): readonly string[] | undefined {
  return words.length > 0 ? words : undefined;
}

/** Whether the argument takes its words as they are, options among them. */
export function isUntouched({ form }: Argument): boolean {
  return form === 'after-dashes' || form === 'rest-of-line';
}

/** `dryRun` → `--dry-run`. */
export function longFlag(name: string, option?: Option): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${option?.negated ? 'no-' : ''}${words}`;
}

/** `-f, --file <path>`. */
export function flagsOf(name: string, option: Option): string {
  const { short, placeholder } = option;
  const flags = [...(short === undefined ? [] : [`-${short}`]), longFlag(name, option)].join(', ');
  return placeholder === undefined ? flags : `${flags} <${shownName(placeholder)}>`;
}

const shownNames: Readonly<Record<string, string>> = {
  age: say`age`,
  command: say`command`,
  count: say`count`,
  factor: say`factor`,
  file: say`file`,
  filter: say`filter`,
  format: say`format`,
  from: say`from`,
  'host:port': say`host:port`,
  image: say`image`,
  language: say`language`,
  machine: say`machine`,
  machines: say`machines`,
  name: say`name`,
  number: say`number`,
  of: say`service|run`,
  path: say`path`,
  port: say`port`,
  rate: say`rate`,
  record: say`record`,
  role: say`role`,
  run: say`run`,
  scenario: say`scenario`,
  services: say`services`,
  shell: say`shell`,
  size: say`size`,
  snapshot: say`snapshot`,
  source: say`source`,
  target: say`target`,
  time: say`time`,
  times: say`times`,
  to: say`to`,
  word: say`word`,
};

/** The name of an argument, or of an option's value, as help shows it. */
export function shownName(name: string): string {
  return shownNames[name] ?? name;
}

/** `<port>`, `[scenario]`, `[machine...]`, `-- <command...>`. */
export function syntaxOf(name: string, { form, isNeeded }: Argument): string {
  const word = form === 'required' || form === 'optional' ? shownName(name) : `${shownName(name)}...`;
  if (form === 'after-dashes') return `-- <${word}>`;
  return isNeeded ? `<${word}>` : `[${word}]`;
}
