import { LabError } from '../core/errors.ts';
import { sanitize } from '../core/text/sanitize.ts';
import { english } from '../report/language/failure-en.ts';
import type { ProblemLine } from '../report/language/failure-words.ts';
import type { PlayResult, Tail } from './play-result.ts';

export interface FailureText {
  /** How the lab file is named to the user; undefined where there is none: its lines mean nothing then. */
  readonly file: string | undefined;
  /** Its text; with it, the step's own line is shown. */
  readonly source?: string | undefined;
}

/**
 * What went wrong in a play, for a person: the step and its line in `lab.yaml`, what was expected, and the last lines
 * of every terminal. Empty when it passed.
 */
export function renderFailure(result: PlayResult, text: FailureText): string {
  if (result.passed) return '';
  const lines = [...stepLines(result, text), ...result.tails.flatMap(tailLines)];
  return `${lines.join('\n')}\n`;
}

function stepLines({ result, failedStep, error }: PlayResult, { file, source }: FailureText): string[] {
  const title = { failed: 'failed', broken: 'broke off', interrupted: 'was interrupted', passed: 'passed' }[result];
  if (!failedStep) {
    const hint = error instanceof LabError ? error.hint : undefined;
    return [
      `the scenario ${title}: ${sanitize(error?.message ?? '')}`,
      ...(hint === undefined ? [] : [`  hint:     ${sanitize(hint)}`]),
    ];
  }
  const { line, index, text, expected, reason, hint, problem } = failedStep;
  const written = source?.split('\n')[line - 1]?.trim();
  return [
    `${file === undefined ? '' : `${file}:${line}: `}step ${index + 1} ${title}`,
    `  ${file === undefined ? '' : `${String(line).padStart(4)} | `}${sanitize(written ?? text)}`,
    `  expected: ${sanitize(expected)}`,
    `  but:      ${indent(sanitize(reason))}`,
    ...(problem === undefined ? [] : english.lines(problem).flatMap(seenLine)),
    ...(hint === undefined ? [] : [`  hint:     ${sanitize(hint)}`]),
  ];
}

const lineLabels = { nearest: 'nearest:', cause: 'cause:', programs: 'seen:', network: 'network:' };

function seenLine({ kind, text }: ProblemLine): string[] {
  return kind === 'hint' ? [] : [`  ${lineLabels[kind].padEnd(9)} ${indent(sanitize(text))}`];
}

function tailLines({ role, machine, lines }: Tail): string[] {
  const title = lines.length === 0 ? `${role} on ${machine} printed nothing` : `${role} on ${machine}, last lines:`;
  return ['', title, ...lines.map((line) => `  | ${line}`)];
}

/** Keeps the further lines of a reason below its first one. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n            ');
}
