import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { keyOf, type StepOrder } from '../order.ts';
import type { StepMap, StepValue } from '../recheck/step-text.ts';
import { parseRoleMap, type RoleEntry } from './roles.ts';
import { mapSchema, patternSchema } from './schema-parts.ts';
import { allOf, show, type StepPart } from './step-part.ts';
import { mapText } from './step-words.ts';
import { parseExpectation } from './texts.ts';

/** What one of several `expect` of a step waits for, in order. */
export type Branch = readonly RoleEntry<Pattern>[];

const expectSchema = {
  type: 'object',
  properties: { expect: mapSchema(patternSchema) },
  required: ['expect'],
  additionalProperties: false,
};
/** JSON Schema of a list of `expect` steps. */
export const branchesSchema = { type: 'array', minItems: 1, items: expectSchema };

/** A list of `expect` steps. */
export function parseBranches(part: StepPart, example: string): Branch[] | undefined {
  const items = part.items();
  if (!items || items.length === 0)
    return part.wrong(
      items ? say`needs at least one expect` : say`must be a list of expect steps, not ${show(part.value)}`,
      say`for example: ${example}`,
    );
  return allOf(items.map((item) => parseBranch(item, example)));
}

function parseBranch(item: StepPart, example: string): Branch | undefined {
  const entries = item.entries() ?? [];
  const expected = entries.find(([key]) => key === 'expect')?.[1];
  for (const [key, other] of entries)
    if (key !== 'expect')
      return other.wrongKey(say`only "expect" can stand here, not "${key}"`, say`for example: ${example}`);
  if (expected === undefined)
    return item.wrong(say`must be an expect step, not ${show(item.value)}`, say`for example: ${example}`);
  return parseRoleMap(expected, 'expect: { server: "Hello" }', parseExpectation);
}

/** Notes programs that were not started. */
export function followBranches(branches: readonly Branch[], order: StepOrder): void {
  for (const [index, branch] of branches.entries())
    for (const [role, , group] of branch) {
      const { at, path } = keyOf(role, group);
      order.needsStarted(role, { at, path: [index, 'expect', ...path] });
    }
}

/** `expect: { server: "Hello" }` */
function branchText(branch: Branch): string {
  return `expect: ${mapText(branch.map(([role, pattern]) => [role, patternText(pattern)]))}`;
}

/** `[{ expect: { server: "Hello" } }, …]` */
export function branchesText(branches: readonly Branch[]): string {
  return `[${branches.map((branch) => `{ ${branchText(branch)} }`).join(', ')}]`;
}

/** The branches of a step from its text in a record; undefined when it says something else. */
export function toldBranches(value: StepValue | undefined): (readonly (readonly [string, Pattern])[])[] | undefined {
  if (typeof value !== 'object' || !('items' in value)) return undefined;
  return allOf(
    value.items.map((item) => (typeof item === 'object' && 'entries' in item ? toldBranch(item) : undefined)),
  );
}

/** The same of a map with an `expect`. */
export function toldBranch({ entries }: StepMap): (readonly [string, Pattern])[] | undefined {
  const map = entries.get('expect');
  if (typeof map !== 'object' || !('entries' in map)) return undefined;
  return allOf(
    [...map.entries].map(([role, value]) =>
      typeof value === 'object' && 'pattern' in value ? ([role, value.pattern] as const) : undefined,
    ),
  );
}
