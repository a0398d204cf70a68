import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { StepPart } from './step-part.ts';

/** JSON Schema of a map of options. */
export interface OptionsSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** The schema of a map of these options and no others. */
export function options(properties: Readonly<Record<string, object>>, required: readonly string[] = []): OptionsSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

/**
 * The parts of a value that is written as a map of options, `run: { on: vm1, command: […] }`; undefined for any other
 * form. A map is of this form when it has one of the required options; any map is, when none is required.
 */
export function inLongForm(part: StepPart, form: OptionsSchema): ReadonlyMap<string, StepPart> | undefined {
  const entries = part.entries();
  const isLong = form.required.length === 0 || entries?.some(([key]) => form.required.includes(key));
  return isLong && entries ? new Map(entries) : undefined;
}

/** Notes the options that a long form does not have, and those that it lacks. */
export function checkOptions(part: StepPart, form: OptionsSchema, example: string): void {
  refuseOthers(part, Object.keys(form.properties));
  const given = part.entries()?.map(([key]) => key);
  for (const key of form.required) if (!given?.includes(key)) part.wrongKey(say`"${part.key}" needs "${key}"`, example);
}

/** Notes the options that are not among the known ones. */
export function refuseOthers(part: StepPart, known: readonly string[]): void {
  for (const [key, option] of part.entries() ?? []) if (!known.includes(key)) refuseOption(option, part.key, known);
}

/** Notes that there is no such option. */
export function refuseOption(option: StepPart, of: string, known: readonly string[]): void {
  option.wrongKey(say`"${of}" has no option "${option.key}"`, suggestion(option.key, known));
}
