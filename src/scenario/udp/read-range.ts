import type { CountRange } from '../../core/packet-problem.ts';
import { say } from '../../core/language/say.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { RANGE, rangeOf } from './count-range.ts';

/** JSON Schema of how many there may be. */
export function rangeSchema(description: string): object {
  return {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: RANGE.source },
    ],
    description,
  };
}

/** Reads how many there may be; undefined after it noted a problem. */
export function parseRange(part: StepPart): CountRange | undefined {
  return (
    rangeOf(part.value) ??
    part.wrong(
      say`must be a number, none, some, or a range, not ${show(part.value)}`,
      say`for example: 8, none, some, 8+ (8 or more), 8..10`,
    )
  );
}
