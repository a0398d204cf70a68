import { attributesText, element } from './markup/element.ts';
import { escapeMarkup } from './markup/escape-markup.ts';
import type { Language } from './language/languages.ts';
import type { ReportData } from './report-data.ts';
import type { StepDocument } from './run/run-summary.ts';

/** Of the terminals, for a page of a build server. UTF-16 units. */
const LONGEST_OUTPUT = 64 * 1024;

/** Where a build server finds what belongs to the run. */
export interface JunitPlaces {
  /** Path of the lab file, as the server knows it. */
  readonly labFile: string;
  /** Paths of files of the run, the one to look at first before the others. */
  readonly attachments: readonly string[];
}

const nowhere: JunitPlaces = { labFile: '', attachments: [] };

/**
 * A run as a JUnit report, which build servers show (the format of Ant's `junitreport`, as
 * https://github.com/testmoapp/junitxml describes it): one test suite, one test case a step. A run that broke off
 * without a failed step gets a case of its own. Ends with a line feed.
 *
 * Attachments are named as the plugin of Jenkins and GitLab read them (`[[ATTACHMENT|path]]`, a line each), in the output
 * of the case that failed, or else of the suite; and as properties, for others. A program that prints such a line names
 * none.
 */
export function reportJunit({ run, session }: ReportData, language: Language, places = nowhere): string {
  const attached = places.attachments.map((path) => `[[ATTACHMENT|${escapeMarkup(path)}]]\n`).join('');
  const more = { file: places.labFile, attached };
  const cases = [...run.steps.map((step) => stepCase(step, run.scenario, language, more)), ...brokenCase(run, more)];
  const isInCase = cases.some((text) => text.includes('<system-out>'));
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
    ...(places.attachments.length === 0
      ? []
      : [
          element(
            'properties',
            {},
            ...places.attachments.map((value) => element('property', { name: 'attachment', value })),
          ),
        ]),
    ...cases,
    `<system-out>${isInCase ? '' : attached}${escapeMarkup(output).replaceAll('[[ATTACHMENT', '[ [ATTACHMENT')}</system-out>`,
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface CaseMore {
  readonly file: string;
  /** Lines that name the attachments, as markup. */
  readonly attached: string;
}

function stepCase(step: StepDocument, scenario: string, language: Language, { file, attached }: CaseMore): string {
  const { index, line, text, result, durationMs, reason, notReached } = step;
  const { checks } = language.report;
  const inner = {
    passed: () => [],
    failed: () => [withReason('failure', problemText(step, language) ?? reason), ...outputOf(attached)],
    skipped: () => [element('skipped', { message: notReached ? checks.notReached : firstLine(reason) })],
    running: () => [element('error', { message: checks.results.running })],
  }[result]();
  const name = `${index + 1}. ${text}`;
  const place = file === '' ? { line } : { file, line };
  return element('testcase', { classname: scenario, name, ...place, time: seconds(durationMs) }, ...inner);
}

/** The failure in one sentence; below it, a line each, what else is known. Undefined when older runs do not tell it. */
function problemText({ index, problem }: StepDocument, { failure, notation }: Language): string | undefined {
  if (problem === undefined) return undefined;
  const lines = failure.lines(problem).map(({ label, text }) => `${label}${notation.colon} ${text}`);
  const sentence = failure.sentence(index + 1, problem);
  return [sentence, ...lines].join('\n');
}

function outputOf(attached: string): string[] {
  return attached === '' ? [] : [element('system-out', {}, attached)];
}

function brokenCase({ result, reason, scenario, steps }: ReportData['run'], { attached }: CaseMore): string[] {
  if (result === 'passed' || steps.some((step) => step.result === 'failed' || step.result === 'running')) return [];
  return [
    element('testcase', { classname: scenario, name: result }, withReason('error', reason), ...outputOf(attached)),
  ];
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
