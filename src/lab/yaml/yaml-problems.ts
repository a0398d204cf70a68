import { say } from '../../core/language/say.ts';
import { isCollection, isScalar, visit, type Document, type YAMLError } from 'yaml';
import type { ProblemText } from '../problem.ts';
import { yamlMessages } from './yaml-messages.ts';

/** A problem of the YAML itself, by its offset in the text. */
export interface YamlProblem extends ProblemText {
  readonly offset: number;
  /** Characters to underline. */
  readonly length: number;
  /** What follows may have been misread. */
  readonly breaks: boolean;
}

/** At most this many are reported. A file with more is not YAML at all; the library can find a million in it. */
const MOST_PROBLEMS = 20;
const MOST_ERRORS = 200;

/** The problems that the library found, the first of each line, in the order of the text. */
export function syntaxProblems(text: string, document: Document.Parsed): YamlProblem[] {
  const problems = new Map<number, YamlProblem>();
  let lastStart = -1;
  const errors: readonly YAMLError[] = document.errors
    .concat(document.warnings)
    .toSorted((a, b) => a.pos[0] - b.pos[0]);
  for (const error of errors.slice(0, MOST_ERRORS)) {
    if (error.pos[0] === lastStart || problems.size >= MOST_PROBLEMS) continue;
    lastStart = error.pos[0];
    const problem = problemOf(error, text, document);
    const line = text.lastIndexOf('\n', problem.offset - 1);
    if (!problems.has(line)) problems.set(line, problem);
    if (error.code === 'RESOURCE_EXHAUSTION') break;
  }
  return [...problems.values()];
}

function problemOf(error: YAMLError, text: string, document: Document.Parsed): YamlProblem {
  const start = Math.min(error.pos[0], text.length);
  const opener = /^Missing closing|^Flow .* end with/.test(error.message)
    ? unclosedBefore(start, text, document)
    : undefined;
  if (opener !== undefined) {
    const closer = { '[': ']', '{': '}' }[text[opener]!] ?? text[opener]!;
    return breakAt(opener, say`this ${text[opener]!} is never closed`, say`write the missing ${closer} where it ends`);
  }
  if (/[\]}]/.test(text[start] ?? '') && (error.code === 'BAD_INDENT' || error.code === 'UNEXPECTED_TOKEN')) {
    return breakAt(start, say`this ${text[start]!} closes nothing`, say`remove it`);
  }
  const deeper = error.code === 'BLOCK_AS_IMPLICIT_KEY' ? /^[^\n]*\n\s*/.exec(text.slice(start)) : null;
  if (deeper && !/:\s/.test(deeper[0])) {
    const message = say`this line is indented deeper than the one above it, which has a value already`;
    return breakAt(start + deeper[0].length, message, say`start both lines in the same column`);
  }
  const row = yamlMessages.find(({ code, like }) => code === error.code && (like?.test(error.message) ?? true));
  const { message, hint, breaks = true } = row ?? { message: say`is no legal YAML: ${error.message}` };
  const offset = error.code === 'BAD_INDENT' ? start + /^ */.exec(text.slice(start))![0].length : start;
  return { offset, length: error.pos[1] - start, message, hint, breaks };
}

function breakAt(offset: number, message: string, hint: string): YamlProblem {
  return { offset, length: 1, message, hint, breaks: true };
}

/**
 * Offset of the last quote or bracket before `end` that nothing closes. The library reports it where it gave up,
 * which can be the end of the file.
 */
function unclosedBefore(end: number, text: string, document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Node: (_key, node) => {
      const [from, to] = node.range ?? [end, end];
      if (from >= end || (found !== undefined && from < found)) return;
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      const bracket = isCollection(node) && node.flow === true;
      const last = text[to - 1] ?? '';
      if ((quoted && (to - from < 2 || last !== text[from])) || (bracket && !/[\]}]/.test(last))) found = from;
    },
  });
  return found;
}
