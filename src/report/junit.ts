import { attributesText, element } from './markup/element.ts';
import { escapeMarkup } from './markup/escape-markup.ts';
import type { Language } from './language/languages.ts';
import type { ReportData } from './report-data.ts';
import type { StepDocument } from './run/run-summary.ts';

/** Of the terminals, for a page of a build server. UTF-16 units. */
const LONGEST_OUTPUT = 64 * 1024;

/**
 * A run as a JUnit report, which build servers show (the format of Ant's `junitreport`, as
 * https://github.com/testmoapp/junitxml describes it): one test suite, one test case a step. A run that broke off
 * without a failed step gets a case of its own. Ends with a line feed.
 */
export function reportJunit({ run, session }: ReportData, language: Language): string {
  const cases = [...run.steps.map((step) => stepCase(step, run.scenario, language)), ...brokenCase(run)];
  const count = (result: StepDocument['result']): number => run.steps.filter((step) => step.result === result).length;
  const extra = cases.length - run.steps.length;
  const attributes = {
    name: `${run.lab}.${run.scenario}`,
    tests: cases.length,
    failures: count('failed'),
    errors: count('running') + extra,
    skipped: count('skipped'),
    time: seconds(run.durationMs),
    timestamp: run.startedAt ?? '',
  };
  const output =
    `${session.head}${session.omittedBytes > 0 ? `… ${session.omittedBytes} bytes …\n` : ''}${session.tail}`.slice(
      0,
      LONGEST_OUTPUT,
    );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributesText({ ...attributes, name: run.run })}>`,
    `<testsuite${attributesText(attributes)}>`,
    ...cases,
    `<system-out>${escapeMarkup(output)}</system-out>`,
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function stepCase(step: StepDocument, scenario: string, language: Language): string {
  const { index, line, text, result, durationMs, reason, notReached } = step;
  const { checks } = language.report;
  const inner = {
    passed: () => [],
    failed: () => [withReason('failure', problemText(step, language) ?? reason)],
    skipped: () => [element('skipped', { message: notReached ? checks.notReached : firstLine(reason) })],
    running: () => [element('error', { message: checks.results.running })],
  }[result]();
  const name = `${index + 1}. ${text}`;
  return element('testcase', { classname: scenario, name, line, time: seconds(durationMs) }, ...inner);
}

/** The failure in one sentence; below it, a line each, what else is known. Undefined when older runs do not tell it. */
function problemText({ index, problem }: StepDocument, { failure, notation }: Language): string | undefined {
  if (problem === undefined) return undefined;
  const lines = failure.lines(problem).map(({ label, text }) => `${label}${notation.colon} ${text}`);
  const sentence = failure.sentence(index + 1, problem);
  return [sentence, ...lines].join('\n');
}

function brokenCase({ result, reason, scenario, steps }: ReportData['run']): string[] {
  if (result === 'passed' || steps.some((step) => step.result === 'failed' || step.result === 'running')) return [];
  return [element('testcase', { classname: scenario, name: result }, withReason('error', reason))];
}

function withReason(name: 'failure' | 'error', reason: string | null): string {
  return element(name, { message: firstLine(reason) }, escapeMarkup(reason ?? ''));
}

function firstLine(reason: string | null): string {
  return (reason ?? '').split('\n', 1)[0]!;
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1000).toFixed(3);
}
