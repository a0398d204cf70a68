import { escapeMarkup } from '../core/text/escape-markup.ts';
import type { ReportData } from './report-data.ts';
import type { StepDocument } from './run/run-summary.ts';

/** Of the terminals, for a page of a build server. UTF-16 units. */
const LONGEST_OUTPUT = 64 * 1024;

/**
 * A run as a JUnit report, which build servers show (the format of Ant's `junitreport`, as
 * https://github.com/testmoapp/junitxml describes it): one test suite, one test case a step. A run that broke off
 * without a failed step gets a case of its own. Ends with a line feed.
 */
export function reportJunit({ run, session }: ReportData): string {
  const cases = [...run.steps.map((step) => stepCase(step, run.scenario)), ...brokenCase(run)];
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

function stepCase({ index, line, text, result, durationMs, reason }: StepDocument, scenario: string): string {
  const head = `<testcase${attributesText({ classname: scenario, name: `${index + 1}. ${text}`, line, time: seconds(durationMs) })}`;
  const inner = {
    passed: '',
    failed: `<failure message="${escapeMarkup(firstLine(reason))}">${escapeMarkup(reason ?? '')}</failure>`,
    skipped: `<skipped message="${escapeMarkup(firstLine(reason))}"/>`,
    running: '<error message="not ended"/>',
  }[result];
  return inner === '' ? `${head}/>` : `${head}>${inner}</testcase>`;
}

function brokenCase({ result, reason, scenario, steps }: ReportData['run']): string[] {
  if (result === 'passed' || steps.some((step) => step.result === 'failed' || step.result === 'running')) return [];
  return [
    `<testcase${attributesText({ classname: scenario, name: result })}><error message="${escapeMarkup(firstLine(reason))}">${escapeMarkup(reason ?? '')}</error></testcase>`,
  ];
}

function firstLine(reason: string | null): string {
  return (reason ?? '').split('\n', 1)[0]!;
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1000).toFixed(3);
}

function attributesText(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
}
