import type { Lab } from '../../lab/types.ts';
import type { Remark } from './fit-provider.ts';
import type { Scenario } from '../../scenario/scenario.ts';

/** A lab file without fault, its scenarios understood. */
export interface OpenedLab {
  /** As its machines are made. */
  readonly lab: Lab;
  /** What its provider does otherwise than the file says. */
  readonly remarks: readonly Remark[];
  readonly scenarios: ReadonlyMap<string, Scenario>;
}
