import { Exit, ProgramError } from './program-error.ts';
import type { Framing } from './lines.ts';

/**
 * What a program's command line may hold. Not `util.parseArgs`: a wrong word is answered here with the ones that are
 * known.
 */
export interface Syntax {
  /** Options with a value, without their dashes. */
  readonly valued: readonly string[];
  /** Options without a value. */
  readonly flags: readonly string[];
  readonly maxPositionals: number;
}

export interface Arguments {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/**
 * Reads `--name value`, `--name=value`, `--flag`, `-h` and positional words; after `--` all words are positional.
 *
 * @throws {ProgramError} with exit code 2 for what `syntax` does not know.
 */
export function parseArguments(words: readonly string[], syntax: Syntax): Arguments {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const positionals: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (word === '-h') {
      flags.add('help');
    } else if (word.startsWith('-') && word !== '-') {
      readOption(word, rest, syntax, { values, flags });
    } else {
      positionals.push(word);
    }
  }
  const surplus = positionals[syntax.maxPositionals];
  if (surplus !== undefined) throw usage(`what is "${surplus}"? There is one word too many`);
  return { values, flags, positionals };
}

function readOption(
  word: string,
  rest: string[],
  syntax: Syntax,
  { values, flags }: { readonly values: Map<string, string>; readonly flags: Set<string> },
): void {
  const [option = '', ...parts] = word.split('=');
  const name = option.replace(/^--/, '');
  const inline = parts.length > 0 ? parts.join('=') : undefined;
  if (syntax.valued.includes(name)) {
    const value = inline ?? rest.shift();
    if (value === undefined || value === '') throw usage(`${option} needs a value`);
    values.set(name, value);
  } else if (syntax.flags.includes(name)) {
    if (inline !== undefined) throw usage(`${option} takes no value`);
    flags.add(name);
  } else {
    throw usage(
      `unknown option ${option}; known: ${[...syntax.valued, ...syntax.flags].map((known) => `--${known}`).join(', ')}`,
    );
  }
}

/** @throws {ProgramError} unless `text` is a port, 1 to 65535. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw usage(`"${text}" is no port; a port is a number from 1 to 65535`);
  return port;
}

/** @throws {ProgramError} unless `text` names a framing. */
export function parseFraming(text: string): Framing {
  if (text !== 'line' && text !== 'raw') throw usage(`"${text}" is no framing; it is "line" or "raw"`);
  return text;
}

/** A host as the user wrote it; the brackets that an IPv6 address has in a URL are dropped. */
export function parseHost(text: string): string {
  return /^\[(.+)\]$/.exec(text)?.[1] ?? text;
}

/** A wrong command line. */
export function usage(message: string): ProgramError {
  return new ProgramError(`${message}. Try --help`, Exit.usage);
}
