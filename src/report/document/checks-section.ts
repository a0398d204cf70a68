import { briefStep } from '../run/brief-step.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, plainData, type Block, type Detail, type Tone } from './blocks.ts';
import { failureDetails } from './failure-details.ts';

const MOST_STEPS = 500;

const tones: Readonly<Record<ReportData['run']['steps'][number]['result'], Tone>> = {
  passed: 'good',
  failed: 'bad',
  skipped: 'none',
  running: 'bad',
};

/** Every step of the scenario, what is checked of TCP among them, and why the run did not pass. */
export function checks({ run, notices }: ReportData, language: Language): Block[] {
  const {
    report: { checks: words },
    notation,
  } = language;
  const passed = run.steps.filter(({ result }) => result === 'passed').length;
  const { number, line, step, result, time } = words.heads;
  const rows = run.steps
    .slice(0, MOST_STEPS)
    .map((each) => [
      String(each.index + 1),
      String(each.line),
      data(briefStep(each.text)),
      plainData(each.notReached ? words.notReached : words.results[each.result], tones[each.result]),
      each.durationMs === null ? '–' : notation.duration(each.durationMs),
    ]);
  const details = failureDetails(run, language);
  const table: readonly Block[] =
    rows.length === 0
      ? [{ kind: 'remark', tone: 'bad', text: words.none }]
      : [{ kind: 'table', caption: words.table, heads: [number, line, step, result, time], rows }];
  return [
    ...(rows.length === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: words.intro(run.scenario, notation.number(passed), notation.number(run.steps.length)),
          } as const,
        ]),
    ...table,
    ...(run.steps.length > MOST_STEPS
      ? [
          {
            kind: 'remark',
            tone: 'none',
            text: words.cut(notation.number(MOST_STEPS), notation.number(run.steps.length)),
          } as const,
        ]
      : []),
    ...(details.length === 0 ? [] : [{ kind: 'subheading', text: words.reason } as const]),
    ...details
      .filter(({ label }) => label === undefined)
      .map(({ value }): Block => ({ kind: 'remark', tone: 'bad', text: value })),
    ...detailFacts(details),
    ...(notices.length === 0 ? [] : [{ kind: 'subheading', text: words.notices } as const]),
    ...notices.map((text): Block => ({ kind: 'remark', tone: 'none', text: plainData(text) })),
  ];
}

function detailFacts(details: readonly Detail[]): Block[] {
  const items = details.flatMap(({ label, value }) => (label === undefined ? [] : [[label, value] as const]));
  return items.length === 0 ? [] : [{ kind: 'facts', items }];
}
