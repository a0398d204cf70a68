import { relative } from 'node:path';
import { LabError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { codeBlock, escapeText } from '../../report/markdown/escape-markdown.ts';
import type { PlayResult } from '../../scenario/play-result.ts';
import type { Outcome } from '../outcome.ts';
import type { Annotation } from './annotation.ts';

export interface RunForJob {
  readonly passed: boolean;
  /** The first play that did not pass. */
  readonly failed: PlayResult | undefined;
  /** Folder of the record: absolute path. */
  readonly folder: string | undefined;
  readonly cwd: string;
  /** Absolute path. */
  readonly labFile: string;
  /** What the user reads of it: the result in lines, and why it failed. */
  readonly verdict: string;
  readonly why: string;
}

/** What the service of a job is told of a run: the step that failed at its place in the lab file, and a short summary. */
export function runForJob({ passed, failed, folder, cwd, labFile, verdict, why }: RunForJob): Outcome['forJob'] {
  const mark = passed ? '✅' : '❌';
  const [first = '', ...more] = verdict.trimEnd().split('\n');
  const summary = [
    `### ${mark} ${escapeText(first)}`,
    ...more.map(escapeText),
    ...(why === '' ? [] : [codeBlock(why)]),
    ...(folder === undefined ? [] : [say`Record: ${escapeText(relative(cwd, folder))}`]),
  ];
  const isFault = failed !== undefined && failed.result !== 'interrupted';
  return { annotations: isFault ? [annotationOf(failed, labFile)] : [], summary: summary.join('\n\n') };
}

function annotationOf({ result, failedStep, error }: PlayResult, file: string): Annotation {
  if (failedStep === undefined) {
    const hint = error instanceof LabError ? error.hint : undefined;
    const lines = [error?.message ?? '', ...(hint === undefined ? [] : [hint])];
    return { title: say`the scenario broke off`, message: lines.join('\n') };
  }
  const { index, line, text, expected, reason, hint } = failedStep;
  const lines = [say`expected: ${expected}`, say`but: ${reason}`, ...(hint === undefined ? [] : [hint])];
  const number = index + 1;
  const title = result === 'failed' ? say`step ${number} failed: ${text}` : say`step ${number} broke off: ${text}`;
  return { title, message: lines.join('\n'), place: { file, line } };
}
