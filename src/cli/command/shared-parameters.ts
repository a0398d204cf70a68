import { say } from '../../core/language/say.ts';
import { optional, value } from './parameters.ts';
import { outputLimit, storedRun } from './value-types.ts';

/** `[run]` of all commands about a stored run. */
export const ofStoredRun = optional(storedRun, say`name of the run, or the start of it (default: the last one)`);

/** Of all commands that store a run. */
export const maxOutput = value(
  outputLimit,
  say`store at most this much for each program, packets included: 64K, 100M, 1G (default: 16M); output beyond that is still shown and matched`,
);
