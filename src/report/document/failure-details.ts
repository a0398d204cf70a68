import type { Language } from '../language/languages.ts';
import type { RunDocument } from '../run/run-summary.ts';
import { data, plainData, type Detail } from './blocks.ts';

/** Why a run did not pass: the failure in one sentence, then what else is known. Empty when it passed. */
export function failureDetails({ result, reason, steps }: RunDocument, { failure }: Language): Detail[] {
  if (result === 'passed') return [];
  const failed = steps.find((step) => step.result === 'failed');
  if (failed?.problem === undefined) {
    const known = failed?.reason ?? reason;
    return known === null ? [] : [{ value: plainData(known) }];
  }
  return [
    { value: plainData(failure.sentence(failed.index + 1, failed.problem)) },
    ...failure
      .lines(failed.problem)
      .map(({ kind, label, text }): Detail => ({ label, value: kind === 'nearest' ? data(text) : plainData(text) })),
  ];
}
