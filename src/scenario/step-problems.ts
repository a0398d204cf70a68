import { formatPath, shortened, type Path } from '../lab/problem.ts';
import type { Problem } from '../lab/problem.ts';
import type { StepSource } from '../lab/types.ts';

/** Gathers what is wrong with one step, at its place in the file. Paths are within the step: `['send', 'client']`. */
export class StepProblems {
  readonly problems: Problem[] = [];
  readonly #source: StepSource;
  readonly #prefix: Path;

  /** `prefix` is the path of the step itself: `['scenarios', 'tp1', 2]`. */
  constructor(source: StepSource, prefix: Path) {
    this.#source = source;
    this.#prefix = prefix;
  }

  /** The value at `path` is wrong. */
  add(path: Path, message: string, hint?: string): undefined {
    this.addAt('value', path, message, hint);
  }

  /** The name that stands at `path` is wrong, as the key of a map. */
  addKey(path: Path, message: string, hint?: string): undefined {
    this.addAt('key', path, message, hint);
  }

  addAt(at: 'key' | 'value', path: Path, message: string, hint?: string): undefined {
    const { length, ...position } = this.#source.positionOf(path, at);
    this.problems.push({
      position,
      length,
      path: formatPath([...this.#prefix, ...path]),
      message: shortened(message),
      ...(hint === undefined ? {} : { hint: shortened(hint) }),
    });
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
