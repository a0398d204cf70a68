import type { Path, PathProblem, Problem, Span } from '../problem.ts';
import type { LabParameter } from '../types.ts';
import { formatPath } from '../problem.ts';

/** The YAML of a file, as `YamlSource` reads it. */
interface FileSource {
  readonly data: unknown;
  spanOf(path: Path, at?: 'key' | 'value'): Span;
  textAt(path: Path): string | undefined;
  problemOf(problem: PathProblem): Problem;
}

/** One file of a lab: what stands in it, and how it is named to people. */
export interface LabFile {
  readonly source: FileSource;
  readonly text: string;
  /** From the folder of the lab file; undefined for the lab file itself. */
  readonly name?: string;
}

/** Where a value was written. */
export interface Origin {
  readonly file: LabFile;
  readonly path: Path;
}

/** Which of the programs that one entry stands for this is. */
export interface Instance {
  /** The name of the entry. */
  readonly of: string;
  /** From 1. */
  readonly number: number;
}

/**
 * The plain data of a lab after all that stands for something else was replaced (included files, variables, `count`),
 * and where each value was written.
 */
export class LabTree {
  data: unknown;
  /** By name, of programs that one entry stands for. */
  readonly instances = new Map<string, Instance>();
  parameters: ReadonlyMap<string, LabParameter> = new Map();
  readonly #origins = new Map<string, Origin>();
  /** How scalars that are no text any more are written. */
  readonly #texts = new Map<string, string>();

  constructor(file: LabFile, data: unknown) {
    this.data = data;
    this.#origins.set('', { file, path: [] });
  }

  /** Where the value at a path was written, or would have been. */
  originOf(path: Path): Origin {
    for (let length = path.length; length >= 0; length--) {
      const origin = this.#origins.get(keyOf(path.slice(0, length)));
      if (origin) return { file: origin.file, path: [...origin.path, ...path.slice(length)] };
    }
    throw new Error('the root of a lab has no file');
  }

  /** What is at `path` from now on was written there. */
  place(path: Path, origin: Origin): void {
    this.#origins.set(keyOf(path), origin);
  }

  /** What is at `path` is written so. */
  setText(path: Path, text: string): void {
    this.#texts.set(keyOf(path), text);
  }

  /** Takes over where the values of another tree at `from` and below stand; they are at `to` here. */
  adopt(other: LabTree, from: Path, to: Path): void {
    this.place(to, other.originOf(from));
    const prefix = keyOf(from);
    for (const [own, theirs] of [
      [this.#origins, other.#origins],
      [this.#texts, other.#texts],
    ] as [Map<string, unknown>, Map<string, unknown>][])
      for (const [key, value] of theirs)
        if (key.startsWith(prefix) && key !== prefix) own.set(`${keyOf(to)}${key.slice(prefix.length)}`, value);
  }

  /** A place in one of the files. A map or list that has a key is shown by its key. */
  spanOf(path: Path, at?: 'key' | 'value'): Span {
    const { file, path: written } = this.originOf(path);
    const span = file.source.spanOf(written, at);
    return file.name === undefined ? span : { ...span, file: file.name };
  }

  /** The text of a scalar as it is written, without quotes. Undefined for anything else. */
  textAt(path: Path): string | undefined {
    const value = valueAt(this.data, path);
    if (typeof value === 'string') return value;
    const { file, path: written } = this.originOf(path);
    return this.#texts.get(keyOf(path)) ?? file.source.textAt(written);
  }

  problemOf({ path, at, message, hint }: PathProblem): Problem {
    const { file, path: written } = this.originOf(path);
    const problem = file.source.problemOf({ path: written, at, message, hint });
    const position = file.name === undefined ? problem.position : { ...problem.position, file: file.name };
    // A place in a list has no name that would say which of several it is: it is told of as it is written.
    return { ...problem, position, path: formatPath(typeof path[1] === 'number' ? written : path) };
  }
}

function keyOf(path: Path): string {
  return path.map((part) => `${part}\0`).join('');
}

/** The value at a path of plain data; undefined where it leads to nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A map of YAML as plain data; undefined for anything else. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
