import { dirname, join } from 'node:path';
import { LabError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { sanitize } from '../core/text/sanitize.ts';
import { briefStep } from '../report/run/brief-step.ts';
import { languageOfUser } from '../report/language/languages.ts';
import type { ProblemLine } from '../report/language/failure-words.ts';
import type { FailedStep, PlayResult, Tail } from './play-result.ts';

export interface FailureText {
  /** How the lab file is named to the user; undefined where there is none: its lines mean nothing then. */
  readonly file: string | undefined;
  /** Its text; with it, the step's own line is shown. */
  readonly source?: string | undefined;
}

/** Terminals whose last lines are shown, and programs of which is said what they do. */
const MOST_TAILS = 6;
const MOST_SEEN = 8;

/**
 * What went wrong in a play, for a person: the step and its line in `lab.yaml`, what was expected, and the last lines
 * of every terminal. Empty when it passed.
 */
export function renderFailure(result: PlayResult, text: FailureText): string {
  if (result.passed) return '';
  const lines = [...stepLines(result, text), ...tailsOf(result)];
  return `${lines.join('\n')}\n`;
}

/** Of many terminals, those come first that the failure is about. */
function tailsOf({ tails, failedStep }: PlayResult): string[] {
  if (tails.length <= MOST_TAILS) return tails.flatMap(tailLines);
  const { role, also = [], evidence } = failedStep?.problem ?? {};
  const concerned = new Set([evidence?.cause?.role, role, ...also]);
  const [first, others] = [tails, tails].map((all, i) => all.filter((tail) => concerned.has(tail.role) === (i === 0)));
  const shown = [...first!, ...others!].slice(0, MOST_TAILS);
  const more = say`and ${tails.length - shown.length} more terminals; lab logs shows them`;
  return [...shown.flatMap(tailLines), '', more];
}

function stepLines({ result, failedStep, error }: PlayResult, { file, source }: FailureText): string[] {
  if (!failedStep) {
    const hint = error instanceof LabError ? error.hint : undefined;
    return [
      `${scenarioEnd(result)} ${sanitize(error?.message ?? '')}`,
      ...(hint === undefined ? [] : [labelled(say`hint:`, hint)]),
    ];
  }
  const { line, index, text, problem } = failedStep;
  const place = placeOf(failedStep, file);
  const { expected, reason, hint } = inWordsOfUser(failedStep);
  const written = failedStep.file === undefined ? source?.split('\n')[line - 1]?.trim() : undefined;
  return [
    `${place === undefined ? '' : `${place}:${line}: `}${stepEnd(result, index + 1)}`,
    `  ${file === undefined ? '' : `${String(line).padStart(4)} | `}${sanitize(written ?? briefStep(text))}`,
    labelled(say`expected:`, expected),
    labelled(say`but:`, reason),
    ...(problem === undefined ? [] : seenLines(languageOfUser().failure.lines(problem))),
    ...(hint === undefined ? [] : [labelled(say`hint:`, hint)]),
  ];
}

/** The file in which the step stands. */
function placeOf({ file: included }: FailedStep, file: string | undefined): string | undefined {
  return file === undefined || included === undefined ? file : join(dirname(file), included);
}

function scenarioEnd(result: PlayResult['result']): string {
  return {
    passed: say`the scenario passed:`,
    failed: say`the scenario failed:`,
    broken: say`the scenario broke off:`,
    interrupted: say`the scenario was interrupted:`,
  }[result];
}

function stepEnd(result: PlayResult['result'], number: number): string {
  return {
    passed: say`step ${number} passed`,
    failed: say`step ${number} failed`,
    broken: say`step ${number} broke off`,
    interrupted: say`step ${number} was interrupted`,
  }[result];
}

/** The step itself holds what is stored, which is English. */
function inWordsOfUser(step: FailedStep): Pick<FailedStep, 'expected' | 'reason' | 'hint'> {
  const { problem, reason, hint, text } = step;
  const words = languageOfUser().failure;
  return problem === undefined
    ? { expected: words.expected({ kind: 'possible', step: text }), reason, hint }
    : {
        expected: words.expected(problem.expected),
        reason: words.seen(problem),
        hint: problem.hint === undefined ? undefined : words.hint(problem.hint),
      };
}

const lineLabels = {
  also: say`also:`,
  nearest: say`nearest:`,
  cause: say`cause:`,
  programs: say`seen:`,
  network: say`network:`,
};

function seenLines(lines: readonly ProblemLine[]): string[] {
  const programs = lines.filter(({ kind }) => kind === 'programs');
  const hidden = new Set(programs.slice(MOST_SEEN));
  const last = programs[MOST_SEEN - 1];
  return lines.flatMap((line) => {
    if (hidden.has(line)) return [];
    const more = line === last && hidden.size > 0 ? [labelled('', say`and ${hidden.size} more programs`)] : [];
    return [...seenLine(line), ...more];
  });
}

function seenLine({ kind, text }: ProblemLine): string[] {
  return kind === 'hint' ? [] : [labelled(lineLabels[kind], text)];
}

/** Columns of the labels. */
const LABEL_WIDTH = 9;

function labelled(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${indent(sanitize(text))}`;
}

function tailLines({ role, machine, lines }: Tail): string[] {
  const title =
    lines.length === 0 ? say`${role} on ${machine} printed nothing` : say`${role} on ${machine}, last lines:`;
  return ['', title, ...lines.map((line) => `  | ${line}`)];
}

/** Keeps the further lines of a reason below its first one. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n            ');
}
