import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import { optional, value, values } from './parameters.ts';
import { outputLimit, parameter, storedRun } from './value-types.ts';

/** `[run]` of all commands about a stored run. */
export const ofStoredRun = optional(storedRun, say`name of the run, or the start of it (default: the last one)`);

/** Of all commands that store a run. */
export const maxOutput = value(
  outputLimit,
  say`store at most this much for each program, packets included: 64K, 100M, 1G (default: 16M); output beyond that is still shown and matched`,
);

/** `-p name=value` of all commands that play or start programs. */
export const labParameters = values(
  parameter,
  say`give a parameter of the lab file another value than its default; may be repeated`,
  'p',
);

/** With what `labParameters` gave. */
export function withParameters(
  context: CommandContext,
  given: readonly (readonly [name: string, value: string])[],
): CommandContext {
  if (given.length === 0) return context;
  return { ...context, overrides: { ...context.overrides, parameters: Object.fromEntries(given) } };
}
