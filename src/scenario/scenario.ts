import type { Position } from '../lab/problem.ts';
import type { Lab } from '../lab/types.ts';
import type { TakenValues } from './reading/taken-values.ts';
import type { StepLimit } from './playing/play-context.ts';
import type { StepMeaning } from './verbs/define-verb.ts';

/** A scenario of `lab.yaml`, understood: nothing in it can be wrong any more but the programs themselves. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A step of a scenario, understood; what its verb makes of it is behind `follow` and `play`. */
export interface Step extends StepMeaning, StepLimit {
  /** Counts from 0. */
  readonly index: number;
  /** Where it stands in `lab.yaml`. */
  readonly position: Position;
  /**
   * The step with values that steps before it took from the output of programs; undefined when it uses none.
   *
   * @throws {CheckError} when they cannot stand there.
   */
  readonly withValues?: (values: TakenValues) => Step;
}

/** Which programs and machines take part in a scenario, each once. */
export interface Cast {
  readonly roles: readonly string[];
  /** Those and others whose files are used. */
  readonly programs: readonly string[];
  /** Those of services among them: the packets to a service are part of what happens. */
  readonly machines: readonly string[];
}

/** The cast of a scenario: the programs that its steps start, their machines, and those that its steps work on. */
export function castOf({ steps }: Scenario, lab: Lab): Cast {
  const roles = [...new Set(steps.flatMap(({ needs }) => needs.roles))];
  const programs = [...new Set([...roles, ...steps.flatMap(({ needs }) => needs.programs)])];
  const machines = steps.flatMap(({ needs }) => needs.machines);
  const ofRoles = roles.map((role) => lab.programs.get(role)!.on);
  const ofServices = [...lab.programs.values()].flatMap(({ on, service }) => (service === undefined ? [] : [on]));
  return { roles, programs, machines: [...new Set([...ofRoles, ...machines, ...ofServices])] };
}
