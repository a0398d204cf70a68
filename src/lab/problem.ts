/** A place in `lab.yaml`; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** The included file in which it is, from the folder of `lab.yaml`; undefined for `lab.yaml` itself. */
  readonly file?: string;
}

/** A place and how many characters of its line belong to it, at least 1; what a code frame underlines. */
export interface Span extends Position {
  readonly length: number;
}

/** What is wrong, as it follows the place: `must be …`; and the next step. */
export interface ProblemText {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** One problem of `lab.yaml`, as it is shown. */
export interface Problem extends ProblemText {
  readonly position: Position;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** Where it is in words: `machines.vm1.address`; empty for a problem of the YAML itself. */
  readonly path: string;
}

/** Where a value stands: the keys of maps and the indexes of lists that lead to it. */
export type Path = readonly (string | number)[];

/** A problem by its path; `YamlSource` finds its place in the text. */
export interface PathProblem extends ProblemText {
  readonly path: Path;
  /** Whether the value is wrong, or the name that it has. Default: the value. */
  readonly at?: 'key' | 'value' | undefined;
  /** The value is not there at all; the path shows where it belongs. */
  readonly missing?: boolean | undefined;
}

/** The order of places: the lab file first, then the included files by name. */
export function comparePositions(a: Position, b: Position): number {
  const [first, second] = [a.file ?? '', b.file ?? ''];
  if (first !== second) return first < second ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** Limits for one message and one name in a path; a file of long texts could otherwise produce gigabytes of output. */
const LONGEST_MESSAGE = 1000;
const LONGEST_NAME = 100;

/** A message, cut when it is long. */
export function shortened(text: string, most = LONGEST_MESSAGE): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `programs.server.command[2]`; a name with other characters is quoted, a long one cut. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${formatName(part)}`))
    .join('');
}

function formatName(name: string): string {
  const shown = shortened(name, LONGEST_NAME);
  return /^[\w@-]+$/.test(shown) ? shown : JSON.stringify(shown);
}
