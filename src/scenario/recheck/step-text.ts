import type { Pattern } from '../../lab/types.ts';

/** What stands behind a verb in the text of a step; a pattern is already one. */
export type StepValue =
  string | number | boolean | { readonly pattern: Pattern } | { readonly items: readonly StepValue[] } | StepMap;
export interface StepMap {
  readonly entries: ReadonlyMap<string, StepValue>;
}

const WORD = /[^\s,{}[\]"/]+/y;
const KEY = /([\w.-]+): /y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const REGEX = /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)(?=,| |\]|$)/y;

/**
 * Reads a step as it stands in events (`StepMeaning.text`) again: `expect: { server: "Hello" }`. A list stands in a map
 * under the name of the verb. Undefined for what is neither, or is not written by lab.
 */
export function readStepText(text: string): { readonly verb: string; readonly map: StepMap } | undefined {
  const [head, verb] = /^(\w+): /.exec(text) ?? [];
  if (head === undefined || verb === undefined) return undefined;
  const reader = new Reader(text, head.length);
  const map = reader.value(0);
  if (!reader.isAtEnd || typeof map !== 'object') return undefined;
  if ('entries' in map) return { verb, map };
  return 'items' in map ? { verb, map: { entries: new Map([[verb, map]]) } } : undefined;
}

/** Maps stand in maps at most so deep. */
const MOST_LEVELS = 4;

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(level: number): StepValue | undefined {
    if (this.#skip('{ ')) return level < MOST_LEVELS ? this.#map(level) : undefined;
    if (this.#skip('[')) return level < MOST_LEVELS ? this.#list(level) : undefined;
    const quoted = this.#take(QUOTED);
    if (quoted !== undefined) return quotedPattern(quoted[0]);
    const regex = this.#take(REGEX);
    if (regex !== undefined) return regexPattern(regex);
    const word = this.#take(WORD)?.[0];
    if (word === undefined) return undefined;
    if (word === 'true' || word === 'false') return word === 'true';
    return /^\d{1,15}$/.test(word) ? Number(word) : word;
  }

  #map(level: number): StepMap | undefined {
    const entries = new Map<string, StepValue>();
    do {
      const key = this.#take(KEY)?.[1];
      const value = key === undefined ? undefined : this.value(level + 1);
      if (key === undefined || value === undefined) return undefined;
      entries.set(key, value);
    } while (this.#skip(', '));
    return this.#skip(' }') ? { entries } : undefined;
  }

  #list(level: number): StepValue | undefined {
    const items: StepValue[] = [];
    do {
      const value = this.value(level + 1);
      if (value === undefined) return undefined;
      items.push(value);
    } while (this.#skip(', '));
    return this.#skip(']') ? { items } : undefined;
  }

  #skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }
}

function quotedPattern(quoted: string): StepValue | undefined {
  try {
    return { pattern: { text: JSON.parse(quoted) as string } };
  } catch {
    return undefined;
  }
}

function regexPattern([, source = '', flags]: RegExpExecArray): StepValue | undefined {
  try {
    return { pattern: { regex: new RegExp(source, flags) } };
  } catch {
    return undefined;
  }
}
