import type { Position } from '../lab/types.ts';
import type { RunningPrograms } from './order.ts';
import type { PlayContext, StepLimit } from './playing/play-context.ts';

/** A step of a scenario, understood; what its verb makes of it is behind `follow` and `play`. */
export interface Step extends StepMeaning, StepLimit {
  /** Counts from 0. */
  readonly index: number;
  /** Where it stands in `lab.yaml`. */
  readonly position: Position;
}

/** What a verb makes of the value behind it. */
export interface StepMeaning {
  readonly verb: string;
  /** As the parser of the verb understood it; only the verb knows its type. */
  readonly body: unknown;
  /** The step in one line, as a person would write it: `send: { client: "Hello" }`. */
  readonly text: string;
  readonly needs: StepNeeds;
  /** Notes what cannot be after the steps before. Steps must come in order. */
  follow(programs: RunningPrograms): void;
  /**
   * Plays the step.
   *
   * @throws {CheckError} when the programs do not do what the step wants; a `StepFailure` says what that was.
   */
  play(limit: StepLimit, play: PlayContext): Promise<Outcome>;
}

/** What must be there when a step is played. */
export interface StepNeeds {
  /** Programs that it starts. */
  readonly roles: readonly string[];
  /** Machines that it works on itself; those of the programs go without saying. */
  readonly machines: readonly string[];
}

/** What became of a step that did not fail; `skipped`: the user holds the keyboards that it is about. */
export type Outcome = 'played' | 'skipped';
