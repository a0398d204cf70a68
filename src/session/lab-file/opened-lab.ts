import type { Lab } from '../../lab/types.ts';
import type { Scenario } from '../../scenario/scenario.ts';

/** A lab file without fault, its scenarios understood. */
export interface OpenedLab {
  readonly lab: Lab;
  readonly scenarios: ReadonlyMap<string, Scenario>;
}
