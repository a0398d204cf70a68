import type { SidePattern } from '../reading/payload.ts';
import type { StepMap, StepValue } from './step-text.ts';

const sides = ['client', 'server'] as const;

/** What each end sent, as a step says; undefined when it says something else. */
export function payloadOf({ entries }: StepMap): readonly SidePattern[] | undefined {
  const parts = [...entries].map(([key, value]) => {
    const side = sides.find((known) => known === key);
    return side !== undefined && typeof value === 'object' && 'pattern' in value
      ? { side, pattern: value.pattern }
      : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** A part of a step that is a map: what `read` makes of it. */
export function partOf<T>(
  value: StepValue | undefined,
  read: (map: StepMap) => T | undefined,
): T | undefined | 'wrong' {
  if (value === undefined) return undefined;
  return typeof value === 'object' && 'entries' in value ? (read(value) ?? 'wrong') : 'wrong';
}
