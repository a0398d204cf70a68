import type { Problem } from '../lab/problem.ts';
import type { StepSource } from '../lab/types.ts';

/** Path of a part within a step: `['send', 'client']`. */
export type Path = readonly (string | number)[];

/** Gathers what is wrong with one step, at its place in the file. */
export class Faults {
  readonly problems: Problem[] = [];
  readonly #source: StepSource;
  readonly #prefix: string;

  /** `prefix` is the path of the step itself: `scenarios.tp1[2]`. */
  constructor(source: StepSource, prefix: string) {
    this.#source = source;
    this.#prefix = prefix;
  }

  /** Notes a fault of the part at `path`. `got` is the word or value to underline. */
  add(path: Path, got: unknown, message: string, hint?: string): undefined {
    this.problems.push({
      position: path.length === 0 ? this.#source.position : this.#source.positionOf(path),
      length: Math.max(1, wordOf(got).length),
      path: this.#prefix + path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join(''),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
    return undefined;
  }
}

/** What was got, as a message shows it: `"text"`, `5`, `a list`, `a map`, `nothing`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return JSON.stringify(value);
}

/** A scalar as it is most likely written; empty for lists and maps. */
export function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The entries of a map, or undefined for anything else. */
export function entriesOf(value: unknown): [string, unknown][] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}
