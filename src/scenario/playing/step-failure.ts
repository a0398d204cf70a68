import { CheckError } from '../../core/errors.ts';
import type { Advice, Evidence, Expectation, Finding, StepProblem } from '../../core/step-problem.ts';
import { say } from '../../core/language/say.ts';

/** What a step failed of, where a text stands for what has no kind of its own: English, in all languages. */
export interface ProblemParts extends Omit<StepProblem, 'expected' | 'seen' | 'hint'> {
  /** As it follows "expected". */
  readonly expected: Expectation | string;
  /** What was instead, as it follows "but". */
  readonly seen: Finding | string;
  readonly hint?: Advice | string | undefined;
}

/**
 * A step did not get what it expected; becomes the `failedStep` of the result. It is data: words are made of it where it
 * is shown.
 */
export class StepFailure extends CheckError {
  readonly problem: StepProblem;

  constructor(parts: ProblemParts) {
    super(say`a step failed`, { code: 'step-failed' });
    const { expected, seen, hint, ...others } = parts;
    this.problem = {
      ...others,
      expected: asData(expected),
      seen: asData(seen),
      ...(hint === undefined ? {} : { hint: asData(hint) }),
    };
  }

  /** The same with what was seen of the programs afterwards. */
  with(evidence: Evidence): StepFailure {
    return new StepFailure({ ...this.problem, evidence });
  }
}

function asData<T extends { readonly kind: string }>(part: T | string): T | { readonly kind: 'other'; text: string } {
  return typeof part === 'string' ? { kind: 'other', text: part } : part;
}
