import { formatPath, shortened, type Path, type Position, type Problem } from '../../lab/problem.ts';
import type { Lab, StepSource } from '../../lab/types.ts';
import { say } from '../../core/language/say.ts';

/** The step that a part belongs to. */
interface WholeStep {
  readonly lab: Lab;
  readonly source: StepSource;
  /** Path of the step in the file: `['scenarios', 'tp1', 2]`. */
  readonly prefix: Path;
  readonly problems: Problem[];
}

/**
 * A value within a step, which knows its place in the file: there is where problems with it are noted. What notes one
 * returns undefined, for parsers that give their value or nothing.
 */
export class StepPart {
  readonly value: unknown;
  /** Within the step: `['send', 'client']`. */
  readonly path: Path;
  readonly #step: WholeStep;

  private constructor(step: WholeStep, value: unknown, path: Path) {
    this.#step = step;
    this.value = value;
    this.path = path;
  }

  /** The step itself. `prefix` is its path in the file. */
  static whole(lab: Lab, source: StepSource, prefix: Path): StepPart {
    return new StepPart({ lab, source, prefix, problems: [] }, source.value, []);
  }

  get lab(): Lab {
    return this.#step.lab;
  }

  /** Where the step stands in the file. */
  get position(): Position {
    return this.#step.source.position;
  }

  /** All problems noted so far, wherever in the step. */
  get problems(): readonly Problem[] {
    return this.#step.problems;
  }

  /** The key at which it stands. */
  get key(): string {
    return String(this.path.at(-1));
  }

  /** The parts of a map by key, or undefined for anything else. */
  entries(): [string, StepPart][] | undefined {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.entries(value).map(([key, part]) => [key, this.#part(key, part)]);
  }

  /** The parts of a list, or undefined for anything else. */
  items(): StepPart[] | undefined {
    const { value } = this;
    return Array.isArray(value) ? value.map((item: unknown, i) => this.#part(i, item)) : undefined;
  }

  /** The value is wrong. */
  wrong(message: string, hint?: string): undefined {
    this.wrongAt('value', message, hint);
  }

  /** Its name, the key at which it stands, is wrong. */
  wrongKey(message: string, hint?: string): undefined {
    this.wrongAt('key', message, hint);
  }

  wrongAt(at: 'key' | 'value', message: string, hint?: string): undefined {
    const { source, prefix, problems } = this.#step;
    const { length, ...position } = source.positionOf(this.path, at);
    problems.push({
      position,
      length,
      path: formatPath([...prefix, ...this.path]),
      message: shortened(message),
      ...(hint === undefined ? {} : { hint: shortened(hint) }),
    });
  }

  /** The part at a path below this one, for a problem that shows only after parsing. */
  below(path: Path): StepPart {
    return new StepPart(this.#step, undefined, [...this.path, ...path]);
  }

  #part(key: string | number, value: unknown): StepPart {
    return new StepPart(this.#step, value, [...this.path, key]);
  }
}

/** What was got, as a message shows it: `"text"`, `5`, `a list`, `a map`, `nothing`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return say`nothing`;
  if (Array.isArray(value)) return say`a list`;
  if (typeof value === 'object') return say`a map`;
  return JSON.stringify(value);
}

/** The list when nothing in it is undefined. */
export function allOf<T>(parts: readonly (T | undefined)[]): T[] | undefined {
  return parts.every((part) => part !== undefined) ? [...parts] : undefined;
}
