import { LabError } from '../core/errors.ts';
import type { StepProblem } from '../core/step-problem.ts';
import { english } from '../report/language/failure-en.ts';
import type { FailedStep } from './play-result.ts';

/** The step at which a play ended, in words; `problem` is undefined when the play broke off or was interrupted. */
export function failedStep(
  place: Pick<FailedStep, 'index' | 'line' | 'text'>,
  problem: StepProblem | undefined,
  error: Error,
): FailedStep {
  const { expected, hint } = problem ?? { expected: { kind: 'possible', step: place.text } as const, hint: undefined };
  const advice = hint === undefined ? undefined : english.hint(hint);
  return {
    ...place,
    expected: english.expected(expected),
    reason: problem === undefined ? error.message : english.seen(problem),
    hint: problem === undefined && error instanceof LabError ? error.hint : advice,
    problem,
  };
}
