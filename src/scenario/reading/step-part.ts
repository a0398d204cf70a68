import { formatPath, shortened, type Path, type Position, type Problem } from '../../lab/problem.ts';
import { fillPattern, fillText } from '../../lab/text-names.ts';
import type { Lab, StepSource } from '../../lab/types.ts';
import { say } from '../../core/language/say.ts';

/** What the names in a step stand for that are taken from the output of programs. */
export interface StepNames {
  isName(name: string): boolean;
  /** Undefined when it is no such name, or its value is not known before the play; or why it cannot be known. */
  taken(
    name: string,
    role: string | undefined,
  ): string | { readonly problem: string; readonly hint: string } | undefined;
}

/** The program that a part is meant for. */
interface PartOwner {
  readonly role?: string;
  readonly number?: number | undefined;
}

/** The step that a part belongs to. */
interface WholeStep {
  readonly lab: Lab;
  readonly source: StepSource;
  /** Path of the step in the file: `['scenarios', 'tp1', 2]`. */
  readonly prefix: Path;
  readonly problems: Problem[];
  readonly names: StepNames;
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
  readonly #owner: PartOwner;

  private constructor(step: WholeStep, value: unknown, path: Path, owner: PartOwner = {}) {
    this.#step = step;
    this.value = value;
    this.path = path;
    this.#owner = owner;
  }

  /** The step itself. `prefix` is its path in the file; `names`: what names in braces stand for there. */
  static whole(lab: Lab, source: StepSource, prefix: Path, names: StepNames = noNames): StepPart {
    return new StepPart({ lab, source, prefix, problems: [], names }, source.value, []);
  }

  /** The same part, as what it says is meant for one program; `{n}` stands for its number. */
  of(role: string, number: number | undefined): StepPart {
    return new StepPart(this.#step, this.value, this.path, { role, number });
  }

  /** A text of this part, names in braces replaced. */
  filled(text: string): string {
    return fillText(
      text,
      (name) => this.#meaningOf(name),
      (name) => this.#isName(name),
    );
  }

  /** The same of a pattern: in a regular expression, what names stand for is literal text. */
  filledPattern(text: string): string {
    return fillPattern(
      text,
      (name) => this.#meaningOf(name),
      (name) => this.#isName(name),
    );
  }

  #isName(name: string): boolean {
    return (
      (name === 'n' && this.#owner.number !== undefined) ||
      this.lab.params?.has(name) === true ||
      this.#step.names.isName(name)
    );
  }

  /** Whether a name in braces never stands for what a pattern takes: the number of a program, or a parameter. */
  isReserved(name: string): boolean {
    return name === 'n' || this.lab.params?.has(name) === true;
  }

  /** What a name in braces stands for in this part; undefined when it is no name, or is not known before the play. */
  #meaningOf(name: string): string | undefined {
    const { role, number } = this.#owner;
    if (name === 'n' && number !== undefined) return String(number);
    const parameter = this.lab.params?.get(name)?.value;
    if (parameter !== undefined) return parameter;
    const found = this.#step.names.taken(name, role);
    if (typeof found === 'string' || found === undefined) return found;
    return this.wrong(found.problem, found.hint);
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
    return new StepPart(this.#step, value, [...this.path, key], this.#owner);
  }
}

const noNames: StepNames = { isName: () => false, taken: () => undefined };

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
