import { CheckError } from '../../core/errors.ts';
import type { Advice, Evidence, Expectation, Finding, StepProblem } from '../../core/step-problem.ts';
import { english } from '../../report/language/failure-en.ts';

/** What a step failed of, where a text stands for what has no kind of its own: English, in all languages. */
export interface ProblemParts extends Omit<StepProblem, 'expected' | 'seen' | 'hint'> {
  /** As it follows "expected". */
  readonly expected: Expectation | string;
  /** What was instead, as it follows "but". */
  readonly seen: Finding | string;
  readonly hint?: Advice | string | undefined;
}

/** A step did not get what it expected; becomes the `failedStep` of the result. */
export class StepFailure extends CheckError {
  readonly problem: StepProblem;

  constructor(parts: ProblemParts) {
    const { expected, seen, hint, ...others } = parts;
    const problem: StepProblem = {
      ...others,
      expected: asData(expected),
      seen: asData(seen),
      ...(hint === undefined ? {} : { hint: asData(hint) }),
    };
    const advice = problem.hint === undefined ? undefined : english.hint(problem.hint);
    super(english.seen(problem), { code: 'step-failed', hint: advice });
    this.problem = problem;
  }

  /** What the step wanted, as it follows "expected". */
  get expected(): string {
    return english.expected(this.problem.expected);
  }

  /** The same with what was seen of the programs afterwards. */
  with(evidence: Evidence): StepFailure {
    return new StepFailure({ ...this.problem, evidence });
  }
}

function asData<T extends { readonly kind: string }>(part: T | string): T | { readonly kind: 'other'; text: string } {
  return typeof part === 'string' ? { kind: 'other', text: part } : part;
}
