import { ExitCode, LabError } from '../core/errors.ts';
import { harmlessJson } from '../core/json/json-text.ts';
import type { Annotation } from './job/annotation.ts';

/** What a command leaves behind: the same result as a document for programs and as text for people. */
export interface Outcome {
  /** Plain JSON; `schemaVersion` is added when it is printed. */
  readonly document: object;
  /** For standard output; empty when there is nothing to say, or when it was written already. */
  readonly text: string;
  /** One of `ExitCode`, or the status of a command on a machine. */
  readonly exitCode: number;
  /** What the service of a job is told of it, where it runs in one. */
  readonly forJob?:
    { readonly annotations: readonly Annotation[]; /** Markdown. */ readonly summary?: string } | undefined;
}

export function outcome(
  document: object,
  text: string,
  exitCode: number = ExitCode.done,
  forJob?: Outcome['forJob'],
): Outcome {
  return { document, text, exitCode, forJob };
}

/** The document as it is printed: indented, in one piece, with its version first; nothing in it drives a terminal. */
export function renderDocument(document: object): string {
  return `${harmlessJson(JSON.stringify({ schemaVersion: 1, ...document }, readable, 2))}\n`;
}

/** Errors would be written as `{}`. */
function readable(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return value instanceof LabError
    ? { code: value.code, message: value.message, hint: value.hint }
    : { message: value.message };
}
