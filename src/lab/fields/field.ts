import * as z from 'zod';
import type { TextRule } from './text-rule.ts';

/** Text that a rule allows. `pattern` tells editors what they can check of it. */
export function text(rule: TextRule, pattern?: RegExp): z.ZodString {
  const schema = z.string().superRefine((value, context) => {
    const problem = rule(value);
    if (problem) context.addIssue({ code: 'custom', message: problem.message, params: { hint: problem.hint } });
  });
  return pattern ? schema.meta({ pattern: pattern.source }) : schema;
}

/** A field as editors and the reference show it; a long description is a list of sentences. */
export function field<T extends z.ZodType>(
  schema: T,
  description: string | readonly string[],
  ...examples: readonly unknown[]
): T {
  return schema.meta({ description: [description].flat().join(' '), examples: [...examples] });
}
