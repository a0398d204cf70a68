import type { StepProblem } from '../core/step-problem.ts';
import type { ExitStatus } from '../ssh/shell.ts';

/**
 * How a played scenario ended. When a step has `failed`, the programs are at fault; when the play is `broken`, they are
 * not: a connection was lost, a machine cannot do what it must.
 */
export interface PlayResult {
  readonly result: 'passed' | 'failed' | 'broken' | 'interrupted';
  readonly passed: boolean;
  readonly durationMs: number;
  readonly steps: StepCounts;
  /** The step at which it ended, unless it passed. */
  readonly failedStep: FailedStep | undefined;
  /** What broke or interrupted it. */
  readonly error: Error | undefined;
  /** The last lines of every terminal as they were at that moment, in the order in which they were opened. */
  readonly tails: readonly Tail[];
  /** Every program that was started. */
  readonly ends: readonly ProgramEnd[];
}

/** How many steps of a scenario there are, and what came of them. */
export interface StepCounts {
  readonly all: number;
  readonly passed: number;
  /** Those that the play did not come to. */
  readonly notReached: number;
}

export interface FailedStep {
  /** Counts from 0. */
  readonly index: number;
  /** Line in `lab.yaml`, or in the file that it includes. */
  readonly line: number;
  /** That included file. */
  readonly file?: string | undefined;
  /** The step in one line. */
  readonly text: string;
  /** What the step wanted, as it follows "expected". */
  readonly expected: string;
  /** What was instead. */
  readonly reason: string;
  readonly hint: string | undefined;
  /** The same as data, and more; undefined when the play broke off or was interrupted in this step. */
  readonly problem?: StepProblem | undefined;
}

export interface Tail {
  readonly role: string;
  readonly machine: string;
  /** The unfinished line included. */
  readonly lines: readonly string[];
}

export interface ProgramEnd {
  readonly role: string;
  readonly machine: string;
  /** Undefined when it is unknown: the connection was lost. */
  readonly status: ExitStatus | undefined;
  /**
   * It ended by itself, as an `exit` step says (`checked`) or without one (`unasked`), or `lab` ended it at the end.
   */
  readonly by: 'checked' | 'unasked' | 'lab';
}
