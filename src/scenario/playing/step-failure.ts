import { CheckError } from '../../core/errors.ts';

/** A step did not get what it expected; becomes the `failedStep` of the result. */
export class StepFailure extends CheckError {
  /** What the step wanted, as it follows "expected". */
  readonly expected: string;

  constructor(expected: string, reason: string, hint?: string) {
    super(reason, { code: 'step-failed', hint });
    this.expected = expected;
  }
}
